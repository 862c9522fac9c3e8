//! A line of an INI inventory as words, quoted as in a shell.

/// A word without its quotes, and where in the line it begins, in bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) text: String,
}

/// Splits a line; `#` begins a comment, even inside of a word, as in Python's `shlex`.
pub(super) fn split(line: &str) -> Result<Vec<Word>, &'static str> {
    let mut words: Vec<Word> = Vec::new();
    let mut word: Option<Word> = None;
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
                let text = &mut word_at(&mut word, at).text;
                if quote.is_some() && !matches!(escaped, '\\' | '"') {
                    text.push('\\');
                }
                text.push(escaped);
            }
            _ => word_at(&mut word, at).text.push(character),
        }
        word_at(&mut word, at).end = end;
    }
    if quote.is_some() {
        return Err("a quote is never closed");
    }
    words.extend(word);
    Ok(words)
}

fn word_at(word: &mut Option<Word>, start: usize) -> &mut Word {
    word.get_or_insert_with(|| Word {
        start,
        end: start,
        text: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::split;

    fn words(line: &str) -> Vec<(usize, String)> {
        split(line)
            .unwrap()
            .into_iter()
            .map(|word| (word.start, word.text))
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
        assert!(split("a 'b").is_err());
        assert!(split("a b\\").is_err());
    }
}
