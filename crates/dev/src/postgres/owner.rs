//! Whose processes a cluster's are. PostgreSQL refuses to run as root, so root hands it to somebody else.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, bail};
use nix::unistd::{User, geteuid};

/// Who owns a data folder and runs the server on it.
#[derive(Clone, Debug, PartialEq)]
pub enum Owner {
    /// Whoever runs this program.
    Oneself,
    /// We are root and become this account for it.
    Account {
        /// The account.
        uid: u32,
        /// Its group.
        gid: u32,
    },
    /// We are root in a folder that no other account may enter. In a user namespace without a mapping the server
    /// believes that it is nobody, while the kernel goes on treating its files as root's.
    Namespace,
}

impl Owner {
    /// The one whose folder it is already, else the first account that can reach both the folder and the programs.
    pub fn of(cluster: &Path, programs: &Path) -> anyhow::Result<Self> {
        if !geteuid().is_root() {
            return Ok(Self::Oneself);
        }
        if let Ok(there) = fs::metadata(cluster) {
            return Ok(match there.uid() {
                0 => Self::Namespace,
                uid => Self::Account { uid, gid: there.gid() },
            });
        }
        let parent = cluster
            .ancestors()
            .skip(1)
            .find(|each| each.exists())
            .context("the data folder has no parent")?;
        let accounts =
            ["postgres", "nobody"].into_iter().filter_map(|name| User::from_name(name).ok().flatten());
        for account in accounts {
            let owner = Self::Account { uid: account.uid.as_raw(), gid: account.gid.as_raw() };
            if owner.can_enter(parent) && owner.can_enter(programs) {
                return Ok(owner);
            }
        }
        if Self::Namespace.can_enter(parent) && Self::Namespace.can_enter(programs) {
            return Ok(Self::Namespace);
        }
        bail!(
            "PostgreSQL will not run as root, and no other account may enter {}: move the project to a folder that \
             others may enter, or run ./dev as an ordinary user",
            parent.display()
        )
    }

    fn can_enter(&self, folder: &Path) -> bool {
        let mut look = self.command(Path::new("test"));
        look.arg("-x").arg(folder).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        look.current_dir("/").status().is_ok_and(|status| status.success())
    }

    /// A command that runs as this owner.
    pub fn command(&self, program: &Path) -> Command {
        match self {
            Self::Oneself => Command::new(program),
            Self::Account { uid, gid } => {
                let mut command = Command::new(program);
                command.uid(*uid).gid(*gid);
                command
            }
            Self::Namespace => {
                let mut command = Command::new("unshare");
                command.arg("--user").arg(program);
                command
            }
        }
    }

    /// Hands a file or folder over, for nobody else to read.
    pub fn give(&self, path: &Path) -> anyhow::Result<()> {
        let mode = if path.is_dir() { 0o700 } else { 0o600 };
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
            .and_then(|()| match self {
                Self::Account { uid, gid } => chown(path, Some(*uid), Some(*gid)),
                Self::Oneself | Self::Namespace => Ok(()),
            })
            .with_context(|| format!("cannot hand over {}", path.display()))
    }
}
