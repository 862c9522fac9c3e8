//! Why a source could not be read.

use std::fmt::{self, Write};

use pogo_core::dispatcher::InventoryError;
use serde::{Serialize, Serializer};

use super::Diagnostic;

/// A source that could not be read.
///
/// Its text is for a person: every problem with its line and a caret. Serialized it is the list of its
/// [`Diagnostic`]s, for a program.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SourceError {
    /// It is not there or cannot be reached; trying again later may help.
    Unavailable(Box<Diagnostic>),
    /// It was read and is wrong: all problems that were found, in the source's order, at least one.
    Invalid(Vec<Diagnostic>),
}

impl SourceError {
    /// How many problems are shown to a person; further ones are counted.
    pub const SHOWN: usize = 50;

    #[cfg(feature = "text")]
    pub(crate) fn unavailable(source: impl Into<std::sync::Arc<str>>, message: impl Into<String>) -> Self {
        Self::Unavailable(Box::new(Diagnostic::new(source, message)))
    }

    /// Every problem, in the source's order.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        match self {
            Self::Unavailable(problem) => std::slice::from_ref(&**problem),
            Self::Invalid(problems) => problems,
        }
    }

    /// For a terminal: each problem with its line and a caret, in colours if wanted.
    pub fn render(&self, colour: bool) -> String {
        let problems = self.diagnostics();
        let mut text = String::new();
        for (position, problem) in problems.iter().take(Self::SHOWN).enumerate() {
            if position > 0 {
                text.push('\n');
            }
            text.push_str(&problem.render(colour));
        }
        if problems.len() > Self::SHOWN {
            let _ = write!(text, "\nand {} more problems", problems.len() - Self::SHOWN);
        }
        text
    }
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for SourceError {}

impl Serialize for SourceError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.diagnostics().serialize(serializer)
    }
}

impl From<InventoryError> for SourceError {
    fn from(error: InventoryError) -> Self {
        match error {
            InventoryError::Unavailable { source_name, message } => {
                Self::Unavailable(Box::new(Diagnostic::new(source_name, message)))
            }
            InventoryError::Invalid { source_name, message } => {
                Self::Invalid(vec![Diagnostic::new(source_name, message)])
            }
            other => Self::Invalid(vec![Diagnostic::new("inventory", other.to_string())]),
        }
    }
}

impl From<SourceError> for InventoryError {
    fn from(error: SourceError) -> Self {
        let message = error.to_string();
        match error {
            SourceError::Unavailable(problem) => Self::Unavailable {
                source_name: problem.source.to_string(),
                message: problem.message,
            },
            SourceError::Invalid(problems) => Self::Invalid {
                source_name: problems
                    .first()
                    .map(|first| first.source.to_string())
                    .unwrap_or_default(),
                message,
            },
        }
    }
}
