//! Numbers in the syntax of Python and YAML 1.1.

/// A Python integer literal in decimal: `1_000`, `0x1f`, `0o17`, `0b11`, but not `022`.
pub(super) fn python_integer(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase();
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            let digits = ungrouped(digits.strip_prefix('_').unwrap_or(digits))?;
            return u128::from_str_radix(&digits, radix).ok().map(|value| value.to_string());
        }
    }
    let digits = ungrouped(&text)?;
    let whole = digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.trim_start_matches('0') {
        "" if whole => Some("0".to_owned()),
        // As text and not as a number: it may have more digits than any type here, and only a port
        // has to be small.
        _ if whole && !digits.starts_with('0') => Some(digits),
        _ => None,
    }
}

/// A Python float literal as Python prints it; `Some(None)` if only Python can.
pub(super) fn python_float(text: &str) -> Option<Option<String>> {
    let has_form = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'))
    };
    let plain = text.replace('_', "");
    if !has_form(&plain) || !text.contains(['.', 'e', 'E']) {
        return None;
    }
    let value: f64 = plain.parse().ok()?;
    // Single underscores may group digits.
    text.split(['.', 'e', 'E', '+', '-'])
        .filter(|part| !part.is_empty())
        // Rust's parser was given the digits without any underscore, so it cannot say where one was
        // wrong.
        .try_for_each(|part| ungrouped(part).map(drop))?;
    Some(printed(value))
}

/// As Python prints it, unless that needs an exponent.
pub(super) fn printed(value: f64) -> Option<String> {
    // Outside of these Python writes an exponent, in a form of its own.
    let plain = value == 0.0 || (1e-4..1e16).contains(&value.abs());
    plain.then(|| format!("{value:?}"))
}

/// Whether it is a complex sum such as `1+2j`. An imaginary part alone is printed as written.
pub(super) fn python_complex(text: &str) -> bool {
    let number = |text: &str| python_integer(text).is_some() || python_float(text).is_some();
    let Some(sum) = text.strip_suffix(['j', 'J']) else {
        return false;
    };
    let at = sum.char_indices().skip(1).find(|(_, c)| matches!(c, '+' | '-'));
    at.and_then(|(at, _)| Some((sum.get(..at)?, sum.get(at + 1..)?)))
        .is_some_and(|(real, imaginary)| number(real.trim()) && number(imaginary.trim()))
}

/// Removes single underscores between digits.
fn ungrouped(digits: &str) -> Option<String> {
    let grouped = digits.is_empty() || digits.starts_with('_') || digits.ends_with('_') || digits.contains("__");
    (!grouped).then(|| digits.replace('_', ""))
}
