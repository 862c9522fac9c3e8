//! Numbers as Python writes and reads them, and as YAML 1.1 does.

/// The digits of a whole number in decimal, if it is a literal of Python's: `1_000`, `0x1f`, `0o17`, `0b11`, never `022`.
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
        _ if whole && !digits.starts_with('0') => Some(digits),
        _ => None,
    }
}

/// A number with a point or an exponent as Python prints it; `Some(None)` where only Python knows how.
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
    // Digits may be grouped, once each.
    text.split(['.', 'e', 'E', '+', '-'])
        .filter(|part| !part.is_empty())
        .try_for_each(|part| ungrouped(part).map(drop))?;
    Some(printed(value))
}

/// As Python prints it, where it does so without an exponent.
pub(super) fn printed(value: f64) -> Option<String> {
    let plain = value == 0.0 || (1e-4..1e16).contains(&value.abs());
    plain.then(|| format!("{value:?}"))
}

/// Whether it is a sum with an imaginary part: `1+2j`. The part alone is printed as it is written.
pub(super) fn python_complex(text: &str) -> bool {
    let number = |text: &str| python_integer(text).is_some() || python_float(text).is_some();
    let Some(sum) = text.strip_suffix(['j', 'J']) else {
        return false;
    };
    let at = sum.char_indices().skip(1).find(|(_, c)| matches!(c, '+' | '-'));
    at.and_then(|(at, _)| Some((sum.get(..at)?, sum.get(at + 1..)?)))
        .is_some_and(|(real, imaginary)| number(real.trim()) && number(imaginary.trim()))
}

/// The digits without the single underscores between them.
fn ungrouped(digits: &str) -> Option<String> {
    let grouped = digits.is_empty() || digits.starts_with('_') || digits.ends_with('_') || digits.contains("__");
    (!grouped).then(|| digits.replace('_', ""))
}
