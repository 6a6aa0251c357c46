//! The words of all parts in one stream: each line says whose it is.

use std::{
    collections::{BTreeMap, VecDeque},
    env,
    io::{self, IsTerminal, stdout},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// How many lines of each part are remembered for the case of a failure.
const REMEMBERED: usize = 60;

/// Who speaks.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Source {
    /// This program.
    Dev,
    /// The stand-ins, which live in this program.
    Sandbox,
    /// `worker migrate`.
    Migrate,
    /// The pages.
    Web,
    /// The jobs.
    Worker,
}

impl Source {
    /// Its name, as the reader knows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Sandbox => "sandbox",
            Self::Migrate => "migrate",
            Self::Web => "web",
            Self::Worker => "worker",
        }
    }

    fn colour(self) -> u8 {
        match self {
            Self::Dev => 35,
            Self::Sandbox => 34,
            Self::Migrate => 33,
            Self::Web => 36,
            Self::Worker => 32,
        }
    }
}

/// The one stream. Clones write to the same.
#[derive(Clone, Debug)]
pub struct Logs {
    shown: bool,
    coloured: bool,
    remembered: Arc<Mutex<BTreeMap<Source, VecDeque<String>>>>,
}

impl Logs {
    /// Lines that are printed as they come.
    pub fn shown() -> Self {
        Self { shown: true, coloured: is_coloured(), remembered: Arc::default() }
    }

    /// Lines that are only remembered.
    pub fn remembered() -> Self {
        Self { shown: false, coloured: false, remembered: Arc::default() }
    }

    /// May the parts colour their lines?
    pub fn are_coloured(&self) -> bool {
        self.coloured
    }

    /// One line of somebody's.
    pub fn line(&self, source: Source, line: &str) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = remembered.entry(source).or_default();
        if lines.len() == REMEMBERED {
            lines.pop_front();
        }
        lines.push_back(line.to_owned());
        if self.shown {
            let name = source.name();
            if self.coloured {
                println!("\x1b[{}m{name:>7} │\x1b[0m {line}", source.colour());
            } else {
                println!("{name:>7} | {line}");
            }
        }
    }

    /// Passes on what a part prints until it ends, and calls back when the line comes that says it is ready.
    pub async fn follow(
        &self,
        source: Source,
        stream: impl AsyncRead + Unpin,
        ready: &str,
        mut then: impl FnMut(),
    ) {
        let mut stream = BufReader::new(stream);
        let mut bytes = Vec::new();
        // Not every line need be UTF-8, and one that is not must not end the reading: its writer would hang.
        while stream.read_until(b'\n', &mut bytes).await.is_ok_and(|read| read > 0) {
            let text = String::from_utf8_lossy(&bytes);
            let line = text.trim_end();
            self.line(source, line);
            if line.contains(ready) {
                then();
            }
            bytes.clear();
        }
    }

    /// What the sandbox warns of goes where all else goes.
    pub fn hear_sandbox(&self) {
        let logs = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::WARN)
            .with_ansi(self.coloured)
            .with_writer(move || Pen(logs.clone()))
            .finish();
        // Only a second call finds one in place, which then writes to the same terminal.
        let _ = tracing::subscriber::set_global_default(subscriber);
    }

    /// The last lines of everybody.
    pub fn last_lines(&self) -> Vec<(Source, Vec<String>)> {
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.iter().map(|(source, lines)| (*source, lines.iter().cloned().collect())).collect()
    }
}

/// Writes the sandbox's lines.
struct Pen(Logs);

impl io::Write for Pen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for line in String::from_utf8_lossy(bytes).lines() {
            self.0.line(Source::Sandbox, line);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// On a terminal, unless the reader asked for none (https://no-color.org).
fn is_coloured() -> bool {
    stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_remembered_even_when_they_are_no_text() {
        let logs = Logs::remembered();
        let mut ready = 0;
        logs.follow(Source::Web, &b"one\n\xff\nlistening on http://there\nlast"[..], "listening on", || {
            ready += 1;
        })
        .await;
        assert_eq!(ready, 1);
        assert_eq!(
            logs.last_lines(),
            [(
                Source::Web,
                vec!["one".into(), "\u{fffd}".into(), "listening on http://there".into(), "last".into()]
            )]
        );
    }

    #[test]
    fn only_the_last_lines_are_kept() {
        let logs = Logs::remembered();
        for number in 0..REMEMBERED + 5 {
            logs.line(Source::Worker, &number.to_string());
        }
        let lines = logs.last_lines().remove(0).1;
        assert_eq!((lines.len(), lines[0].as_str()), (REMEMBERED, "5"));
    }
}
