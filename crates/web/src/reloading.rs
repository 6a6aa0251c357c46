//! Something that was made from a folder, made again when the folder changes while somebody works on it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant, SystemTime},
};

use anyhow::Context;

/// What a folder looked like: how many files, and when the newest was written.
type Stamp = (usize, Option<SystemTime>);

/// How often a folder is looked at: sooner than somebody can switch from the editor to the browser, and so seldom that a
/// page in development costs what it costs in production.
pub const LOOK_EVERY: Duration = Duration::from_millis(250);

/// A value made from the files of a folder.
pub struct Reloading<T> {
    folder: PathBuf,
    watched: bool,
    load: fn(&Path) -> anyhow::Result<T>,
    current: RwLock<Current<T>>,
}

struct Current<T> {
    value: Arc<T>,
    stamp: Stamp,
    looked_at: Instant,
}

impl<T> Reloading<T> {
    /// Makes it. `watched` looks at the folder again while it is in use: for development.
    pub fn open(
        folder: PathBuf,
        watched: bool,
        load: fn(&Path) -> anyhow::Result<T>,
    ) -> anyhow::Result<Self> {
        let stamp = stamp(&folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
        let value = Arc::new(load(&folder)?);
        Ok(Self {
            folder,
            watched,
            load,
            current: RwLock::new(Current { value, stamp, looked_at: Instant::now() }),
        })
    }

    /// The value, as the folder is now. An error is told until the folder is right again.
    pub fn get(&self) -> anyhow::Result<Arc<T>> {
        {
            let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
            if !self.watched || current.looked_at.elapsed() < LOOK_EVERY {
                return Ok(Arc::clone(&current.value));
            }
        }
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        let now = stamp(&self.folder)?;
        if now != current.stamp {
            current.value = Arc::new((self.load)(&self.folder)?);
            current.stamp = now;
        }
        current.looked_at = Instant::now();
        Ok(Arc::clone(&current.value))
    }
}

/// The files of a folder and of the folders in it.
pub fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    found.sort();
    Ok(found)
}

fn stamp(folder: &Path) -> io::Result<Stamp> {
    let mut newest = None;
    let files = files(folder)?;
    for file in &files {
        newest = newest.max(Some(fs::metadata(file)?.modified()?));
    }
    Ok((files.len(), newest))
}
