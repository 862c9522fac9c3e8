//! Output destinations, which stop accepting lines after a write error.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use super::terminal;

/// Standard output or a file, and whether it still accepts lines.
pub(super) struct Destination {
    name: String,
    to: Sink,
    state: SinkState,
}

enum Sink {
    /// Standard output, and whether it is a terminal: a terminal that is gone counts as a closed pipe.
    Stdout { terminal: bool },
    /// A file, such as that of `--events`.
    File(File),
}

enum SinkState {
    /// It takes what is written.
    Open,
    /// Its reader has closed the pipe, or its terminal is gone, which is not an error.
    Unread,
    /// A write has failed; nothing more is written.
    Failed(io::Error),
}

impl Destination {
    pub(super) fn stdout() -> Self {
        let terminal = io::stdout().is_terminal();
        Self::to("standard output".to_owned(), Sink::Stdout { terminal })
    }

    /// Creates or truncates a file.
    pub(super) fn file(path: &Path) -> io::Result<Self> {
        Ok(Self::to(path.display().to_string(), Sink::File(File::create(path)?)))
    }

    fn to(name: String, to: Sink) -> Self {
        Self {
            name,
            to,
            state: SinkState::Open,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        matches!(self.state, SinkState::Open)
    }

    /// Writes escaped lines in one piece. Returns a message for the first failure.
    pub(super) fn write(&mut self, lines: &[u8]) -> Option<String> {
        if !self.is_open() || lines.is_empty() {
            return None;
        }
        let written = match &mut self.to {
            Sink::Stdout { .. } => terminal::write(lines),
            Sink::File(file) => file.write_all(lines),
        };
        let error = written.err()?;
        self.state = match &self.to {
            _ if error.kind() == io::ErrorKind::BrokenPipe => SinkState::Unread,
            Sink::Stdout { terminal: true } => SinkState::Unread,
            _ => SinkState::Failed(error),
        };
        self.failure()
    }

    /// The message, if writing failed.
    pub(super) fn failure(&self) -> Option<String> {
        match &self.state {
            SinkState::Failed(error) => Some(format!("cannot write {}: {error}", self.name)),
            SinkState::Open | SinkState::Unread => None,
        }
    }
}
