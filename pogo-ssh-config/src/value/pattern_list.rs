//! Pattern lists: `web*,!web7`.

use pogo_core::fleet::matches_pattern;

/// Whether the text matches one of the comma-separated patterns, and no negated one.
pub(crate) fn matches_list(text: &str, patterns: &str) -> bool {
    matches_words(text, patterns.split(','))
}

/// Whether the text matches one of the patterns, and no negated one.
pub(crate) fn matches_words<'p>(text: &str, patterns: impl Iterator<Item = &'p str>) -> bool {
    let mut matches_one = false;
    for pattern in patterns {
        match pattern.strip_prefix('!') {
            // A negated match counts wherever it stands, so nothing after it has to be read.
            Some(pattern) if matches_pattern(pattern, text) => return false,
            Some(_) => {}
            None => matches_one |= matches_pattern(pattern, text),
        }
    }
    matches_one
}

/// Whether a host name matches the list, ignoring case.
pub(crate) fn matches_host_list(host: &str, patterns: &str) -> bool {
    matches_list(&host.to_ascii_lowercase(), &patterns.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_negated_pattern_decides_alone() {
        assert!(matches_list("web1", "db*,web*"));
        assert!(!matches_list("web1", "web*,!web1"));
        assert!(!matches_list("web1", "!db*"));
        assert!(matches_host_list("Web1", "wEB1"));
    }
}
