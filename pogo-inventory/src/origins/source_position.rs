//! Positions in sources, by the number of the source.

#[cfg(feature = "ansible")]
use crate::source::Span;

/// A position, small enough to be kept for each of very many hosts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SourcePosition {
    pub(super) source: u32,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// A source's number.
#[cfg(feature = "ansible")]
#[derive(Debug, Clone, Copy)]
pub(crate) struct SourceNumber(pub(super) u32);

#[cfg(feature = "ansible")]
impl SourceNumber {
    /// A position in this source.
    pub(crate) fn at(self, span: Span) -> SourcePosition {
        SourcePosition {
            source: self.0,
            line: span.line,
            column: span.column,
        }
    }
}
