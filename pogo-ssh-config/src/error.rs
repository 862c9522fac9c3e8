//! Configuration errors.

use std::io;
use std::path::PathBuf;

use super::position::LineProblem;

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
    /// Others may write to the user's file.
    #[error("{} belongs to somebody else, or others may write to it; make it yours alone (chmod go-w)", path.display())]
    NotPrivate {
        /// The file.
        path: PathBuf,
    },
    /// An invalid line, which OpenSSH refuses too.
    #[error("{position}: {problem}")]
    Line {
        /// File and line.
        position: String,
        /// What is wrong.
        problem: String,
    },
    /// Settings of OpenSSH that this library does not support.
    #[error(
        "{}; remove it for this host, ignore the file (none), or use the transport through the ssh program",
        settings.join("; ")
    )]
    Unsupported {
        /// Each with file, line and reason.
        settings: Vec<String>,
    },
    /// The configuration refuses the connection.
    #[error("{position}: RefuseConnection: {message}")]
    Refused {
        /// File and line.
        position: String,
        /// The configured message.
        message: String,
    },
    /// A command of `Match exec` could not be run.
    #[error("Match exec `{command}`: {reason}")]
    MatchExec {
        /// The command, with all tokens replaced.
        command: String,
        /// Why.
        reason: String,
    },
    /// The user that this process runs as is unknown.
    #[error("cannot tell who this process runs as: {reason}")]
    Nobody {
        /// Why.
        reason: String,
    },
}

impl From<LineProblem> for ClientConfigError {
    fn from(problem: LineProblem) -> Self {
        let hint = problem.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
        Self::Line {
            position: problem.position.to_string(),
            problem: format!("{}{hint}", problem.message),
        }
    }
}
