//! Splits lines of an INI inventory into words, quoted as in a shell.

use std::borrow::Cow;

/// A word without its quotes, and its byte offset in the line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word<'a> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) text: Cow<'a, str>,
}

/// Splits a line; `#` begins a comment, even within a word, as in Python's `shlex`.
pub(super) fn split<'a>(line: &'a str, words: &mut Vec<Word<'a>>) -> Result<(), &'static str> {
    // Without an early exit, so that the compiler can vectorize it.
    let special = |byte: u8| matches!(byte, b'#' | b'\'' | b'"' | b'\\');
    if !line.bytes().fold(false, |any, byte| any | special(byte)) {
        plain(line, words);
        return Ok(());
    }
    let mut word: Option<Word<'_>> = None;
    let mut quote = None;
    let mut characters = line.char_indices();
    while let Some((at, character)) = characters.next() {
        let end = at + character.len_utf8();
        match (quote, character) {
            (None, '#') => break,
            (None, space) if space.is_whitespace() => {
                words.extend(word.take());
                continue;
            }
            (Some(open), close) if open == close => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            (None | Some('"'), '\\') => {
                let (_, escaped) = characters.next().ok_or("the line ends in a backslash")?;
                let text = word_at(&mut word, at).text.to_mut();
                // As in Python's `shlex`: within double quotes a backslash is for itself and for
                // the quote, and stays before all else.
                if quote.is_some() && !matches!(escaped, '\\' | '"') {
                    text.push('\\');
                }
                text.push(escaped);
            }
            _ => word_at(&mut word, at).text.to_mut().push(character),
        }
        word_at(&mut word, at).end = end;
    }
    if quote.is_some() {
        return Err("a quote is never closed");
    }
    words.extend(word);
    Ok(())
}

/// Splits a line without quotes, escapes and comments.
fn plain<'a>(line: &'a str, words: &mut Vec<Word<'a>>) {
    let mut take = |start: usize, end: usize| {
        if let Some(text) = line.get(start..end).filter(|text| !text.is_empty()) {
            let text = Cow::Borrowed(text);
            words.push(Word { start, end, text });
        }
    };
    let mut start = 0;
    if line.is_ascii() {
        // Bytes where there are no others: decoding characters takes longer than all else here.
        for (at, byte) in line.bytes().enumerate() {
            // The ASCII part of `char::is_whitespace`.
            if matches!(byte, b' ' | b'\t'..=b'\r') {
                take(start, at);
                start = at + 1;
            }
        }
    } else {
        for (at, space) in line.match_indices(char::is_whitespace) {
            take(start, at);
            start = at + space.len();
        }
    }
    take(start, line.len());
}

fn word_at<'w, 'a>(word: &'w mut Option<Word<'a>>, start: usize) -> &'w mut Word<'a> {
    word.get_or_insert_with(|| Word {
        start,
        end: start,
        text: Cow::Borrowed(""),
    })
}

#[cfg(test)]
mod tests {
    use super::split;

    fn words(line: &str) -> Vec<(usize, String)> {
        let mut words = Vec::new();
        split(line, &mut words).unwrap();
        words
            .into_iter()
            .map(|word| (word.start, word.text.into_owned()))
            .collect()
    }

    #[test]
    fn words_are_split_as_a_shell_does() {
        let expected = [(0, "web1"), (6, "a=x y"), (14, "b=it's"), (26, "c=\\n\"")];
        let expected: Vec<_> = expected.map(|(at, text)| (at, text.to_owned())).into();
        assert_eq!(words(r#"web1  a='x y' b=it\'s     c="\n\"" # rest"#), expected);
        assert_eq!(words("web1#x y"), [(0, "web1".to_owned())]);
        assert_eq!(words(""), []);
        assert_eq!(words("''"), [(0, String::new())]);
    }

    #[test]
    fn unfinished_lines_are_refused() {
        assert!(split("a 'b", &mut Vec::new()).is_err());
        assert!(split("a b\\", &mut Vec::new()).is_err());
    }
}
