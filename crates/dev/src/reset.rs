//! `./dev reset`: forget everything.

use std::{
    fs,
    io::{IsTerminal, Write, stdin, stdout},
    process::ExitCode,
};

use anyhow::{Context, ensure};

use crate::{lock::Lock, places::Places};

/// Deletes all data, but not a PostgreSQL that was unpacked beside it: fetching that again helps nobody.
pub fn reset(places: &Places, yes: bool) -> anyhow::Result<ExitCode> {
    if !places.data.exists() {
        println!("there is no data in {}", places.short(&places.data));
        return Ok(ExitCode::SUCCESS);
    }
    let lock = Lock::take(&places.lock(), "the stack")?;
    if !yes && !agreed(places)? {
        println!("nothing was deleted");
        return Ok(ExitCode::FAILURE);
    }
    for entry in fs::read_dir(&places.data)? {
        let path = entry?.path();
        if path == places.unpacked_postgres() || path == places.lock() {
            continue;
        }
        let deleted = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        deleted.with_context(|| format!("cannot delete {}", path.display()))?;
    }
    drop(lock);
    println!("deleted; the next `./dev` begins anew");
    Ok(ExitCode::SUCCESS)
}

fn agreed(places: &Places) -> anyhow::Result<bool> {
    ensure!(
        stdin().is_terminal(),
        "`./dev reset` asks before it deletes: with nobody to ask, say `./dev reset --yes`"
    );
    print!("delete every account, picture and password in {}? [y/N] ", places.short(&places.data));
    stdout().flush()?;
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
