//! Splits lines into words, in the two ways of OpenSSH: keywords and criteria by [`next_word`], arguments by
//! [`arguments`]. They treat quotes, `=` and `#` differently.

const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// A word of a line without its quotes, and its byte range in the line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Word {
    /// The word.
    pub text: String,
    /// Offset of its first byte in the line.
    pub start: usize,
    /// Offset after its last byte.
    pub end: usize,
}

/// The rest of a line, and its offset.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rest<'a> {
    pub(crate) text: &'a str,
    pub(crate) at: usize,
}

impl<'a> Rest<'a> {
    pub(crate) fn after(self, tail: &'a str) -> Self {
        Self {
            text: tail,
            at: self.at + self.text.len() - tail.len(),
        }
    }

    pub(crate) fn trim_start(self) -> Self {
        self.after(self.text.trim_start_matches(SPACE))
    }
}

/// Takes the next word; `None` at the end, and at an unclosed quote.
pub(crate) fn next_word(rest: &mut Option<Rest<'_>>) -> Option<Word> {
    let from = (*rest)?;
    let word = |text: String, end: usize| Word {
        text,
        start: from.at,
        end,
    };
    let is_end = |c: char| SPACE.contains(&c) || c == '"' || c == '=';
    let found = from.text.find(is_end).and_then(|at| from.text.split_at_checked(at));
    let Some((head, tail)) = found else {
        *rest = None;
        return Some(word(from.text.to_owned(), from.at + from.text.len()));
    };
    if let Some(inside) = tail.strip_prefix('"') {
        // OpenSSH's `strdelim` ends a quoted word at the quote, even if letters follow directly.
        let closed = inside.split_once('"');
        *rest = closed.map(|(_, after)| from.after(after).trim_start());
        return closed.map(|(quoted, after)| word(format!("{head}{quoted}"), from.after(after).at));
    }
    // One `=`, optionally surrounded by spaces.
    let after = tail.trim_start_matches(SPACE);
    let after = after.strip_prefix('=').unwrap_or(after);
    *rest = Some(from.after(after).trim_start());
    Some(word(head.to_owned(), from.at + head.len()))
}

/// An unclosed quote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OpenQuote;

/// The arguments of a line, up to a comment. Single and double quotes group; a backslash escapes quotes,
/// spaces and backslashes only.
pub(crate) fn arguments(mut rest: Rest<'_>) -> Result<Vec<Word>, OpenQuote> {
    let mut words = Vec::new();
    loop {
        rest = rest.after(rest.text.trim_start_matches([' ', '\t']));
        if rest.text.is_empty() || rest.text.starts_with('#') {
            return Ok(words);
        }
        let (text, after) = argument(rest.text)?;
        let after = rest.after(after);
        words.push(Word {
            text,
            start: rest.at,
            end: after.at,
        });
        rest = after;
    }
}

fn argument(text: &str) -> Result<(String, &str), OpenQuote> {
    let mut word = String::new();
    let mut quote = None;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match (character, quote) {
            ('\\', _) => match characters.peek() {
                Some((_, next @ ('\'' | '"' | '\\'))) => {
                    word.push(*next);
                    characters.next();
                }
                Some((_, ' ')) if quote.is_none() => {
                    word.push(' ');
                    characters.next();
                }
                _ => word.push('\\'),
            },
            (' ' | '\t', None) => return Ok((word, text.get(at..).unwrap_or_default())),
            ('"' | '\'', None) => quote = Some(character),
            (_, Some(open)) if open == character => quote = None,
            _ => word.push(character),
        }
    }
    match quote {
        Some(_) => Err(OpenQuote),
        None => Ok((word, "")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut rest = Some(Rest { text, at: 0 });
        let mut words = Vec::new();
        while let Some(word) = next_word(&mut rest) {
            words.push(word.text);
        }
        words
    }

    #[test]
    fn keywords_end_at_space_quotes_and_one_equals_sign() {
        assert_eq!(words("Port=22"), ["Port", "22"]);
        assert_eq!(words("Port = 22"), ["Port", "22"]);
        assert_eq!(words("Port == 22"), ["Port", "", "22"]);
        assert_eq!(words("host \"a b\" user x"), ["host", "a b", "user", "x"]);
        assert_eq!(words("host pre\"a b\""), ["host", "prea b", ""]);
        assert_eq!(words("host \"open"), ["host"]);
    }

    #[test]
    fn arguments_know_quotes_escapes_and_comments() {
        let of = |text| -> Vec<String> {
            let words = arguments(Rest { text, at: 0 }).unwrap();
            words.into_iter().map(|word| word.text).collect()
        };
        assert_eq!(of(r#"a "b c" 'd "e' f\ g"#), ["a", "b c", "d \"e", "f g"]);
        assert_eq!(of(r#"a\x "\"" '\'' "a\ b""#), [r"a\x", "\"", "'", r"a\ b"]);
        assert_eq!(of("a b#c # d"), ["a", "b#c"]);
        assert_eq!(of("# all"), Vec::<String>::new());
        assert_eq!(of("\"\" x"), ["", "x"]);
        let open = Rest { text: "'open", at: 0 };
        assert_eq!(arguments(open), Err(OpenQuote));
    }

    #[test]
    fn words_know_where_they_were_written() {
        let text = "x  \"b c\"=d\te";
        let mut rest = Some(Rest { text, at: 10 });
        let written = |word: &Word| text.get(word.start - 10..word.end - 10).unwrap().to_owned();
        let mut found = Vec::new();
        while let Some(word) = next_word(&mut rest) {
            found.push(written(&word));
        }
        assert_eq!(found, ["x", "\"b c\"", "", "d", "e"]);
        let found: Vec<String> = arguments(Rest { text, at: 10 }).unwrap().iter().map(written).collect();
        assert_eq!(found, ["x", "\"b c\"=d", "e"]);
    }
}
