//! Lines into words, the two ways OpenSSH does it: keywords and criteria by [`next_word`], arguments by
//! [`arguments`]. They differ in what quotes, `=` and `#` mean.

const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// Takes the next word off the front; `None` at the end, and at a quote that is never closed.
pub(super) fn next_word(rest: &mut Option<&str>) -> Option<String> {
    let text = (*rest)?;
    let is_end = |c: char| SPACE.contains(&c) || c == '"' || c == '=';
    let Some((word, tail)) = text.find(is_end).and_then(|at| text.split_at_checked(at)) else {
        *rest = None;
        return Some(text.to_owned());
    };
    if let Some(inside) = tail.strip_prefix('"') {
        let closed = inside.split_once('"');
        *rest = closed.map(|(_, after)| after.trim_start_matches(SPACE));
        return closed.map(|(quoted, _)| format!("{word}{quoted}"));
    }
    // One `=`, with space on either side of it.
    let after = match tail.strip_prefix('=') {
        Some(after) => after.trim_start_matches(SPACE),
        None => {
            let after = tail.trim_start_matches(SPACE);
            after.strip_prefix('=').unwrap_or(after).trim_start_matches(SPACE)
        }
    };
    *rest = Some(after);
    Some(word.to_owned())
}

/// A quote that is never closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OpenQuote;

/// The arguments of a line, up to a comment. Quotes of both kinds group, a backslash takes the meaning of quotes,
/// spaces and backslashes away, and nothing else.
pub(super) fn arguments(text: &str) -> Result<Vec<String>, OpenQuote> {
    let mut words = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t']);
        if rest.is_empty() || rest.starts_with('#') {
            return Ok(words);
        }
        let (word, after) = argument(rest)?;
        words.push(word);
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
        let mut rest = Some(text);
        let mut words = Vec::new();
        while let Some(word) = next_word(&mut rest) {
            words.push(word);
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
        let of = |text| arguments(text).unwrap();
        assert_eq!(of(r#"a "b c" 'd "e' f\ g"#), ["a", "b c", "d \"e", "f g"]);
        assert_eq!(of(r#"a\x "\"" '\'' "a\ b""#), [r"a\x", "\"", "'", r"a\ b"]);
        assert_eq!(of("a b#c # d"), ["a", "b#c"]);
        assert_eq!(of("# all"), Vec::<String>::new());
        assert_eq!(of("\"\" x"), ["", "x"]);
        assert_eq!(arguments("'open"), Err(OpenQuote));
    }
}
