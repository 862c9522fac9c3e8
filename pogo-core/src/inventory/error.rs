//! Why a source could not be read.

use std::fmt::{self, Write};
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::Diagnostic;

/// A source that could not be read.
///
/// Its text is for a person: every problem with its line and a caret. Serialized it is the list of its
/// [`Diagnostic`]s, for a program.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InventoryError {
    /// It is not there or cannot be reached; trying again later may help.
    Unavailable(Box<Diagnostic>),
    /// It was read and is wrong: all problems that were found, in the source's order, at least one.
    Invalid(Vec<Diagnostic>),
}

impl InventoryError {
    /// How many problems are shown to a person; further ones are counted.
    pub const SHOWN: usize = 50;

    /// A source that is not there or cannot be reached, and what was seen.
    pub fn unavailable(source: impl Into<Arc<str>>, message: impl Into<String>) -> Self {
        Self::Unavailable(Box::new(Diagnostic::new(source, message)))
    }

    /// A source that was read and is wrong: what is wrong with it, where, and the cure.
    pub fn invalid(source: impl Into<Arc<str>>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![Diagnostic::new(source, message)])
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

impl fmt::Display for InventoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for InventoryError {}

impl Serialize for InventoryError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.diagnostics().serialize(serializer)
    }
}
