//! What is wrong with a configuration.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A line of a file, or an option of the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FilePosition {
    /// The file; for an option what it was given as.
    pub(super) file: Arc<Path>,
    /// The line, from 1; 0 for an option.
    pub(super) line: usize,
}

impl fmt::Display for FilePosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.file.display()),
            line => write!(f, "{}:{line}", self.file.display()),
        }
    }
}

/// Why a configuration of OpenSSH's client cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientConfigError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Others may write to a file.
    #[error("{} belongs to somebody else, or others may write to it; make it yours alone (chmod go-w)", path.display())]
    NotPrivate {
        /// The file.
        path: PathBuf,
    },
    /// Files that include each other.
    #[error("{} is included within more than 16 files; is it included by itself?", path.display())]
    TooDeep {
        /// The file.
        path: PathBuf,
    },
    /// A line that is invalid, for OpenSSH as well.
    #[error("{place}: {problem}")]
    Line {
        /// File and line.
        place: String,
        /// What is wrong.
        problem: String,
    },
    /// Settings that OpenSSH knows and this library does not follow.
    #[error("{}; remove it for this host, ignore the file (none), or use the transport through the ssh program", settings.join("; "))]
    Unsupported {
        /// Each with file, line and reason.
        settings: Vec<String>,
    },
    /// The configuration says that there is to be no connection.
    #[error("{place}: RefuseConnection: {message}")]
    Refused {
        /// File and line.
        place: String,
        /// What it says.
        message: String,
    },
    /// A command of `Match exec` has no answer.
    #[error("Match exec `{command}`: {reason}")]
    MatchExec {
        /// The command, with all tokens replaced.
        command: String,
        /// What became of it.
        reason: String,
    },
    /// Nobody knows who this process runs as.
    #[error("cannot tell who this process runs as: {reason}")]
    Nobody {
        /// Why.
        reason: String,
    },
}

impl ClientConfigError {
    pub(super) fn line(place: &FilePosition, problem: impl Into<String>) -> Self {
        Self::Line {
            place: place.to_string(),
            problem: problem.into(),
        }
    }
}
