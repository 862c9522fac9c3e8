//! The line a problem is on, cut to what a person can read.

use serde::{Serialize, Serializer};

use super::LineSpan;
use crate::fleet::is_invisible;

/// The offending line of a source, or the part of a long line around the problem.
///
/// Serializes as the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    text: String,
    caret: (usize, usize),
}

impl Excerpt {
    const WIDTH: usize = 120;
    const BEFORE: usize = 40;

    pub(super) fn of_line(text: &str, position: LineSpan) -> Option<Self> {
        let line = text.split('\n').nth(position.line.checked_sub(1)? as usize)?;
        Some(Self::of(line, position))
    }

    /// Cut from `line`, which is the line of the source that `position` is on.
    pub fn of(line: &str, position: LineSpan) -> Self {
        let column = position.column.saturating_sub(1) as usize;
        let (mut cut, mut before) = (0, String::new());
        // Only then: a line that is shown from its beginning is found again sooner.
        if column + (position.length as usize).min(Self::WIDTH) > Self::WIDTH {
            cut = column.saturating_sub(Self::BEFORE);
            before.push('…');
        }
        let mut rest = line.chars().skip(cut);
        let mut text = before;
        text.extend(rest.by_ref().take(Self::WIDTH).map(printable));
        let start = column - cut + usize::from(cut > 0);
        let shown = text.chars().count();
        if rest.next().is_some() {
            text.push('…');
        }
        let trimmed = text.trim_end().len();
        text.truncate(trimmed);
        let end = start.saturating_add(position.length as usize).min(shown).max(start + 1);
        Self {
            text,
            caret: (start, end),
        }
    }

    /// The text that is shown.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The bytes of [`Excerpt::as_str`] to underline, padding the text where the problem is behind its end.
    pub(super) fn padded(&self) -> (String, std::ops::Range<usize>) {
        let mut text = self.text.clone();
        let missing = self.caret.1.saturating_sub(text.chars().count());
        text.extend(std::iter::repeat_n(' ', missing));
        let offset = |position: usize| text.char_indices().nth(position).map_or(text.len(), |(at, _)| at);
        let range = offset(self.caret.0)..offset(self.caret.1);
        (text, range)
    }
}

/// A terminal must not be steered by what a file holds, and columns must stay columns.
fn printable(character: char) -> char {
    match character {
        '\t' => ' ',
        hidden if hidden.is_control() || is_invisible(hidden) => '\u{fffd}',
        other => other,
    }
}

impl Serialize for Excerpt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(line: &str, column: u32, length: u32) -> (String, String) {
        let position = LineSpan {
            line: 1,
            column,
            length,
        };
        let excerpt = Excerpt::of(line, position);
        let (text, range) = excerpt.padded();
        (excerpt.as_str().to_owned(), text[range].to_owned())
    }

    #[test]
    fn a_short_line_is_shown_whole() {
        assert_eq!(cut("  web: [a]  ", 3, 3), ("  web: [a]".to_owned(), "web".to_owned()));
    }

    #[test]
    fn a_caret_behind_the_end_has_a_place() {
        assert_eq!(cut("web:", 5, 1), ("web:".to_owned(), " ".to_owned()));
        assert_eq!(cut("", 1, 7), (String::new(), " ".to_owned()));
    }

    #[test]
    fn a_long_line_is_cut_around_the_problem() {
        let line = format!("{}HERE{}", "é".repeat(1_000), "y".repeat(1_000));
        let (text, marked) = cut(&line, 1_001, 4);
        assert_eq!(marked, "HERE");
        assert!(text.starts_with("…éé") && text.ends_with("yy…"), "{text}");
        assert!(text.chars().count() <= Excerpt::WIDTH + 2);
        let (text, marked) = cut(&line, 1, u32::MAX);
        assert_eq!(marked.chars().count(), Excerpt::WIDTH);
        assert!(text.ends_with('…'));
    }

    #[test]
    fn controls_are_made_harmless_and_keep_their_column() {
        assert_eq!(
            cut("\t\u{1b}[31mx", 7, 1),
            (" \u{fffd}[31mx".to_owned(), "x".to_owned())
        );
    }
}
