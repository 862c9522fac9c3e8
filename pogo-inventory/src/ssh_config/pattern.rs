//! Patterns of names: `web*`, `!web1`.

use std::collections::HashSet;

/// What patterns are compared with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Subject {
    /// The name that somebody connects to.
    #[default]
    Name,
    /// The address that the lines before gave it.
    Address,
    /// Something that is not known before somebody connects.
    Unknown,
}

/// The hosts that a `Host` line or a condition of a `Match` line is for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) subject: Subject,
    /// The condition holds for all others.
    pub(super) inverted: bool,
    /// The patterns are in lower case, and names in any: so `Match` compares, unlike `Host`.
    pub(super) any_case: bool,
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

    /// Whether it is for the host of this name, which has this address so far.
    pub(super) fn matches(&self, name: &str, address: &str) -> bool {
        let text = match self.subject {
            Subject::Name => name,
            Subject::Address => address,
            Subject::Unknown => return false,
        };
        let text = match self.any_case {
            true => &text.to_ascii_lowercase(),
            false => text,
        };
        let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, text));
        ((self.literal.contains(text) || any(&self.wild)) && !any(&self.not)) != self.inverted
    }

    /// Whether these are plain names, for which nothing else has to be looked at.
    pub(super) fn is_plain(&self) -> bool {
        self.wild.is_empty() && self.subject == Subject::Name && !self.inverted && !self.any_case
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
        let matches = |name| names.matches(name, "");
        assert!(matches("web1") && matches("db1"));
        assert!(!matches("web7") && !matches("db2"));
        assert!(
            !Names::new(["!web7"]).matches("web1", ""),
            "an exception alone matches nobody"
        );
    }
}
