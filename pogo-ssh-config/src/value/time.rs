//! OpenSSH's time format: `90`, `1m30s`, `2w`.

/// The time in seconds.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    let mut total = 0_u64;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (number, after) = rest.split_at_checked(digits)?;
        let mut letters = after.chars();
        let unit = match letters.next() {
            None | Some('s' | 'S') => 1,
            Some('m' | 'M') => 60,
            Some('h' | 'H') => 60 * 60,
            Some('d' | 'D') => 24 * 60 * 60,
            Some('w' | 'W') => 7 * 24 * 60 * 60,
            Some(_) => return None,
        };
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(unit)?)?;
        rest = letters.as_str();
    }
    // OpenSSH's times are `int`; it refuses larger ones.
    (total <= i32::MAX as u64).then_some(total)
}

/// The time in seconds, or `Some(None)` for `none`.
pub(crate) fn time_or_none(text: &str) -> Option<Option<u64>> {
    match text {
        "none" => Some(None),
        text => seconds(text).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_add_up() {
        assert_eq!(seconds("90"), Some(90));
        assert_eq!(seconds("1m30s"), Some(90));
        assert_eq!(seconds("1W2d3H"), Some(((7 + 2) * 24 + 3) * 3600));
        assert_eq!(seconds("1m30"), Some(90));
        for bad in ["", "m", "1x", "-1", "1.5", "99999999999", "1 m"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }
}
