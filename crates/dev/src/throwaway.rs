//! A PostgreSQL whose data nobody will miss, in cargo's folder: for tests, measurements and `queries`.

use std::{
    ffi::OsString,
    fs,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{ExitCode, ExitStatus},
};

use anyhow::Context;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::{
    keeper::Keeper,
    lock::Lock,
    places::Places,
    postgres::{Cluster, Durability, Server},
    secrets::Secrets,
    signals::{Signals, Wish},
};

/// A server that is stopped when it is not needed any more. Its folder stays, for a quick start the next time.
pub struct Throwaway {
    server: Server,
    keeper: Keeper,
    _lock: Lock,
}

impl Throwaway {
    /// Starts it in a folder of this name; data that does not start is thrown away first.
    pub async fn start(places: &Places, name: &str, durability: Durability) -> anyhow::Result<Self> {
        let places = places.with_data(places.target().join(name));
        fs::create_dir_all(&places.data).with_context(|| format!("cannot make {}", places.data.display()))?;
        let lock = Lock::take(&places.lock(), "the throwaway PostgreSQL")?;
        if !places.secrets().exists() {
            Secrets::made_up().keep_at(&places.secrets())?;
        }
        let secrets = Secrets::kept_at(&places.secrets())?;
        let keeper = Keeper::start(&lock)?;
        let server = match start(&places, &secrets, durability, &keeper).await {
            Ok(server) => server,
            Err(error) if places.cluster().exists() => {
                eprintln!("./dev: the throwaway data does not start, so it is made anew: {error:#}");
                fs::remove_dir_all(places.cluster())?;
                start(&places, &secrets, durability, &keeper).await?
            }
            Err(error) => return Err(error),
        };
        Ok(Self { server, keeper, _lock: lock })
    }

    /// Where its superuser gets in.
    pub fn url(&self) -> String {
        self.server.superuser_url()
    }

    /// Stops it.
    pub async fn stop(mut self) {
        self.server.stop().await;
        self.keeper.release();
    }

    /// Leaves it running for the next one to take over.
    pub fn leave(self) {
        self.keeper.release();
    }
}

async fn start(
    places: &Places,
    secrets: &Secrets,
    durability: Durability,
    keeper: &Keeper,
) -> anyhow::Result<Server> {
    Cluster::find(
        places.cluster(),
        &places.unpacked_postgres(),
        &secrets.database_password,
        durability,
        secrets.ports.database,
    )?
    .start(keeper)
    .await
}

/// `./dev with-postgres`: runs a command beside a throwaway server and ends as it ends.
pub async fn with_postgres(
    places: &Places,
    keep: bool,
    durable: bool,
    command: &[OsString],
) -> anyhow::Result<ExitCode> {
    let (program, arguments) =
        command.split_first().context("say which command: ./dev with-postgres -- COMMAND…")?;
    let signals = Signals::listen()?;
    let (name, durability) =
        if durable { ("bench-pg", Durability::Full) } else { ("test-pg", Durability::None) };
    let postgres = Throwaway::start(places, name, durability).await?;
    let status = run(program, arguments, &postgres.url(), &signals).await;
    if keep {
        eprintln!("./dev: PostgreSQL goes on running: TEST_DATABASE_URL={}", postgres.url());
        postgres.leave();
    } else {
        postgres.stop().await;
    }
    let status = status.with_context(|| format!("cannot run {}", Path::new(program).display()))?;
    Ok(code_of(status))
}

/// It shares our terminal, so that Ctrl-C reaches it by itself; other signals to us are passed on.
async fn run(
    program: &OsString,
    arguments: &[OsString],
    url: &str,
    signals: &Signals,
) -> anyhow::Result<ExitStatus> {
    let mut child =
        tokio::process::Command::new(program).args(arguments).env("TEST_DATABASE_URL", url).spawn()?;
    let pid = child.id().and_then(|pid| pid.try_into().ok()).context("it ended at once")?;
    for (wish, signal) in [(Wish::Stop, Signal::SIGTERM), (Wish::Hurry, Signal::SIGKILL)] {
        tokio::select! {
            status = child.wait() => return Ok(status?),
            // A process that is gone is what we wanted.
            () = signals.wished(wish) => drop(kill(Pid::from_raw(pid), signal)),
        }
    }
    Ok(child.wait().await?)
}

/// As a shell says it: its code, or 128 and the signal that ended it.
fn code_of(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_as_a_shell_tells_it() {
        for (wait, code) in [(0, ExitCode::SUCCESS), (3 << 8, ExitCode::from(3)), (9, ExitCode::from(137))] {
            assert_eq!(code_of(ExitStatus::from_raw(wait)), code);
        }
    }
}
