//! Something else in a file than was written.

use std::fmt;
use std::path::PathBuf;

use pogo_core::journal::JournalError;

/// A file that is not as it was written. Displays as a sentence with the place and the cure.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Damage {
    /// The file.
    pub file: PathBuf,
    /// What is wrong, and where in the file.
    pub message: String,
    /// What to do about it.
    pub cure: String,
}

impl Damage {
    pub(super) fn new(file: PathBuf, message: impl Into<String>, cure: impl Into<String>) -> Self {
        Self {
            file,
            message: message.into(),
            cure: cure.into(),
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.file.display(), self.message, self.cure)
    }
}

/// What is wrong.
pub(super) fn text(error: JournalError) -> String {
    match error {
        JournalError::Corrupt { at, message } => format!("record {at}: {message}"),
        error => error.to_string(),
    }
}
