//! Patterns of names: `web*`, `!web1`.

use std::collections::HashSet;

/// The names that a `Host` line speaks of.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// Without wildcards.
    pub(super) literal: HashSet<String>,
    pub(super) wild: Vec<String>,
    pub(super) not: Vec<String>,
}

impl Names {
    pub(super) fn new<'w>(words: impl IntoIterator<Item = &'w str>) -> Self {
        let mut names = Self::default();
        for word in words {
            match word.strip_prefix('!') {
                Some(not) => names.not.push(not.to_owned()),
                None if is_wild(word) => names.wild.push(word.to_owned()),
                None => _ = names.literal.insert(word.to_owned()),
            }
        }
        names
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, name));
        (self.literal.contains(name) || any(&self.wild)) && !any(&self.not)
    }
}

pub(super) fn is_wild(word: &str) -> bool {
    word.contains(['*', '?'])
}

/// Whether the name matches, where `*` is any text and `?` any character. Takes at most pattern times name steps.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let (mut pattern, mut name) = (pattern.chars(), name.chars());
    // What was left when the last `*` was met: it may take one character more.
    let mut retry = None;
    loop {
        let left = name.clone();
        match (pattern.next(), name.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                name = left.clone();
                retry = Some((pattern.clone(), left));
                // A trailing `*` is done here, or a long name would be tried at every end.
                if pattern.as_str().is_empty() {
                    return true;
                }
            }
            (Some('?'), Some(_)) => {}
            (Some(wanted), Some(found)) if wanted == found => {}
            _ => {
                let Some((after_star, mut taken)) = retry.take() else {
                    return false;
                };
                if taken.next().is_none() {
                    return false;
                }
                (pattern, name) = (after_star.clone(), taken.clone());
                retry = Some((after_star, taken));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Names, matches};

    #[test]
    fn wildcards_match_as_in_openssh() {
        for (pattern, name, expected) in [
            ("web1", "web1", true),
            ("web1", "web10", false),
            ("web*", "web", true),
            ("*", "", true),
            ("?", "", false),
            ("web?", "web1", true),
            ("web?", "web10", false),
            ("*.east.*", "web1.east.example.com", true),
            ("*.east.*", "web1.west.example.com", false),
            ("a*b*c", "aXbXbXc", true),
            ("a*b*c", "aXbXbXcd", false),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
        let many = "*a".repeat(1_000);
        assert!(!matches(&many, &"a".repeat(900)));
    }

    #[test]
    fn an_exception_beats_every_pattern() {
        let names = Names::new(["web*", "!web7", "db1"]);
        assert!(names.matches("web1") && names.matches("db1"));
        assert!(!names.matches("web7") && !names.matches("db2"));
        assert!(
            !Names::new(["!web7"]).matches("web1"),
            "an exception alone matches nobody"
        );
    }
}
