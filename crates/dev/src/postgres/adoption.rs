//! Finding the server that a killed run left on a data folder.

use std::{
    fs, io,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use tokio::time::sleep;

use super::server::{Connecting, Server};
use crate::lock::is_alive;

/// A server that is just starting or stopping decides itself within this time.
const PATIENCE: Duration = Duration::from_secs(20);

/// What `postmaster.pid` says.
#[derive(Debug, PartialEq)]
struct PidFile {
    pid: i32,
    port: u16,
}

/// The server that runs on this folder, if there is one, after it has proved to be it.
pub async fn adopt(dir: &Path, password: &str) -> anyhow::Result<Option<Server>> {
    let path = dir.join("postmaster.pid");
    let file = match fs::read_to_string(&path) {
        Ok(text) => parse(&text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let Some(PidFile { pid, port }) = file else { return Ok(None) };
    if is_alive(pid) && works_elsewhere(pid, dir) {
        // After a restart of the machine the number may be anybody's, and PostgreSQL would refuse to start.
        fs::remove_file(&path)?;
        return Ok(None);
    }
    let since = Instant::now();
    while is_alive(pid) {
        if let Connecting::Open(mut connection) = Connecting::try_once(port, password).await {
            let serves: String = sqlx::query_scalar("select current_setting('data_directory')")
                .fetch_one(&mut connection)
                .await?;
            if same(Path::new(&serves), dir) {
                return Ok(Some(Server::adopted(pid, port, password)));
            }
        }
        if since.elapsed() > PATIENCE {
            bail!(
                "process {pid} holds {} and does not answer on port {port}: end it and start again",
                dir.display()
            );
        }
        sleep(Duration::from_millis(100)).await;
    }
    Ok(None)
}

/// The number of the process on the first line, the port on the fourth.
fn parse(text: &str) -> Option<PidFile> {
    let mut lines = text.lines();
    let pid = lines.next()?.trim().parse().ok()?;
    let port = lines.nth(2)?.trim().parse().ok()?;
    Some(PidFile { pid, port })
}

/// Is it certain that this process is no server of ours? A server works in its data folder.
fn works_elsewhere(pid: i32, dir: &Path) -> bool {
    fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| !same(&cwd, dir))
}

fn same(one: &Path, other: &Path) -> bool {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        (Err(_), _) | (_, Err(_)) => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pid_file_is_read_as_postgres_writes_it() {
        let whole = "4711\n/data/pg\n1764000000\n54321\n\n127.0.0.1\n  1234567    42\nready   \n";
        assert_eq!(parse(whole), Some(PidFile { pid: 4711, port: 54_321 }));
        assert_eq!(parse("4711\n/data/pg\n1764000000\n"), None, "a server that has not chosen its port yet");
        assert_eq!(parse(""), None);
    }

    #[test]
    fn this_process_works_elsewhere() {
        let folder = tempfile::tempdir().expect("a folder");
        let own = i32::try_from(std::process::id()).expect("small");
        assert_eq!(works_elsewhere(own, folder.path()), cfg!(target_os = "linux"));
        assert!(!works_elsewhere(own, &std::env::current_dir().expect("here")));
    }
}
