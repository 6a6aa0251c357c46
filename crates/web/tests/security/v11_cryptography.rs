//! V11: nothing of ours is kept safe by what is broken.

use crate::sources::{files, none_says};

#[test]
fn v11_4_1_no_broken_hash_guards_anything() {
    none_says(&["md5::", "Md5", "sha1::", "Sha1"]);
    for (path, manifest) in files("crates", "Cargo.toml") {
        let ours =
            ["web", "shop", "worker"].iter().any(|name| path.ends_with(format!("crates/{name}/Cargo.toml")));
        for broken in ["md-5", "md5", "sha1", "des", "rc4", "blowfish"] {
            let uses = manifest.lines().any(|line| {
                line.starts_with(&format!("{broken}.")) || line.starts_with(&format!("{broken} "))
            });
            assert!(!ours || !uses, "{} uses {broken}", path.display());
        }
    }
}

#[test]
fn v11_5_1_randomness_has_one_home() {
    // `random.rs` seeds its generator from the system; jitter of retries in the worker is no secret.
    for (path, text) in files("crates/web/src", ".rs") {
        let home = path.ends_with("random.rs");
        assert!(home || !text.contains("rand::"), "{} makes its own randomness", path.display());
    }
}
