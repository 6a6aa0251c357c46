//! `./dev queries`: what PostgreSQL says of every query in `shop`, written to `.sqlx`, against which the build checks.

use std::{
    collections::BTreeMap,
    env, fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{ExitCode, ExitStatus},
    time::SystemTime,
};

use anyhow::{Context, ensure};
use apalis_postgres::PostgresStorage;
use sqlx::{Connection, Executor, PgConnection, PgPool, migrate::Migrator};
use tokio::process::Command;

use crate::{places::Places, postgres::Durability, throwaway::Throwaway};

/// The one crate with SQL in it.
const CRATE: &str = "shop";
const DATABASE: &str = "queries";

/// File names and their contents.
type Descriptions = BTreeMap<String, Vec<u8>>;

/// Renews `.sqlx`, or says what is stale in it.
pub async fn queries(places: &Places, check: bool) -> anyhow::Result<ExitCode> {
    let fresh = tempfile::tempdir()?;
    let postgres = Throwaway::start(places, "queries-pg", Durability::None).await?;
    let described = describe(places, &postgres.url(), fresh.path()).await;
    postgres.stop().await;
    described?;

    let committed = places.root.join(".sqlx");
    let (old, new) = (read(&committed)?, read(fresh.path())?);
    let stale = differences(&old, &new);
    if stale.is_empty() {
        println!(".sqlx is fresh: {} queries", new.len());
        return Ok(ExitCode::SUCCESS);
    }
    if check {
        println!(".sqlx is stale: run `./dev queries` and commit what it writes");
        for line in stale {
            println!("  {line}");
        }
        return Ok(ExitCode::FAILURE);
    }
    replace(&committed, &old, &new)?;
    println!(".sqlx is renewed: {} queries, {} files changed", new.len(), stale.len());
    Ok(ExitCode::SUCCESS)
}

async fn describe(places: &Places, superuser: &str, into: &Path) -> anyhow::Result<()> {
    let url = make_database(superuser).await?;
    let pool = PgPool::connect(&url).await?;
    PostgresStorage::<()>::setup(&pool).await.context("apalis' migrations failed")?;
    let ours = Migrator::new(places.root.join("migrations")).await?;
    ours.run(&pool).await.context("our migrations failed")?;
    pool.close().await;

    let source = places.root.join("crates").join(CRATE).join("src/lib.rs");
    let status = expand(places, &source, &url, into).await?;
    ensure!(status.success(), "{CRATE} does not compile against the migrated database");
    Ok(())
}

async fn make_database(superuser: &str) -> anyhow::Result<String> {
    let mut connection = PgConnection::connect(superuser).await?;
    let drop = format!("drop database if exists {DATABASE} with (force)");
    connection.execute(sqlx::AssertSqlSafe(drop)).await?;
    connection.execute(sqlx::AssertSqlSafe(format!("create database {DATABASE}"))).await?;
    connection.close().await?;
    let mut url = url::Url::parse(superuser)?;
    url.set_path(DATABASE);
    Ok(url.into())
}

/// Has the compiler expand all macros against the database. Only our own crates see it: apalis-postgres has queries too,
/// which were checked by its authors against a `.sqlx` of its own.
async fn expand(places: &Places, source: &Path, url: &str, into: &Path) -> anyhow::Result<ExitStatus> {
    // Its path is part of what cargo knows a build by, so that these builds and the ordinary ones leave each other alone.
    let wrapper = places.target().join("queries-pg/rustc");
    let script = format!(
        "#!/bin/sh\nDATABASE_URL='{url}' SQLX_OFFLINE=false SQLX_OFFLINE_DIR='{}' exec \"$@\"\n",
        into.display()
    );
    fs::write(&wrapper, script)?;
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o700))?;

    let touched = Touched::now(source)?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["check", "--quiet", "--package", CRATE, "--all-features", "--all-targets"])
        .env("RUSTC_WORKSPACE_WRAPPER", &wrapper)
        .env_remove("DATABASE_URL")
        .env_remove("SQLX_OFFLINE_DIR")
        .env("SQLX_OFFLINE", "true")
        .env("CARGO_INCREMENTAL", "0")
        .current_dir(&places.root)
        .status()
        .await;
    touched.restore()?;
    status.context("cannot run cargo")
}

/// A source file that looks changed for a while, so that the compiler reads it again.
struct Touched {
    file: fs::File,
    before: SystemTime,
    now: SystemTime,
}

impl Touched {
    fn now(path: &Path) -> anyhow::Result<Self> {
        let file = fs::OpenOptions::new().append(true).open(path)?;
        let before = file.metadata()?.modified()?;
        #[expect(clippy::disallowed_methods, reason = "cargo compares with the real time")]
        file.set_modified(SystemTime::now())?;
        Ok(Self { before, now: file.metadata()?.modified()?, file })
    }

    /// As it was, so that ordinary builds need not start over; unless somebody saved it meanwhile.
    fn restore(self) -> anyhow::Result<()> {
        if self.file.metadata()?.modified()? == self.now {
            self.file.set_modified(self.before)?;
        }
        Ok(())
    }
}

fn read(folder: &Path) -> anyhow::Result<Descriptions> {
    let mut descriptions = BTreeMap::new();
    if folder.is_dir() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with("query-") {
                descriptions.insert(name, fs::read(&path)?);
            }
        }
    }
    Ok(descriptions)
}

fn differences(old: &Descriptions, new: &Descriptions) -> Vec<String> {
    let missing = new.keys().filter(|name| !old.contains_key(*name)).map(|name| format!("missing  {name}"));
    let unused = old.keys().filter(|name| !new.contains_key(*name)).map(|name| format!("unused   {name}"));
    let changed = new
        .iter()
        .filter(|(name, text)| old.get(*name).is_some_and(|old| old != *text))
        .map(|(name, _)| format!("changed  {name}"));
    missing.chain(unused).chain(changed).collect()
}

fn replace(folder: &Path, old: &Descriptions, new: &Descriptions) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        fs::remove_file(folder.join(name))?;
    }
    for (name, text) in new.iter().filter(|(name, text)| old.get(*name) != Some(text)) {
        fs::write(folder.join(name), text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> Descriptions {
        files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn every_kind_of_difference_is_named_and_mended() {
        let folder = tempfile::tempdir().expect("a folder");
        let old = of(&[("query-a.json", "1"), ("query-b.json", "1"), ("query-c.json", "1")]);
        let new = of(&[("query-b.json", "1"), ("query-c.json", "2"), ("query-d.json", "1")]);
        assert_eq!(
            differences(&old, &new),
            ["missing  query-d.json", "unused   query-a.json", "changed  query-c.json"]
        );
        replace(folder.path(), &Descriptions::new(), &old).expect("written");
        replace(folder.path(), &old, &new).expect("written");
        assert_eq!(read(folder.path()).expect("read"), new);
        assert!(differences(&new, &new).is_empty());
    }

    #[test]
    fn a_touched_file_gets_its_time_back_unless_it_was_saved() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lib.rs");
        let modified = || fs::metadata(&path).and_then(|data| data.modified()).expect("there");
        fs::write(&path, "one").expect("written");
        fs::File::options()
            .append(true)
            .open(&path)
            .expect("open")
            .set_modified(SystemTime::UNIX_EPOCH)
            .expect("set");
        let touched = Touched::now(&path).expect("touched");
        assert_ne!(modified(), SystemTime::UNIX_EPOCH);
        touched.restore().expect("restored");
        assert_eq!(modified(), SystemTime::UNIX_EPOCH);
        let touched = Touched::now(&path).expect("touched");
        std::thread::sleep(std::time::Duration::from_millis(20));
        fs::write(&path, "two").expect("saved");
        touched.restore().expect("left alone");
        assert_ne!(modified(), SystemTime::UNIX_EPOCH);
    }
}
