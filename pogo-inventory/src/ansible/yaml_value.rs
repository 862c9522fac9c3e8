//! Types of plain scalars in YAML 1.1, which Ansible uses.

use super::number::printed;
use super::vars::Var;

/// The value of a plain scalar as Python prints it; booleans are `True` and `False`.
pub(super) fn read(text: &str) -> Var {
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return Var::Text("True".into()),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => return Var::Text("False".into()),
        "~" | "null" | "Null" | "NULL" | "" => return Var::Null,
        "=" => return Var::Structure,
        _ => {}
    }
    // Fast path: most values are names or addresses.
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Var::Text(text.into());
    }
    if let Some(whole) = integer(text) {
        return Var::Text(whole.into());
    }
    match float(text) {
        Some(Some(value)) => Var::Text(value.into()),
        Some(None) => Var::Structure,
        None if is_time(text) => Var::Structure,
        None => Var::Text(text.into()),
    }
}

/// Whether a plain scalar is a string, as names of hosts and groups must be.
pub(super) fn is_text(text: &str) -> bool {
    read(text) == Var::Text(text.into())
        && !matches!(text, "True" | "False")
        && integer(text).is_none()
        && float(text).is_none()
        && !is_date(text)
}

fn integer(text: &str) -> Option<String> {
    let (negative, digits) = sign(text);
    // YAML 1.1 lets underscores stand anywhere behind the first digit, unlike Python.
    let plain = digits.replace('_', "");
    let (radix, plain) = match plain.as_bytes() {
        [b'0', b'b', ..] => (2, plain.get(2..)?),
        [b'0', b'x', ..] => (16, plain.get(2..)?),
        [b'0', _, ..] => (8, plain.get(1..)?),
        [b'0'] => (10, plain.as_str()),
        [b'1'..=b'9', ..] if plain.contains(':') => return sixties(negative, &plain),
        [b'1'..=b'9', ..] => (10, plain.as_str()),
        _ => return None,
    };
    // YAML itself refuses `0x_` and the like.
    if plain.starts_with(['+', '-']) {
        return None;
    }
    let value = i128::from_str_radix(plain, radix).ok()?;
    Some(if negative { -value } else { value }.to_string())
}

/// `22:30` is a base-60 number.
fn sixties(negative: bool, text: &str) -> Option<String> {
    let mut value: i128 = 0;
    for (at, part) in text.split(':').enumerate() {
        let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let short = at == 0 || part.len() == 1 || part.len() == 2 && part.as_bytes().first() <= Some(&b'5');
        if !digits || !short {
            return None;
        }
        value = value.checked_mul(60)?.checked_add(part.parse().ok()?)?;
    }
    Some(if negative { -value } else { value }.to_string())
}

/// `Some(None)` if only Python can print it.
fn float(text: &str) -> Option<Option<String>> {
    let (negative, digits) = sign(text);
    if matches!(digits, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return Some(None);
    }
    let (before, after) = digits.split_once('.')?;
    let grouped = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_');
    if before.contains(':') {
        return (grouped(&before.replace(':', "")) && grouped(after) && integer(before).is_some()).then_some(None);
    }
    let (fraction, exponent) = match after.find(['e', 'E']) {
        Some(at) => (after.get(..at)?, Some(after.get(at + 1..)?)),
        None => (after, None),
    };
    let starts = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|text| {
        text.strip_prefix(['+', '-'])
            .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let fits = grouped(before)
        && grouped(fraction)
        && exponent_fits
        && if before.is_empty() {
            starts(fraction) && !text.starts_with(['+', '-'])
        } else {
            starts(before)
        };
    if !fits {
        return None;
    }
    let value: f64 = digits.replace('_', "").parse().ok()?;
    Some(printed(if negative { -value } else { value }))
}

/// Whether it is a timestamp, which is not printed as written; a date is.
fn is_time(text: &str) -> bool {
    text.get(..10).is_some_and(is_date) && text.len() > 10 && text.contains(':')
}

fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 10
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_those_of_yaml_1_1() {
        for (text, expected) in [
            ("deploy", "deploy"),
            ("yes", "True"),
            ("Off", "False"),
            ("y", "y"),
            ("22", "22"),
            ("+22", "22"),
            ("022", "18"),
            ("089", "089"),
            ("0x10", "16"),
            ("0b11", "3"),
            ("0o17", "0o17"),
            ("22:22", "1342"),
            ("22:99", "22:99"),
            ("1_000", "1000"),
            ("1.50", "1.5"),
            ("1e3", "1e3"),
            ("1.0e+3", "1000.0"),
            ("10.0.0.1", "10.0.0.1"),
            ("2024-01-02", "2024-01-02"),
            ("fe80::1", "fe80::1"),
        ] {
            assert_eq!(read(text), Var::Text(expected.into()), "{text}");
        }
        assert_eq!(read("Null"), Var::Null);
        for text in [".inf", "1:20.5", "2001-12-14 21:59:43", "1.0e+300"] {
            assert_eq!(read(text), Var::Structure, "{text}");
        }
        assert!(is_text("web1") && is_text("10.0.0.1") && !is_text("22") && !is_text("on") && !is_text("2024-01-02"));
    }
}
