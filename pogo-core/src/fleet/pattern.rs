//! Patterns with `*` and `?`, as shells and OpenSSH have them.

/// Whether the whole text matches a pattern, where `*` is any text and `?` any one byte. Case counts.
///
/// Takes at most as many steps as the product of both lengths, whatever the pattern.
///
/// ```
/// use pogo_core::fleet::matches_pattern;
///
/// assert!(matches_pattern("web*.example.com", "web1.example.com"));
/// assert!(!matches_pattern("web?", "web10"));
/// ```
pub fn matches_pattern(pattern: &str, text: &str) -> bool {
    matches(pattern.as_bytes(), text.as_bytes(), &b'*', &b'?')
}

/// As [`matches_pattern`], where `?` is any one character, as ClusterShell has it.
///
/// ```
/// use pogo_core::fleet::{matches_char_pattern, matches_pattern};
///
/// assert!(matches_char_pattern("caf?", "café"));
/// assert!(!matches_pattern("caf?", "café"));
/// ```
pub fn matches_char_pattern(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    matches(&pattern, &text, &'*', &'?')
}

fn matches<T: PartialEq>(pattern: &[T], text: &[T], any: &T, one: &T) -> bool {
    let (mut in_pattern, mut in_text) = (0, 0);
    // Where to go back to: behind the last `*`, and how much of the text it stands for. Earlier ones never need to take
    // more, which is what keeps the steps below the product of the lengths.
    let mut star: Option<(usize, usize)> = None;
    while let Some(unit) = text.get(in_text) {
        match pattern.get(in_pattern) {
            Some(wanted) if wanted == any => {
                in_pattern += 1;
                // Nothing after a trailing `*` has to fit.
                if in_pattern == pattern.len() {
                    return true;
                }
                star = Some((in_pattern, in_text));
            }
            Some(wanted) if wanted == one || wanted == unit => {
                in_pattern += 1;
                in_text += 1;
            }
            _ => match &mut star {
                Some((after_star, taken)) => {
                    *taken += 1;
                    (in_pattern, in_text) = (*after_star, *taken);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(in_pattern).all(|wanted| wanted == any)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_and_question_marks_match_as_in_a_shell() {
        for (pattern, text, wanted) in [
            ("web1", "web1", true),
            ("web1", "web10", false),
            ("web?", "web1", true),
            ("web?", "web", false),
            ("web?", "web10", false),
            ("web*", "web", true),
            ("*.c", "a.b.c", true),
            ("a*b*", "a.b.c", true),
            ("a*d*", "a.b.c", false),
            ("a*b*c", "aXbXbXc", true),
            ("a*b*c", "aXbXbXcd", false),
            ("*.east.*", "web1.east.example.com", true),
            ("*.east.*", "web1.west.example.com", false),
            ("*ab", "aab", true),
            ("*", "", true),
            ("?", "", false),
            ("", "", true),
            ("", "a", false),
            ("WEB*", "web1", false),
        ] {
            assert_eq!(matches_pattern(pattern, text), wanted, "{pattern} {text}");
        }
    }

    /// As OpenSSH compares them.
    #[test]
    fn a_question_mark_is_one_byte() {
        assert!(!matches_pattern("?", "é") && matches_pattern("??", "é"));
    }

    /// As ClusterShell compares them.
    #[test]
    fn a_question_mark_of_characters_is_one_character() {
        assert!(matches_char_pattern("?", "é") && !matches_char_pattern("??", "é"));
    }

    /// With one more level of going back for each `*` this would not end within years.
    #[test]
    fn many_stars_take_no_more_than_the_product_of_the_lengths() {
        let text = "a".repeat(2_000);
        assert!(matches_pattern(&"*a".repeat(1_000), &text));
        assert!(!matches_pattern(&format!("{}b", "*a".repeat(1_000)), &text));
        assert!(!matches_pattern(&format!("{}b*", "a*".repeat(1_000)), &text));
    }

    /// All ways to read a pattern at once: which lengths of the text it may have come to.
    fn matches_all_ways(pattern: &str, text: &str) -> bool {
        let mut ends = BTreeSet::from([0]);
        for wanted in pattern.bytes() {
            ends = match wanted {
                b'*' => ends
                    .first()
                    .map_or(BTreeSet::new(), |first| (*first..=text.len()).collect()),
                wanted => {
                    let fits = |at: &&usize| {
                        text.as_bytes()
                            .get(**at)
                            .is_some_and(|byte| wanted == b'?' || wanted == *byte)
                    };
                    ends.iter().filter(fits).map(|at| at + 1).collect()
                }
            };
        }
        ends.contains(&text.len())
    }

    proptest! {
        #[test]
        fn going_back_to_the_last_star_finds_every_match(pattern in "[ab?*]{0,8}", text in "[ab]{0,10}") {
            prop_assert_eq!(matches_pattern(&pattern, &text), matches_all_ways(&pattern, &text));
        }
    }
}
