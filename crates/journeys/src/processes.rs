//! The production binaries as child processes.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};

/// A child that is killed when it is dropped.
pub struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

/// Where a binary of this build lies: beside the test's own, or one folder up from it.
fn binary(name: &str) -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    own.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|path| path.is_file()).with_context(
        || format!("no `{name}` beside {}: build it first with `cargo build --bins`", own.display()),
    )
}

impl Process {
    /// Starts a binary with this environment and nothing of ours but `PATH`; its log goes to a file.
    ///
    /// # Errors
    /// If there is no such binary or it cannot be started.
    pub fn start(
        name: &'static str,
        folder: &std::path::Path,
        environment: &[(&str, String)],
    ) -> Result<Self> {
        let log = folder.join(format!("{name}-{}.log", ulid::Ulid::new()));
        let out = std::fs::File::create(&log)?;
        let child = Command::new(binary(name)?)
            .env_clear()
            .envs(std::env::vars_os().filter(|(key, _)| key == "PATH" || key == "HOME"))
            .envs(environment.iter().map(|(key, value)| (*key, value)))
            // Not where the sources are: a developer's `.env` is none of a test's business.
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(out.try_clone()?)
            .stderr(out)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        Ok(Self { name, child, log })
    }

    /// Waits until its log says something.
    ///
    /// # Errors
    /// If it ends before, or 20 s pass.
    pub async fn says(&mut self, words: &str) -> Result<String> {
        for _ in 0..400 {
            let log = self.log();
            if let Some(line) = log.lines().find(|line| line.contains(words)) {
                return Ok(line.to_owned());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended with {status}:\n{log}", self.name);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("{} never said {words:?}:\n{}", self.name, self.log())
    }

    /// What it logged so far.
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it as `kill -9` does.
    pub fn kill(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }

    /// Asks it to stop, as an operator does, and waits for its end.
    ///
    /// # Errors
    /// If it did not end in order within a minute.
    pub async fn stop(&mut self) -> Result<()> {
        Command::new("kill").arg(self.id().to_string()).status()?;
        for _ in 0..1200 {
            if let Some(status) = self.child.try_wait()? {
                anyhow::ensure!(status.success(), "{} ended with {status}:\n{}", self.name, self.log());
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("{} did not stop:\n{}", self.name, self.log())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("--- {} ---\n{}", self.name, self.log());
        }
    }
}
