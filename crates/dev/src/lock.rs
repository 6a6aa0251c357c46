//! One stack per data folder: a lock file that the kernel lets go when its last holder ends, however it ends.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Seek, SeekFrom, Write},
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use nix::{errno::Errno, sys::signal::kill, unistd::Pid};

/// How long the processes of a killed run may take to end before we give up on them: a picture that is being paid
/// for is let to end.
const LEFTOVERS: Duration = Duration::from_mins(6);

/// The lock, held until it and every duplicate of it are gone.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock, waiting for the remains of a killed run; refuses at once while another run is alive.
    pub fn take(path: &Path, what: &str) -> anyhow::Result<Self> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        let since = Instant::now();
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => {
                    return Err(error).with_context(|| format!("cannot lock {}", path.display()));
                }
                Err(TryLockError::WouldBlock) => {}
            }
            let holder = fs::read_to_string(path).ok().and_then(|text| text.trim().parse().ok());
            match holder {
                Some(pid) if is_alive(pid) => {
                    bail!(
                        "{what} is running already (process {pid}): stop it with Ctrl-C there, or by `kill {pid}`"
                    )
                }
                Some(_) | None if since.elapsed() > LEFTOVERS => {
                    bail!("processes of an earlier, killed run still hold {}", path.display())
                }
                Some(_) | None => {}
            }
            // A run that has just begun has the lock a moment before its number stands in the file.
            if !told && since.elapsed() > Duration::from_millis(500) {
                eprintln!("./dev: an earlier run was killed; waiting for its processes to end");
                told = true;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Self { file })
    }

    /// Does nobody hold it?
    pub fn is_free(path: &Path) -> bool {
        File::open(path).is_ok_and(|file| file.try_lock().is_ok())
    }

    /// A second holder, for a process that outlives this one.
    pub fn share(&self) -> anyhow::Result<File> {
        self.file.try_clone().context("cannot share the lock")
    }
}

/// Is there a process of this number? One that is dead and only waits to be collected is not.
pub fn is_alive(pid: i32) -> bool {
    let collected = kill(Pid::from_raw(pid), None) == Err(Errno::ESRCH);
    let dead = fs::read_to_string(format!("/proc/{pid}/status"))
        .is_ok_and(|status| status.lines().any(|line| line.starts_with("State:\tZ")));
    !collected && !dead
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_is_refused_by_name_and_a_later_one_is_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("dev.lock");
        let held = Lock::take(&path, "it").expect("free");
        let refusal = Lock::take(&path, "it").expect_err("taken").to_string();
        assert!(refusal.contains(&std::process::id().to_string()), "{refusal}");
        drop(held);
        Lock::take(&path, "it").expect("free again");
    }

    #[test]
    fn a_dead_child_that_nobody_collected_is_not_alive() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().expect("sleep is there");
        let pid = i32::try_from(child.id()).expect("small");
        assert!(is_alive(pid));
        child.kill().expect("ours");
        if cfg!(target_os = "linux") {
            while is_alive(pid) {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        child.wait().expect("ours");
        assert!(!is_alive(pid));
    }

    #[test]
    fn a_share_keeps_the_lock() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("dev.lock");
        let held = Lock::take(&path, "it").expect("free");
        let share = held.share().expect("a duplicate");
        drop(held);
        let other = File::open(&path).expect("there");
        assert!(matches!(other.try_lock(), Err(TryLockError::WouldBlock)));
        drop(share);
        other.try_lock().expect("free now");
    }
}
