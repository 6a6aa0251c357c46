//! Where things lie: the project, its data, the programs that were built.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Context, ensure};

/// The project's folder and the folder that holds this stack's data.
#[derive(Clone, Debug)]
pub struct Places {
    /// The project: templates, assets, migrations.
    pub root: PathBuf,
    /// Everything that a run leaves behind.
    pub data: PathBuf,
}

impl Places {
    /// The project that we stand in; `./dev` goes there first.
    pub fn of_project() -> anyhow::Result<Self> {
        let root = env::current_dir().context("cannot tell the current folder")?;
        ensure!(
            root.join("crates/dev").is_dir() && root.join("migrations").is_dir(),
            "{} is not the project's folder: start this by `./dev` there",
            root.display()
        );
        Ok(Self { data: root.join(".data"), root })
    }

    /// The same project with its data elsewhere.
    pub fn with_data(&self, data: PathBuf) -> Self {
        Self { root: self.root.clone(), data }
    }

    /// PostgreSQL's data.
    pub fn cluster(&self) -> PathBuf {
        self.data.join("pg")
    }

    /// The sandbox's data: stored pictures, received mail.
    pub fn sandbox(&self) -> PathBuf {
        self.data.join("sandbox")
    }

    /// Taken by whoever runs on this data.
    pub fn lock(&self) -> PathBuf {
        self.data.join("dev.lock")
    }

    /// Passwords, keys and ports that stay the same between runs.
    pub fn secrets(&self) -> PathBuf {
        self.data.join("dev.toml")
    }

    /// Where throwaway stacks of `--check` lie while they run.
    pub fn checks(&self) -> PathBuf {
        self.data.join("check")
    }

    /// A PostgreSQL that `./dev` unpacked itself.
    pub fn unpacked_postgres(&self) -> PathBuf {
        self.root.join(".data/pgbin")
    }

    /// Cargo's folder, for what may be thrown away with it.
    pub fn target(&self) -> PathBuf {
        env::var_os("CARGO_TARGET_DIR")
            .map_or_else(|| self.root.join("target"), |given| self.root.join(given))
    }

    /// A program that was built together with this one.
    pub fn built(name: &str) -> anyhow::Result<PathBuf> {
        let own = env::current_exe().context("cannot tell where this program lies")?;
        let path = own.parent().unwrap_or(Path::new(".")).join(name);
        ensure!(path.is_file(), "{} is missing: run `./dev build`", path.display());
        Ok(path)
    }

    /// A path as a person would write it who stands in the project.
    pub fn short(&self, path: &Path) -> String {
        path.strip_prefix(&self.root)
            .map_or_else(|_| path.display().to_string(), |inside| format!("./{}", inside.display()))
    }
}
