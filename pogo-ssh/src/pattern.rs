//! OpenSSH's patterns with `*` and `?`, in client configuration, known_hosts files and certificates.

/// Whether the text matches the pattern, where `*` is any text and `?` any one byte. Case counts.
///
/// Takes at most as many steps as the product of both lengths.
pub(crate) fn matches_pattern(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (text.as_bytes(), pattern.as_bytes());
    let (mut at, mut in_pattern) = (0, 0);
    // Where to go back to: the last `*`, and how much of the text it stands for.
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = text.get(at) {
        match pattern.get(in_pattern) {
            Some(b'*') => {
                star = Some((in_pattern + 1, at));
                in_pattern += 1;
            }
            Some(wanted) if *wanted == b'?' || wanted == byte => {
                at += 1;
                in_pattern += 1;
            }
            _ => match &mut star {
                Some((after_star, taken)) => {
                    *taken += 1;
                    at = *taken;
                    in_pattern = *after_star;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(in_pattern).all(|byte| *byte == b'*')
}

/// Whether the text matches one of the patterns, with commas between them, and none that has a `!` before it.
pub(crate) fn matches_list(text: &str, patterns: &str) -> bool {
    let mut matches_one = false;
    for pattern in patterns.split(',') {
        match pattern.strip_prefix('!') {
            Some(pattern) if matches_pattern(text, pattern) => return false,
            Some(_) => {}
            None => matches_one |= matches_pattern(text, pattern),
        }
    }
    matches_one
}

/// Whether a host name matches the list; case does not count.
pub(crate) fn matches_host_list(host: &str, patterns: &str) -> bool {
    matches_list(&host.to_ascii_lowercase(), &patterns.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_match_as_in_a_shell() {
        for (text, pattern, wanted) in [
            ("web1", "web?", true),
            ("web", "web?", false),
            ("web", "web*", true),
            ("a.b.c", "*.c", true),
            ("a.b.c", "a*b*", true),
            ("a.b.c", "a*d*", false),
            ("", "*", true),
            ("x", "", false),
            ("aab", "*ab", true),
        ] {
            assert_eq!(matches_pattern(text, pattern), wanted, "{text} {pattern}");
        }
    }

    #[test]
    fn a_negated_pattern_decides_alone() {
        assert!(matches_list("web1", "db*,web*"));
        assert!(!matches_list("web1", "web*,!web1"));
        assert!(!matches_list("web1", "!db*"));
        assert!(matches_host_list("Web1", "wEB1"));
    }
}
