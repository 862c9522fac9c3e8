//! The lines of a text, and the spans of their parts.

use crate::source::{Span, column};

/// A line of a text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TextLine<'a> {
    pub(crate) text: &'a str,
    /// Counts from 1.
    pub(crate) number: usize,
    /// Offset of its first byte.
    start: usize,
}

impl<'a> TextLine<'a> {
    /// The lines of a text.
    pub(crate) fn all(text: &'a str) -> impl Iterator<Item = Self> {
        let mut next = 0;
        (1..).zip(text.split('\n')).map(move |(number, text)| {
            let start = next;
            next += text.len() + 1;
            Self { text, number, start }
        })
    }

    /// The span of a part of the line, from its offset in the line.
    pub(crate) fn span(&self, from: usize, length: usize) -> Span {
        let start = self.start + from;
        Span::new(start..start + length, self.number, column(self.text, from))
    }

    /// The words up to a comment, with their offsets in the line.
    pub(crate) fn words(&self) -> impl Iterator<Item = (usize, &'a str)> + use<'a> {
        let mut next = 0;
        let text = self.text.split('#').next().unwrap_or_default();
        text.split_inclusive(char::is_whitespace).filter_map(move |part| {
            let start = next;
            next += part.len();
            let word = part.trim_end();
            (!word.is_empty()).then_some((start, word))
        })
    }
}
