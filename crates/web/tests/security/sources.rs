//! What the sources say, for promises that no request can prove.

use std::{
    fs,
    path::{Path, PathBuf},
};

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Every file below a folder whose name ends so, with its text.
pub fn files(folder: &str, ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push((path.clone(), fs::read_to_string(&path).expect("text")));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no {ending}");
    found
}

/// The sources of the programs that face customers, less their tests and what is for tests alone.
pub fn programs() -> Vec<(PathBuf, String)> {
    let all = ["crates/web/src", "crates/shop/src", "crates/worker/src"].map(|folder| files(folder, ".rs"));
    let own = all.into_iter().flatten().filter(|(path, _)| !path.ends_with("testing.rs"));
    own.map(|(path, text)| (path, text.split("#[cfg(test)]").next().unwrap_or_default().to_owned())).collect()
}

/// Fails if one of these is in any of the programs.
pub fn none_says(words: &[&str]) {
    for (path, text) in programs() {
        for word in words {
            assert!(!text.contains(word), "{} says {word}", path.display());
        }
    }
}
