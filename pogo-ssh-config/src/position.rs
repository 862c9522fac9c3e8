//! Positions in files, and problems there.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// A position in a file, or an option of the command line. Prints as `FILE:LINE`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FilePosition {
    /// The file; for an option its text.
    pub file: Arc<Path>,
    /// The line, from 1; 0 for an option.
    pub line: u32,
    /// The column, from 1, in characters; in bytes near the end of very long lines.
    pub column: u32,
}

impl FilePosition {
    pub(super) fn new(file: Arc<Path>, line: usize, text: &str, offset: usize) -> Self {
        Self {
            file,
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: column(text, offset),
        }
    }
}

impl fmt::Display for FilePosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.file.display()),
            line => write!(f, "{}:{line}", self.file.display()),
        }
    }
}

/// A problem for which OpenSSH refuses the file. Prints as `FILE:LINE: message`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LineProblem {
    /// Its position.
    pub position: FilePosition,
    /// Its length in characters.
    pub length: u32,
    /// The message.
    pub message: String,
    /// The cure, if it is known.
    pub hint: Option<String>,
    /// The whole line.
    pub line: String,
}

impl fmt::Display for LineProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.position, self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "; {hint}"))
    }
}

/// The column, from 1, of a byte offset in a line.
fn column(line: &str, offset: usize) -> u32 {
    // Counting the characters before each word of a line of megabytes would take for ever.
    const FAR: usize = 4_096;
    let before = line.get(..offset).filter(|before| before.len() <= FAR);
    let characters = before.map_or(offset, |before| before.chars().count());
    u32::try_from(characters).unwrap_or(u32::MAX).saturating_add(1)
}
