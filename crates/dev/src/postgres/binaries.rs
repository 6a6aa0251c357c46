//! PostgreSQL's programs: where they are found, and which of them suit a data folder.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, bail};

/// What apalis' migrations and ours ask for.
pub const OLDEST: u32 = 15;

/// A folder with `initdb` and `postgres` in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Binaries {
    /// The folder.
    pub dir: PathBuf,
    /// The major version, such as 15.
    pub major: u32,
    /// The whole version, such as 15.18.
    pub version: String,
}

impl Binaries {
    /// All there are, the best first: $PG_BIN alone when it is set, else `pg_config`'s, Debian's, Homebrew's, and what
    /// `./dev` unpacked.
    pub fn all(unpacked: &Path) -> Vec<Self> {
        let dirs = if let Some(given) = env::var_os("PG_BIN").filter(|given| !given.is_empty()) {
            vec![PathBuf::from(given)]
        } else {
            let mut dirs: Vec<_> = configured().into_iter().collect();
            dirs.extend(versioned("/usr/lib/postgresql", "", "bin"));
            dirs.extend(versioned("/opt/homebrew/opt", "postgresql@", "bin"));
            dirs.extend(versioned("/usr/local/opt", "postgresql@", "bin"));
            dirs.push(unpacked.join("bin"));
            dirs
        };
        let mut found: Vec<Self> = Vec::new();
        for binaries in dirs.iter().filter_map(|dir| Self::at(dir)) {
            if binaries.major >= OLDEST && !found.contains(&binaries) {
                found.push(binaries);
            }
        }
        found
    }

    fn at(dir: &Path) -> Option<Self> {
        if !dir.join("initdb").is_file() {
            return None;
        }
        let output = Command::new(dir.join("postgres")).arg("--version").output().ok()?;
        let version = version(&String::from_utf8_lossy(&output.stdout))?;
        Some(Self { dir: dir.to_owned(), major: major(&version)?, version })
    }

    /// The ones to use: of the version that made the data when there is data, else the first.
    pub fn choose(found: Vec<Self>, data: Option<u32>, cluster: &Path) -> anyhow::Result<Self> {
        let here = found.iter().map(|each| each.version.as_str()).collect::<Vec<_>>().join(", ");
        let Some(data) = data else {
            return found.into_iter().next().with_context(|| {
                format!("PostgreSQL {OLDEST} or newer is missing: run `./dev doctor` to see where it was looked for")
            });
        };
        match found.into_iter().find(|each| each.major == data) {
            Some(binaries) => Ok(binaries),
            None if here.is_empty() => {
                bail!("PostgreSQL {data} is missing, which made the data in {}", cluster.display())
            }
            None => bail!(
                "the data in {} was made by PostgreSQL {data}, which cannot be found here (only {here}): install \
                 PostgreSQL {data} or name its programs' folder in PG_BIN, or begin anew with `./dev reset`, which \
                 deletes the data",
                cluster.display()
            ),
        }
    }

    /// One of the programs.
    pub fn program(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

/// The major version that made a data folder; none when there is no data yet.
pub fn data_major(cluster: &Path) -> anyhow::Result<Option<u32>> {
    let path = cluster.join("PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(text) => {
            let major =
                text.trim().parse().with_context(|| format!("{} holds no version", path.display()))?;
            Ok(Some(major))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn configured() -> Option<PathBuf> {
    let output = Command::new("pg_config").arg("--bindir").output().ok()?;
    Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
}

/// The `bin` of every `<parent>/<prefix><number>`, the highest number first.
fn versioned(parent: &str, prefix: &str, bin: &str) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((number, entry.path().join(bin)))
        })
        .collect();
    found.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    found.into_iter().map(|(_, path)| path).collect()
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` → `15.18`.
fn version(line: &str) -> Option<String> {
    line.split_whitespace()
        .find(|word| word.starts_with(|first: char| first.is_ascii_digit()))
        .map(str::to_owned)
}

/// `15.18` → 15, `18beta1` → 18.
fn major(version: &str) -> Option<u32> {
    version.split(|each: char| !each.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(major: u32) -> Binaries {
        Binaries { dir: PathBuf::from(format!("/pg/{major}/bin")), major, version: format!("{major}.1") }
    }

    #[test]
    fn versions_are_read_as_the_programs_print_them() {
        assert_eq!(
            version("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n").as_deref(),
            Some("15.18")
        );
        assert_eq!(version("postgres (PostgreSQL) 18.4").as_deref(), Some("18.4"));
        assert_eq!(version("no such thing"), None);
        assert_eq!(major("15.18"), Some(15));
        assert_eq!(major("18beta1"), Some(18));
    }

    #[test]
    fn data_gets_the_programs_that_made_it() {
        let cluster = Path::new("/data/pg");
        assert_eq!(Binaries::choose(vec![of(17), of(15)], None, cluster).expect("one"), of(17));
        assert_eq!(Binaries::choose(vec![of(17), of(15)], Some(15), cluster).expect("one"), of(15));
    }

    #[test]
    fn other_data_is_refused_with_what_to_do() {
        let refusal = Binaries::choose(vec![of(18), of(17)], Some(15), Path::new("/data/pg"))
            .expect_err("no 15")
            .to_string();
        for part in ["/data/pg", "PostgreSQL 15", "18.1, 17.1", "PG_BIN", "./dev reset"] {
            assert!(refusal.contains(part), "{part} is not in: {refusal}");
        }
    }

    #[test]
    fn the_data_tells_its_version() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(data_major(folder.path()).expect("no data"), None);
        fs::write(folder.path().join("PG_VERSION"), "15\n").expect("written");
        assert_eq!(data_major(folder.path()).expect("data"), Some(15));
        fs::write(folder.path().join("PG_VERSION"), "").expect("written");
        assert!(data_major(folder.path()).is_err());
    }
}
