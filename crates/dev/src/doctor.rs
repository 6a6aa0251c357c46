//! `./dev doctor`: what the stack needs, what is there, and what to do about the rest.

use std::{
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use nix::sys::statvfs::statvfs;

use crate::{
    lock::Lock,
    places::Places,
    ports,
    postgres::{Binaries, Cluster, Durability, OLDEST},
    secrets::Secrets,
};

/// Room for a debug build, a cluster and some pictures.
const ROOM_GB: u64 = 8;
/// What apalis' migrations ask of the database.
const EXTENSIONS: [&str; 2] = ["hstore", "pgcrypto"];

enum Finding {
    Ok(String),
    /// Not needed, but good to know.
    Note(String),
    /// What lacks, and what to do.
    Missing(String),
}

/// Looks at everything; nothing is changed or started.
pub fn doctor(places: &Places) -> ExitCode {
    let findings = [
        cargo(),
        c_compiler(),
        postgres(places),
        extensions(places),
        data(places),
        disk(places),
        shop_port(places),
        tools(),
    ];
    let mut missing = 0;
    for finding in findings {
        match finding {
            Finding::Ok(text) => println!("ok       {text}"),
            Finding::Note(text) => println!("note     {text}"),
            Finding::Missing(text) => {
                missing += 1;
                println!("missing  {text}");
            }
        }
    }
    if missing == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn cargo() -> Finding {
    let needed = env!("CARGO_PKG_RUST_VERSION");
    match first_line("rustc", "--version") {
        Some(line) if is_at_least(&line, needed) => Finding::Ok(line),
        Some(line) => Finding::Missing(format!("Rust {needed} (there is {line}): run `rustup update`")),
        None => Finding::Missing(format!("Rust {needed}: install it from https://rustup.rs")),
    }
}

/// Of two versions such as `rustc 1.95.0 (…)` and `1.95`.
fn is_at_least(line: &str, needed: &str) -> bool {
    let numbers = |text: &str| -> Vec<u32> { text.split('.').map_while(|part| part.parse().ok()).collect() };
    line.split_whitespace().nth(1).is_some_and(|found| numbers(found) >= numbers(needed))
}

fn c_compiler() -> Finding {
    first_line("cc", "--version")
        .map_or_else(|| Finding::Missing("a C compiler: install gcc or clang".into()), Finding::Ok)
}

fn postgres(places: &Places) -> Finding {
    let password = "";
    match Cluster::find(places.cluster(), &places.unpacked_postgres(), password, Durability::Relaxed, None) {
        Ok(cluster) => {
            Finding::Ok(format!("PostgreSQL {} in {}", cluster.version(), cluster.programs().display()))
        }
        Err(error) if Binaries::all(&places.unpacked_postgres()).is_empty() => Finding::Missing(format!(
            "PostgreSQL {OLDEST} or newer: `./dev` installs it by apt or npm where it may; else install it or set PG_BIN ({error:#})"
        )),
        Err(error) => Finding::Missing(format!("{error:#}")),
    }
}

fn extensions(places: &Places) -> Finding {
    let Some(binaries) = Binaries::all(&places.unpacked_postgres()).into_iter().next() else {
        return Finding::Note("PostgreSQL's extensions are looked for once it is there".into());
    };
    let dirs = extension_dirs(&binaries);
    let lacking: Vec<_> = EXTENSIONS
        .into_iter()
        .filter(|name| !dirs.iter().any(|dir| dir.join(format!("{name}.control")).is_file()))
        .collect();
    if lacking.is_empty() {
        Finding::Ok(format!("its extensions {}", EXTENSIONS.join(" and ")))
    } else {
        let lacking = lacking.join(" and ");
        Finding::Missing(format!("its extensions {lacking}: install PostgreSQL's contrib package"))
    }
}

fn extension_dirs(binaries: &Binaries) -> Vec<PathBuf> {
    let beside = binaries.dir.parent().unwrap_or(Path::new("/")).join("share");
    let mut dirs = vec![
        beside.join("postgresql/extension"),
        beside.join("extension"),
        PathBuf::from(format!("/usr/share/postgresql/{}/extension", binaries.major)),
    ];
    if let Some(share) = first_line(&binaries.program("pg_config").to_string_lossy(), "--sharedir") {
        dirs.push(Path::new(&share).join("extension"));
    }
    dirs
}

fn data(places: &Places) -> Finding {
    let folder = places.short(&places.data);
    if !places.secrets().exists() {
        Finding::Note(format!("no data yet: the first `./dev` makes it in {folder}"))
    } else if Lock::is_free(&places.lock()) {
        Finding::Ok(format!("data in {folder}, not running"))
    } else {
        Finding::Ok(format!("data in {folder}, running"))
    }
}

fn disk(places: &Places) -> Finding {
    match statvfs(&places.root) {
        Ok(disk) => {
            // Both are u64 on Linux, and smaller elsewhere.
            #[allow(clippy::useless_conversion, reason = "the types differ between systems")]
            let free = u64::from(disk.blocks_available()) * u64::from(disk.fragment_size()) / 1_000_000_000;
            if free >= ROOM_GB {
                Finding::Ok(format!("{free} GB of disk are free"))
            } else {
                Finding::Missing(format!("room: {free} GB of disk are free, a build needs up to {ROOM_GB}"))
            }
        }
        Err(error) => Finding::Note(format!("cannot tell how much disk is free: {error}")),
    }
}

fn shop_port(places: &Places) -> Finding {
    let kept = places.secrets().exists().then(|| Secrets::kept_at(&places.secrets()).ok()).flatten();
    let port = kept.and_then(|secrets| secrets.ports.web).unwrap_or(8080);
    if ports::is_free(port) {
        Finding::Ok(format!("port {port} is free for the shop"))
    } else {
        Finding::Note(format!("port {port} is taken: the shop takes another, and says which"))
    }
}

/// What only `./test` needs.
fn tools() -> Finding {
    let lacking: Vec<_> = ["chromium", "chromedriver", "node", "npm", "python3"]
        .into_iter()
        .filter(|tool| first_line(tool, "--version").is_none())
        .collect();
    if lacking.is_empty() {
        Finding::Ok("what ./test needs besides: chromium, chromedriver, node, npm, python3".into())
    } else {
        Finding::Note(format!("./test also wants {}, and installs by apt what it may", lacking.join(", ")))
    }
}

fn first_line(program: &str, argument: &str) -> Option<String> {
    let output =
        Command::new(program).arg(argument).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).lines().next()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        assert!(is_at_least("rustc 1.95.0 (59807616e 2026-04-14)", "1.95"));
        assert!(is_at_least("rustc 1.100.1 (59807616e 2026-04-14)", "1.95"));
        assert!(!is_at_least("rustc 1.9.0 (59807616e 2026-04-14)", "1.95"));
        assert!(!is_at_least("rustc", "1.95"));
    }
}
