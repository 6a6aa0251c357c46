//! A program of ours that runs as a child: what it is called with, and one life of it.

use std::{collections::BTreeMap, path::PathBuf, process::ExitStatus, process::Stdio};

use anyhow::Context;
use tokio::{
    io::AsyncWriteExt,
    process::{Child, Command},
};

use crate::logs::{Logs, Source};

/// How a program is run. All that it is told, it is told by its environment.
#[derive(Clone, Debug)]
pub struct Program {
    /// Whose lines these are.
    pub source: Source,
    /// The file.
    pub path: PathBuf,
    /// Its arguments.
    pub arguments: Vec<&'static str>,
    /// Set over what this process has itself.
    pub environment: BTreeMap<&'static str, String>,
    /// Where it runs.
    pub folder: PathBuf,
    /// What the line contains that it prints when it is ready.
    pub ready: &'static str,
}

impl Program {
    /// Starts it; its lines go to the logs, and `ready` is called when it says that it is.
    pub fn spawn(&self, logs: &Logs, ready: impl Fn() + Clone + Send + 'static) -> anyhow::Result<Child> {
        let mut command = self.command(logs);
        self.start(&mut command, logs, ready)
    }

    /// Runs it to its end; it ends with us.
    pub async fn finish(&self, logs: &Logs) -> anyhow::Result<ExitStatus> {
        let mut command = self.command(logs);
        command.kill_on_drop(true);
        self.start(&mut command, logs, || {})?.wait().await.context("cannot wait for it")
    }

    /// Runs it to its end with something to read, such as what must not stand among its arguments.
    pub async fn finish_with(&self, logs: &Logs, input: &str) -> anyhow::Result<ExitStatus> {
        let mut command = self.command(logs);
        command.kill_on_drop(true).stdin(Stdio::piped());
        let mut child = self.start(&mut command, logs, || {})?;
        let mut stdin = child.stdin.take().context("it has no standard input")?;
        // Who ends without reading says why by its status.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        child.wait().await.context("cannot wait for it")
    }

    fn command(&self, logs: &Logs) -> Command {
        let mut command = Command::new(&self.path);
        command
            .args(&self.arguments)
            .envs(&self.environment)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C is for us; we stop each in its turn.
            .process_group(0);
        if !logs.are_coloured() {
            command.env("NO_COLOR", "1");
        }
        command
    }

    fn start(
        &self,
        command: &mut Command,
        logs: &Logs,
        ready: impl Fn() + Clone + Send + 'static,
    ) -> anyhow::Result<Child> {
        let mut child = command.spawn().with_context(|| format!("cannot start {}", self.path.display()))?;
        let (source, line) = (self.source, self.ready);
        if let Some(stdout) = child.stdout.take() {
            let (logs, ready) = (logs.clone(), ready.clone());
            tokio::spawn(async move { logs.follow(source, stdout, line, ready).await });
        }
        if let Some(stderr) = child.stderr.take() {
            let logs = logs.clone();
            tokio::spawn(async move { logs.follow(source, stderr, line, ready).await });
        }
        Ok(child)
    }
}
