//! One problem of a source.

use std::sync::Arc;

use serde::Serialize;

use super::{Excerpt, LineSpan};
use crate::policy::Origin;

/// One problem of a source.
///
/// Shown to a person, its first line has the form `FILE:LINE:COLUMN: message`, so that editors jump there; the
/// offending line with a caret and the hint follow. Serialized, it is an object with `source`, `line`, `column`,
/// `length`, `message`, `hint` and `excerpt`, as far as they are known.
///
/// ```
/// use pogo_core::policy::Origin;
/// use pogo_core::inventory::Diagnostic;
///
/// let text = "tag:\n  web: [web1]\nconstrant: {}\n";
/// let problem = Diagnostic::at(&Origin::new("pogo.yaml", 3, 1), "unknown key `constrant`")
///     .with_length(9)
///     .with_hint("did you mean `constraint`?")
///     .with_excerpt(text);
/// assert_eq!(
///     problem.to_string(),
///     "pogo.yaml:3:1: unknown key `constrant`\n  \
///        |\n\
///      3 | constrant: {}\n  \
///        | ^^^^^^^^^\n  \
///        |\n  \
///        = help: did you mean `constraint`?"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Diagnostic {
    /// The file, or another name for the source.
    pub source: Arc<str>,
    /// Where in the source; `None` if the problem is the source itself.
    #[serde(flatten)]
    pub position: Option<LineSpan>,
    /// What is wrong, in one line.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// The offending line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<Excerpt>,
}

impl Diagnostic {
    /// A problem of the source as a whole.
    pub fn new(source: impl Into<Arc<str>>, message: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            position: None,
            message: shorten(message.into()),
            hint: None,
            excerpt: None,
        }
    }

    /// A problem at a position, such as a rule's origin.
    pub fn at(origin: &Origin, message: impl Into<String>) -> Self {
        let mut problem = Self::new(Arc::clone(&origin.source), message);
        problem.position = Some(LineSpan {
            line: origin.line,
            column: origin.column,
            length: 1,
        });
        problem
    }

    /// Marks this many characters. A problem without a position stays as it is.
    pub fn with_length(mut self, length: u32) -> Self {
        if let Some(position) = &mut self.position {
            position.length = length.max(1);
        }
        self
    }

    /// Adds what to do about it.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(shorten(hint.into()));
        self
    }

    /// Shows the problem's line of the source's `text`.
    pub fn with_excerpt(mut self, text: &str) -> Self {
        self.excerpt = self.position.and_then(|position| Excerpt::of_line(text, position));
        self
    }

    /// The message without what is quoted in it and without numbers: what problems of one kind have in common.
    pub fn kind(&self) -> String {
        let said = self.message.split('`').step_by(2).collect::<Vec<_>>().join("`");
        said.chars().filter(|character| !character.is_ascii_digit()).collect()
    }
}

/// Cuts a message after 800 characters: messages quote what a file holds, which may be a word of many megabytes.
fn shorten(mut text: String) -> String {
    const MOST: usize = 800;
    if let Some((end, _)) = text.char_indices().nth(MOST).filter(|_| text.len() > MOST) {
        text.truncate(end);
        text.push('…');
    }
    text
}
