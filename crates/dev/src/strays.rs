//! Programs of an earlier run on the same data that were left alone: even the keeper can be killed.

use std::{
    fs,
    path::Path,
    thread::sleep,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::lock::is_alive;

/// The variable by which our programs are known again; it names the data they work on.
pub const MARK: &str = "DEV_STACK";

/// How long one may take to end what it has begun.
const PATIENCE: Duration = Duration::from_secs(30);

/// Ends them. Called with the lock in hand, so that none of them can be somebody else's. Where there is no /proc nothing
/// is found.
pub fn end(data: &Path) {
    let found = find(data);
    if found.is_empty() {
        return;
    }
    eprintln!("./dev: ending {} programs that a killed run left behind", found.len());
    let since = Instant::now();
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        for pid in found.iter().filter(|pid| is_alive(**pid)) {
            // A process that is gone is what we wanted.
            let _ = kill(Pid::from_raw(*pid), signal);
        }
        while since.elapsed() < PATIENCE && found.iter().any(|pid| is_alive(*pid)) {
            sleep(Duration::from_millis(50));
        }
    }
}

/// The kernel keeps what a program was started with: its number alone would prove nothing.
fn find(data: &Path) -> Vec<i32> {
    let mark = format!("{MARK}={}", data.display());
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid| {
            fs::read(format!("/proc/{pid}/environ"))
                .is_ok_and(|variables| variables.split(|byte| *byte == 0).any(|each| each == mark.as_bytes()))
        })
        .collect()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn only_programs_on_the_same_data_are_ended() {
        let folder = tempfile::tempdir().expect("a folder");
        let on =
            |data: &Path| Command::new("sleep").arg("60").env(MARK, data).spawn().expect("sleep is there");
        let (mut stray, mut other) = (on(folder.path()), on(&folder.path().join("elsewhere")));
        end(folder.path());
        stray.wait().expect("ours");
        assert!(other.try_wait().expect("ours").is_none());
        other.kill().expect("ours");
        other.wait().expect("ours");
    }
}
