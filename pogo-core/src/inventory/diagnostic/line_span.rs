//! A stretch of one line.

use serde::Serialize;

/// A stretch of one line. Lines and columns count from 1, columns and length count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct LineSpan {
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1, in characters.
    pub column: u32,
    /// How many characters it covers; at least 1.
    pub length: u32,
}
