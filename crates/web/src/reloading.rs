//! Something that was made from a folder, made again when the folder changes while somebody works on it.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::SystemTime,
};

use anyhow::Context;

/// What a folder looked like: how many files, and when the newest was written.
type Stamp = (usize, Option<SystemTime>);

/// A value made from the files of a folder.
pub struct Reloading<T> {
    folder: PathBuf,
    watched: bool,
    load: fn(&Path) -> anyhow::Result<T>,
    current: RwLock<(Stamp, Arc<T>)>,
}

impl<T> Reloading<T> {
    /// Makes it. `watched` looks at the folder again with every use, which costs a call per file: for development.
    pub fn open(
        folder: PathBuf,
        watched: bool,
        load: fn(&Path) -> anyhow::Result<T>,
    ) -> anyhow::Result<Self> {
        let stamp = stamp(&folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
        let value = load(&folder)?;
        Ok(Self { folder, watched, load, current: RwLock::new((stamp, Arc::new(value))) })
    }

    /// The value, as the folder is now.
    pub fn get(&self) -> anyhow::Result<Arc<T>> {
        let (known, value) = {
            let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
            (current.0, Arc::clone(&current.1))
        };
        if !self.watched {
            return Ok(value);
        }
        let now = stamp(&self.folder)?;
        if now == known {
            return Ok(value);
        }
        let value = Arc::new((self.load)(&self.folder)?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = (now, Arc::clone(&value));
        Ok(value)
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
