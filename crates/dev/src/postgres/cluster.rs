//! A data folder and how a server is started on it.

use std::{
    fs::{self, File},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use tokio::{process::Child, time::sleep};

use super::{
    adoption,
    binaries::{self, Binaries},
    owner::Owner,
    server::{Connecting, Server},
};
use crate::{keeper::Keeper, ports};

/// For so long a start is tried again: the processes of a server that was killed hold its memory a moment longer.
const CRASH: Duration = Duration::from_secs(10);
/// A server that replays its log after a crash answers late.
const RECOVERY: Duration = Duration::from_mins(2);

/// How hard a server works for what it has promised to keep.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Durability {
    /// As production does.
    Full,
    /// A crash may lose the last moment, and never corrupts: for development.
    Relaxed,
    /// Nothing survives a crash of the machine: for tests.
    None,
}

impl Durability {
    fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Full => &["max_connections=200"],
            Self::Relaxed => &["max_connections=100", "synchronous_commit=off"],
            Self::None => {
                &["max_connections=200", "synchronous_commit=off", "fsync=off", "full_page_writes=off"]
            }
        }
    }
}

/// A data folder, made when it is missing.
#[derive(Clone, Debug)]
pub struct Cluster {
    dir: PathBuf,
    binaries: Binaries,
    owner: Owner,
    password: String,
    durability: Durability,
    preferred: Option<u16>,
}

impl Cluster {
    /// Finds programs and an owner for a data folder, without starting anything.
    pub fn find(
        dir: PathBuf,
        unpacked: &Path,
        password: &str,
        durability: Durability,
        preferred: Option<u16>,
    ) -> anyhow::Result<Self> {
        let binaries = Binaries::choose(Binaries::all(unpacked), binaries::data_major(&dir)?, &dir)?;
        let owner = Owner::of(&dir, &binaries.dir)?;
        Ok(Self { dir, binaries, owner, password: password.to_owned(), durability, preferred })
    }

    /// Where the server's own words go.
    pub fn log(&self) -> PathBuf {
        self.dir.with_extension("log")
    }

    /// The version that serves this data.
    pub fn version(&self) -> &str {
        &self.binaries.version
    }

    /// The folder of the programs that serve it.
    pub fn programs(&self) -> &Path {
        &self.binaries.dir
    }

    /// The same, with another port to try first.
    pub fn preferring(self, port: u16) -> Self {
        Self { preferred: Some(port), ..self }
    }

    /// Takes over the server that runs on this folder, or starts one, on another port if need be.
    pub async fn start(&self, keeper: &Keeper) -> anyhow::Result<Server> {
        if binaries::data_major(&self.dir)?.is_none() {
            self.make().await?;
        }
        let since = Instant::now();
        let mut port = ports::free(self.preferred)?;
        loop {
            if let Some(server) = adoption::adopt(&self.dir, &self.password).await? {
                keeper.watch("postgres", server.pid);
                return Ok(server);
            }
            let words = match self.attempt(port, keeper).await? {
                Ok(server) => return Ok(server),
                Err(words) => words,
            };
            if words.contains("ddress already in use") {
                port = ports::free(None)?;
            } else if !words.contains("postmaster.pid") && !words.contains("shared memory") {
                bail!("PostgreSQL did not start: {words}");
            }
            ensure!(since.elapsed() < CRASH, "PostgreSQL did not start: {words}");
            sleep(Duration::from_millis(200)).await;
        }
    }

    /// Makes the folder beside its place and moves it there, so that a half-made one is never taken for data.
    async fn make(&self) -> anyhow::Result<()> {
        let draft = self.dir.with_extension("new");
        let password = self.dir.with_extension("password");
        if draft.exists() {
            fs::remove_dir_all(&draft)?;
        }
        fs::create_dir_all(&draft).with_context(|| format!("cannot make {}", draft.display()))?;
        self.owner.give(&draft)?;
        fs::write(&password, "").with_context(|| format!("cannot write {}", password.display()))?;
        self.owner.give(&password)?;
        fs::write(&password, &self.password)?;

        let mut initdb = self.owner.command(&self.binaries.program("initdb"));
        initdb.arg("--pgdata").arg(&draft).arg("--pwfile").arg(&password).args([
            "--username=postgres",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            if cfg!(target_os = "linux") { "--locale=C.UTF-8" } else { "--locale=en_US.UTF-8" },
        ]);
        if self.durability == Durability::None {
            initdb.arg("--no-sync");
        }
        initdb.current_dir("/").stdin(Stdio::null());
        let output = tokio::process::Command::from(initdb).kill_on_drop(true).output().await;
        fs::remove_file(&password)?;
        let output = output.context("initdb did not run")?;
        ensure!(output.status.success(), "initdb failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        fs::rename(&draft, &self.dir).with_context(|| format!("cannot put {} in place", self.dir.display()))
    }

    /// One start: a server that answers, or the last words of one that ended.
    async fn attempt(&self, port: u16, keeper: &Keeper) -> anyhow::Result<Result<Server, String>> {
        let mut child = self.spawn(port)?;
        let pid = child.id().context("PostgreSQL ended at once")?.try_into()?;
        keeper.watch("postgres", pid);
        let since = Instant::now();
        loop {
            let answer = Connecting::try_once(port, &self.password).await;
            if child.try_wait()?.is_some() {
                keeper.forget("postgres");
                return Ok(Err(self.last_words()));
            }
            match answer {
                Connecting::Open(_) => return Ok(Ok(Server::started(child, pid, port, &self.password))),
                Connecting::Refused => {
                    Server::started(child, pid, port, &self.password).stop().await;
                    bail!(
                        "the password in dev.toml does not open {}: put back the file that belongs to it, or begin anew \
                         with `./dev reset`, which deletes the data",
                        self.dir.display()
                    )
                }
                Connecting::NotYet => ensure!(
                    since.elapsed() < RECOVERY,
                    "PostgreSQL did not answer in {} s: see {}",
                    RECOVERY.as_secs(),
                    self.log().display()
                ),
            }
            sleep(Duration::from_millis(15)).await;
        }
    }

    fn spawn(&self, port: u16) -> anyhow::Result<Child> {
        let path = self.log();
        let log = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let mut postgres = self.owner.command(&self.binaries.program("postgres"));
        postgres.arg("-D").arg(&self.dir);
        for setting in ["listen_addresses=127.0.0.1", "unix_socket_directories=", "logging_collector=off"] {
            postgres.args(["-c", setting]);
        }
        for setting in self.durability.settings() {
            postgres.args(["-c", setting]);
        }
        postgres
            .args(["-c", &format!("port={port}")])
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // Ctrl-C is for us; the server is stopped after those who use it.
            .process_group(0);
        tokio::process::Command::from(postgres).spawn().context("cannot start PostgreSQL")
    }

    fn last_words(&self) -> String {
        let text = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(8)..].join("\n")
    }
}
