//! What happened, one line for each thing that changed: its kind, a tab, and the whole of it in JSON. The last line for
//! an id is the one that counts.
//!
//! Every change is one write, so that nothing is lost when the process dies; a machine that dies may lose the last moments,
//! as nobody waits for the disk.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;

pub(super) struct Journal {
    file: File,
    path: PathBuf,
}

impl Journal {
    /// The lines of an earlier run.
    pub fn read(folder: &Path) -> anyhow::Result<Vec<(String, String)>> {
        let path = folder.join("journal");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        // What follows the last line's end was being written when the process died.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let lines = whole.lines().filter_map(|line| line.split_once('\t'));
        Ok(lines.map(|(kind, json)| (kind.to_owned(), json.to_owned())).collect())
    }

    /// A journal that begins with these lines, in the place of the old one.
    pub fn begin(folder: &Path, lines: &str) -> anyhow::Result<Journal> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let path = folder.join("journal");
        let draft = folder.join("journal.new");
        std::fs::write(&draft, lines)
            .and_then(|()| std::fs::rename(&draft, &path))
            .with_context(|| format!("cannot write {}", path.display()))?;
        let file = OpenOptions::new()
            .append(true)
            .open(&path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        Ok(Journal { file, path })
    }

    pub fn write(&mut self, lines: &str) -> anyhow::Result<()> {
        self.file.write_all(lines.as_bytes()).with_context(|| format!("cannot write {}", self.path.display()))
    }
}
