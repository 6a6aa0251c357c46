//! A small companion process that ends the others when this one is killed and cannot.
//!
//! The kernel closes its pipe when we die, whatever we died of; it holds the lock until all others have ended, so that
//! the next run begins on a quiet field.

use std::{
    io::Write,
    os::unix::process::CommandExt,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Context;

use crate::lock::Lock;

/// The companion. Clones speak to the same one.
#[derive(Clone, Debug)]
pub struct Keeper {
    speech: Arc<Mutex<Option<(Child, ChildStdin)>>>,
}

impl Keeper {
    /// Starts it.
    pub fn start(lock: &Lock) -> anyhow::Result<Self> {
        let mut child = Command::new("sh")
            .args(["-c", include_str!("keeper.sh"), "dev-keeper"])
            .stdin(Stdio::piped())
            .stdout(lock.share()?)
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("cannot start sh")?;
        let stdin = child.stdin.take().context("sh has no input")?;
        Ok(Self { speech: Arc::new(Mutex::new(Some((child, stdin)))) })
    }

    /// This process is to be ended with us.
    pub fn watch(&self, name: &str, pid: impl std::fmt::Display) {
        self.say(&format!("{name} {pid}\n"));
    }

    /// This process has ended: its number may soon be another's.
    pub fn forget(&self, name: &str) {
        self.say(&format!("{name}\n"));
    }

    /// Everything has ended in order.
    pub fn release(&self) {
        self.say("done\n");
        self.finish();
    }

    /// Lets it end whatever has not ended, and waits until it has.
    pub fn finish(&self) {
        let taken = self.speech.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((mut child, stdin)) = taken {
            drop(stdin);
            // It has nothing left to do; how it ends does not matter.
            let _ = child.wait();
        }
    }

    fn say(&self, line: &str) {
        if let Some((_, stdin)) = self.speech.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            // A companion that was killed cannot help any more, and the stack runs without it.
            let _ = stdin.write_all(line.as_bytes());
        }
    }
}
