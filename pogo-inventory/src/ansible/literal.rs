//! Values in INI files, which Ansible reads as Python literals where it can.

use smol_str::SmolStr;

use super::vars::Var;

/// What Ansible makes of the text, as far as connection settings need it.
pub(super) fn read(text: &str) -> Var {
    let text = text.trim();
    match text.chars().next() {
        Some(quote @ ('"' | '\'')) => Var::Text(quoted(text, quote).map_or_else(|| text.into(), SmolStr::from)),
        Some('[' | '{' | '(') if !text.starts_with("{{") => Var::Structure,
        _ => number(text).unwrap_or_else(|| Var::Text(text.into())),
    }
}

/// The inside of a Python string, if the text is one string and perhaps a comment.
fn quoted(text: &str, quote: char) -> Option<String> {
    let mut inside = String::new();
    let mut rest = text.chars();
    rest.next();
    while let Some(character) = rest.next() {
        match character {
            '\\' => match rest.next()? {
                'n' => inside.push('\n'),
                't' => inside.push('\t'),
                escaped @ ('\\' | '\'' | '"') => inside.push(escaped),
                other => inside.extend(['\\', other]),
            },
            end if end == quote => {
                let after = rest.as_str().trim_start();
                return (after.is_empty() || after.starts_with('#')).then_some(inside);
            }
            other => inside.push(other),
        }
    }
    None
}

/// A whole number loses its comment and its underscores, as in Python.
fn number(text: &str) -> Option<Var> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '_')) {
        return None;
    }
    let word = text.split('#').next().unwrap_or_default().trim_end();
    // Most are ports.
    if word.len() < 6 && !word.starts_with('0') && word.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Var::Text(word.into()));
    }
    let digits = word.strip_prefix(['-', '+']).unwrap_or(word);
    // An address is the usual case.
    if !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') {
        return None;
    }
    let digits = digits.replace('_', "");
    let whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let padded = digits.len() > 1 && digits.starts_with('0') && digits.bytes().any(|byte| byte != b'0');
    (whole && !padded).then(|| Var::Text(word.replace('_', "").into()))
}

#[cfg(test)]
mod tests {
    use super::{Var, read};

    #[test]
    fn values_are_read_as_python_would() {
        for (text, expected) in [
            ("bob", "bob"),
            (" 'bob' ", "bob"),
            ("\"bo\\\"b\" # the builder", "bo\"b"),
            ("'bob", "'bob"),
            ("'a' 'b'", "'a' 'b'"),
            ("bob # the builder", "bob # the builder"),
            ("22", "22"),
            ("22 # ssh", "22"),
            ("022", "022"),
            ("1_000", "1000"),
            ("10.0.0.1", "10.0.0.1"),
            ("{{ user }}", "{{ user }}"),
            ("", ""),
        ] {
            assert_eq!(read(text), Var::Text(expected.into()), "{text}");
        }
        assert_eq!(read("[1, 2]"), Var::Structure);
        assert_eq!(read("{'a': 1}"), Var::Structure);
    }
}
