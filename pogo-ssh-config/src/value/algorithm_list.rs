//! Algorithm lists: `a,b`, or `+`, `-`, `^` to modify the default list.

use std::fmt;

use crate::position::FilePosition;
use pogo_core::fleet::matches_pattern;

use super::pattern_list::matches_list;

/// An algorithm list of a configuration line.
///
/// ```text
/// a,b    exactly these, in this order
/// +a,b   the default ones, then these
/// -a,b   the default ones without these
/// ^a,b   these, then the other default ones
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AlgorithmList {
    keyword: String,
    text: String,
    position: String,
}

impl AlgorithmList {
    /// Parses a list as OpenSSH does; lists of key types may contain `*` and `?`.
    pub(crate) fn new(
        keyword: &str,
        text: &str,
        position: &FilePosition,
        allows_patterns: bool,
    ) -> Result<Self, String> {
        let (change, names) = split(text);
        if names.is_empty() {
            return Err(format!("`{text}` names no algorithm"));
        }
        let is_negated = |name: &str| name.starts_with('!') || (!allows_patterns && name.contains(['*', '?']));
        if change != Some('-') && names.split(',').any(is_negated) {
            return Err(format!("`{text}` holds a pattern where a name must stand"));
        }
        Ok(Self {
            keyword: keyword.to_owned(),
            text: text.to_owned(),
            position: position.to_string(),
        })
    }

    /// Resolves the list against the default and the supported names.
    pub fn resolve<'a>(&self, default: &[&'a str], known: &[&'a str]) -> Vec<&'a str> {
        let (change, names) = split(&self.text);
        let named = || {
            names
                .split(',')
                .flat_map(|pattern| known.iter().copied().filter(move |name| matches_pattern(pattern, name)))
        };
        let default = default.iter().copied();
        let all: Vec<&str> = match change {
            Some('-') => default.filter(|name| !matches_list(name, names)).collect(),
            Some('+') => default.chain(named()).collect(),
            Some(_) => named().chain(default).collect(),
            None => named().collect(),
        };
        let mut once = Vec::with_capacity(all.len());
        for name in all {
            if !once.contains(&name) {
                once.push(name);
            }
        }
        once
    }

    /// The names in it that are not among these, without patterns and removed names.
    pub fn names_besides(&self, known: &[&str]) -> Vec<&str> {
        let (change, names) = split(&self.text);
        let is_unknown = |name: &&str| !name.is_empty() && !name.contains(['*', '?']) && !known.contains(name);
        match change {
            Some('-') => Vec::new(),
            _ => names.split(',').filter(is_unknown).collect(),
        }
    }
}

/// `FILE:LINE: keyword list`
impl fmt::Display for AlgorithmList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            keyword,
            text,
            position,
        } = self;
        write!(f, "{position}: `{keyword} {text}`")
    }
}

fn split(text: &str) -> (Option<char>, &str) {
    match text.chars().next().filter(|first| "+-^".contains(*first)) {
        Some(change) => (Some(change), text.get(1..).unwrap_or_default()),
        None => (None, text),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    const DEFAULT: &[&str] = &["a1", "a2", "b1"];
    const KNOWN: &[&str] = &["a1", "a2", "a3", "b1", "c1"];

    fn list(text: &str) -> Result<AlgorithmList, String> {
        let position = FilePosition::new(Path::new("config").into(), 3, text, 0);
        AlgorithmList::new("ciphers", text, &position, true)
    }

    fn resolved(text: &str) -> String {
        list(text).unwrap().resolve(DEFAULT, KNOWN).join(",")
    }

    #[test]
    fn a_list_replaces_adds_removes_or_comes_first() {
        for (text, wanted) in [
            ("c1,a1,x", "c1,a1"),
            ("a*", "a1,a2,a3"),
            ("a?,a1,c1", "a1,a2,a3,c1"),
            ("+c1,a1", "a1,a2,b1,c1"),
            ("+a*", "a1,a2,b1,a3"),
            ("-a*", "b1"),
            ("-a*,!a2", "a2,b1"),
            ("-*", ""),
            ("^c1,b1", "c1,b1,a1,a2"),
            ("x", ""),
            ("a1,,b1", "a1,b1"),
        ] {
            assert_eq!(resolved(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_openssh_does_not_take_is_refused() {
        for text in ["", "+", "^", "!a1", "+a1,!b1"] {
            assert!(list(text).is_err(), "{text}");
        }
    }

    #[test]
    fn unknown_names_and_where_they_stand_are_told() {
        let list = list("+a1,x,y*").unwrap();
        assert_eq!(list.names_besides(KNOWN), ["x"]);
        assert_eq!(list.to_string(), "config:3: `ciphers +a1,x,y*`");
    }
}
