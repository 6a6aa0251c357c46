//! Mails on disk, one `.eml` file each.

use std::fmt::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use tokio::fs;

use super::letters::Letter;
use crate::clock;

/// A folder of mails.
pub(crate) struct Inbox {
    folder: PathBuf,
    serial: AtomicU64,
}

/// Who sent a mail to whom, as said in the conversation; the mail's own headers may say otherwise.
#[derive(Default)]
pub(super) struct Envelope {
    pub from: String,
    pub to: Vec<String>,
}

impl Inbox {
    pub async fn open(folder: PathBuf) -> anyhow::Result<Inbox> {
        fs::create_dir_all(&folder)
            .await
            .with_context(|| format!("cannot make the inbox in {}", folder.display()))?;
        Ok(Inbox { folder, serial: AtomicU64::new(0) })
    }

    /// Keeps a mail; when this returns, the mail is on disk under its name.
    pub(super) async fn keep(&self, envelope: &Envelope, message: &[u8]) -> anyhow::Result<String> {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed) % 10_000;
        let id = format!("{:013}-{serial:04}", clock::now_ms());
        // The lines with which a real delivery begins; they survive a restart with the mail.
        let mut file = format!("Return-Path: <{}>\r\n", envelope.from);
        for to in &envelope.to {
            let _ = write!(file, "Delivered-To: {to}\r\n");
        }
        let mut file = file.into_bytes();
        file.extend_from_slice(message);
        let unfinished = self.folder.join(format!("{id}.part"));
        fs::write(&unfinished, file).await?;
        fs::rename(unfinished, self.path(&id)).await?;
        Ok(id)
    }

    /// All mails, newest first.
    pub async fn letters(&self) -> anyhow::Result<Vec<Letter>> {
        let mut ids = Vec::new();
        let mut entries = fs::read_dir(&self.folder).await?;
        while let Some(entry) = entries.next_entry().await? {
            let name = entry.file_name();
            ids.extend(name.to_str().and_then(|name| name.strip_suffix(".eml")).map(str::to_owned));
        }
        ids.sort_unstable_by(|a, b| b.cmp(a));
        let mut letters = Vec::with_capacity(ids.len());
        for id in ids {
            letters.extend(self.letter(&id).await);
        }
        Ok(letters)
    }

    /// One mail.
    pub async fn letter(&self, id: &str) -> Option<Letter> {
        Some(Letter::read(id, &self.raw(id).await?))
    }

    /// One mail as it came.
    pub async fn raw(&self, id: &str) -> Option<Vec<u8>> {
        // The id comes out of a URL and must not name any other file.
        if !id.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
            return None;
        }
        fs::read(self.path(id)).await.ok()
    }

    /// Throws all mails away.
    pub async fn clear(&self) -> anyhow::Result<()> {
        for letter in self.letters().await? {
            fs::remove_file(self.path(&letter.id)).await?;
        }
        Ok(())
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.eml"))
    }
}
