//! A line as a keyword and its arguments.

use crate::source::{Span, column};

/// A line of the file, and where it begins.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) text: &'a str,
    pub(super) start: usize,
    pub(super) number: usize,
}

/// An argument without its quotes, and the bytes of the line it was written in.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) from: usize,
    pub(super) to: usize,
}

impl<'a> Line<'a> {
    /// The place of the line's bytes `from..to`.
    pub(super) fn span(&self, from: usize, to: usize) -> Span {
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        Span {
            start: number(self.start + from),
            end: number(self.start + to),
            line: number(self.number),
            column: column(self.text, from),
        }
    }

    pub(super) fn place(&self, word: &Word) -> Span {
        self.span(word.from, word.to)
    }

    /// The keyword and where its arguments begin. `None` for empty lines and comments.
    pub(super) fn keyword(&self) -> Option<(Word, usize)> {
        let from = self.text.len() - self.text.trim_start().len();
        let rest = self.text.get(from..)?;
        if rest.is_empty() || rest.starts_with('#') {
            return None;
        }
        let length = rest.find([' ', '\t', '=']).unwrap_or(rest.len());
        let text = rest.get(..length)?.to_owned();
        let after = rest.get(length..)?;
        // `Port=22`, `Port = 22` and `Port 22` are the same.
        let value = after.trim_start_matches([' ', '\t']);
        let value = value
            .strip_prefix('=')
            .map_or(value, |value| value.trim_start_matches([' ', '\t']));
        let to = from + length;
        Some((Word { text, from, to }, self.text.len() - value.len()))
    }

    /// The arguments from this byte on, as OpenSSH splits them.
    pub(super) fn arguments(&self, from: usize) -> Result<Vec<Word>, &'static str> {
        let rest: &'a str = self.text.get(from..).unwrap_or_default();
        let mut words: Vec<Word> = Vec::new();
        let mut open: Option<Word> = None;
        let mut quote = None;
        let mut characters = rest.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            let at = from + at;
            if open.is_none() && character == '#' {
                break;
            }
            if quote.is_none() && matches!(character, ' ' | '\t' | '\r' | '\u{c}') {
                words.extend(open.take());
                continue;
            }
            let word = open.get_or_insert_with(|| Word {
                text: String::new(),
                from: at,
                to: at,
            });
            word.to = at + character.len_utf8();
            match (character, quote) {
                ('\\', _) => {
                    let next = characters.peek().map(|(_, next)| *next);
                    let escaped =
                        next.filter(|next| matches!(next, '\'' | '"' | '\\') || (quote.is_none() && *next == ' '));
                    word.text.push(escaped.unwrap_or('\\'));
                    if escaped.is_some() {
                        characters.next();
                        word.to += 1;
                    }
                }
                ('\'' | '"', None) => quote = Some(character),
                (close, Some(open)) if close == open => quote = None,
                _ => word.text.push(character),
            }
        }
        words.extend(open);
        if quote.is_some() {
            return Err("a quote is never closed");
        }
        Ok(words)
    }
}

#[cfg(test)]
mod tests {
    use super::Line;

    fn split(text: &str) -> (String, Vec<String>) {
        let (start, number) = (0, 1);
        let line = Line { text, start, number };
        let (keyword, from) = line.keyword().unwrap();
        let words = line.arguments(from).unwrap();
        (keyword.text, words.into_iter().map(|word| word.text).collect())
    }

    #[test]
    fn a_line_is_split_as_openssh_does() {
        for (line, keyword, words) in [
            ("Port 22", "Port", vec!["22"]),
            ("  port=22 ", "port", vec!["22"]),
            ("Port = 22", "Port", vec!["22"]),
            ("Host a \"b c\" d#e # f", "Host", vec!["a", "b c", "d#e"]),
            ("Host 'a'b \\\"c\\ d", "Host", vec!["ab", "\"c d"]),
            ("Host", "Host", vec![]),
            ("IdentityFile C:\\keys\\a", "IdentityFile", vec!["C:\\keys\\a"]),
        ] {
            let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
            assert_eq!(split(line), (keyword.to_owned(), words), "{line}");
        }
    }

    #[test]
    fn comments_and_empty_lines_say_nothing() {
        for text in ["", "   ", "# Host a", "\t# x"] {
            let (start, number) = (0, 1);
            assert!(Line { text, start, number }.keyword().is_none());
        }
    }
}
