//! Values in INI files, which Ansible evaluates as Python literals if possible (`ast.literal_eval`).

use smol_str::ToSmolStr;

use super::number;
use super::vars::Var;

/// Evaluates a text as Ansible does, as far as connection settings need it. Literals that no setting uses, such as
/// lists, are [`Var::Structure`], and so are values that only Python can evaluate.
pub(super) fn read(text: &str) -> Var {
    literal(text.trim_start_matches([' ', '\t'])).unwrap_or_else(|| Var::Text(text.into()))
}

/// `None` if it is not a literal, which Ansible keeps as text.
fn literal(text: &str) -> Option<Var> {
    let first = text.chars().next()?;
    match first {
        // A template, not a Python set.
        '{' if text.starts_with("{{") => None,
        // Not looked into: Ansible may keep it as text if it is no literal, but as an address
        // neither would be of use.
        '[' | '{' | '(' => Some(Var::Structure),
        _ if starts_a_string(text) => strings(text),
        _ => word(text.split('#').next().unwrap_or_default().trim_end()),
    }
}

/// A constant, a number, or a tuple without parentheses.
fn word(word: &str) -> Option<Var> {
    match word {
        "None" => return Some(Var::Null),
        "True" | "False" | "..." => return Some(Var::Text(word.into())),
        "set()" => return Some(Var::Structure),
        _ => {}
    }
    if let Some((first, rest)) = word.split_once(',') {
        let rest = rest.trim();
        let is_tuple = self::word(first.trim_end()).is_some() && (rest.is_empty() || literal(rest).is_some());
        return is_tuple.then_some(Var::Structure);
    }
    number(word)
}

fn number(word: &str) -> Option<Var> {
    let (sign, digits) = match word.strip_prefix('-') {
        Some(digits) => ("-", digits.trim_start()),
        None => ("", word.strip_prefix('+').unwrap_or(word).trim_start()),
    };
    // Fast path: most values are ports or addresses.
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    // `0x16` is 22 and `1_000` is 1000: as text they would be another port than the one that
    // Ansible connects to.
    if let Some(whole) = number::python_integer(digits) {
        let sign = if whole == "0" { "" } else { sign };
        return Some(Var::Text(format!("{sign}{whole}").into()));
    }
    if digits.ends_with(['j', 'J']) && number::python_complex(digits) {
        return Some(Var::Structure);
    }
    let value = number::python_float(digits)?;
    Some(value.map_or(Var::Structure, |value| Var::Text(format!("{sign}{value}").into())))
}

/// The prefix of a string literal, such as `r` or `b`, in any case.
fn prefix(text: &str) -> &str {
    let end = text.bytes().take(2).take_while(u8::is_ascii_alphabetic).count();
    text.get(..end).unwrap_or_default()
}

fn starts_a_string(text: &str) -> bool {
    let prefix = prefix(text);
    let known = ["", "r", "u", "b", "br", "rb"];
    text.get(prefix.len()..)
        .is_some_and(|rest| rest.starts_with(['\'', '"']))
        && known.iter().any(|known| known.eq_ignore_ascii_case(prefix))
}

/// Adjacent string literals are concatenated.
fn strings(text: &str) -> Option<Var> {
    let (mut all, mut rest) = (String::new(), text);
    while starts_a_string(rest) {
        let prefix = prefix(rest);
        let raw = prefix.contains(['r', 'R']);
        let inside = rest.get(prefix.len()..)?;
        let (end, exact) = string(inside, raw, &mut all)?;
        if !exact || prefix.contains(['b', 'B']) && !all.is_ascii() {
            return Some(Var::Structure);
        }
        rest = inside.get(end..)?.trim_start_matches([' ', '\t']);
    }
    match rest.chars().next() {
        None | Some('#') => Some(Var::Text(all.to_smolstr())),
        // A tuple, if literals follow.
        Some(',') => Some(Var::Structure),
        Some(_) => None,
    }
}

/// Appends one string literal to `all`; returns its end and whether its value is exact. `None` if it is unclosed.
fn string(text: &str, raw: bool, all: &mut String) -> Option<(usize, bool)> {
    let quote = text.get(..1)?;
    let triple = quote.repeat(3);
    let end = if text.starts_with(&triple) {
        triple.as_str()
    } else {
        quote
    };
    let (mut at, mut exact) = (end.len(), true);
    loop {
        let rest = text.get(at..)?;
        if rest.starts_with(end) {
            return Some((at + end.len(), exact));
        }
        let mut characters = rest.chars();
        let character = characters.next()?;
        at += character.len_utf8();
        if character != '\\' {
            all.push(character);
            continue;
        }
        let escaped = characters.next()?;
        at += escaped.len_utf8();
        match simple(escaped) {
            _ if raw => all.extend(['\\', escaped]),
            Some(character) => all.push(character),
            None if escaped.is_ascii_digit() || matches!(escaped, 'x' | 'u' | 'U' | 'N') => exact = false,
            None => all.extend(['\\', escaped]),
        }
    }
}

fn simple(escaped: char) -> Option<char> {
    Some(match escaped {
        '\\' | '\'' | '"' => escaped,
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'v' => '\x0b',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Var, read};

    #[test]
    fn values_are_read_as_python_would() {
        for (text, expected) in [
            ("bob", "bob"),
            (" bob", " bob"),
            (" 'bob' ", "bob"),
            ("\"bo\\\"b\" # the builder", "bo\"b"),
            ("'bob", "'bob"),
            ("'a' 'b'", "ab"),
            ("'a' b", "'a' b"),
            ("r'a\\n' u\"b\"", "a\\nb"),
            ("'''it's'''", "it's"),
            ("'\\q'", "\\q"),
            ("bob # the builder", "bob # the builder"),
            ("22", "22"),
            ("22 # ssh", "22"),
            ("022", "022"),
            ("00", "0"),
            ("0x10", "16"),
            ("0b11", "3"),
            ("0o17", "15"),
            ("- 5", "-5"),
            ("+5", "5"),
            ("-0", "0"),
            ("1_000", "1000"),
            ("1__0", "1__0"),
            ("1.50", "1.5"),
            ("1e3", "1000.0"),
            ("10.0.0.1", "10.0.0.1"),
            ("10j", "10j"),
            ("True", "True"),
            ("true", "true"),
            ("{{ user }}", "{{ user }}"),
            ("", ""),
            ("1,x", "1,x"),
            ("rb", "rb"),
        ] {
            assert_eq!(read(text), Var::Text(expected.into()), "{text}");
        }
        for text in [
            "[1, 2]", "{'a': 1}", "('a')", "1, 2", "'a', 'b'", "1+2j", "'\\x41'", "1e300", "set()",
        ] {
            assert_eq!(read(text), Var::Structure, "{text}");
        }
        assert_eq!(read("None # nothing"), Var::Null);
    }
}
