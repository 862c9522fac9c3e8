//! What is wrong with a configuration.

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
    /// Others may write to a file.
    #[error("{} belongs to somebody else, or others may write to it; make it yours alone (chmod go-w)", path.display())]
    NotPrivate {
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

impl From<LineProblem> for ClientConfigError {
    fn from(problem: LineProblem) -> Self {
        let hint = problem.hint.map(|hint| format!("; {hint}")).unwrap_or_default();
        Self::Line {
            place: problem.position.to_string(),
            problem: format!("{}{hint}", problem.message),
        }
    }
}
