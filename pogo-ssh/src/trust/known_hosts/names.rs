//! The host names of a line.

use hmac::{Hmac, KeyInit, Mac};
use russh::keys::ssh_key::known_hosts::HostPatterns;
use sha1::Sha1;

use pogo_core::fleet::matches_pattern;

/// The lookup name of a host: in lower case, with the port unless it is 22.
pub(crate) fn lookup_name(host: &str, port: u16) -> String {
    let host = host.to_lowercase();
    if port == 22 { host } else { format!("[{host}]:{port}") }
}

/// The names of one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Names {
    /// Plain names only, in lower case.
    Exact(Vec<String>),
    /// Patterns, at least one with a wildcard or a negation.
    Patterns(Vec<NamePattern>),
    /// One name, hashed with a salt.
    Hashed { salt: Vec<u8>, hash: [u8; 20] },
}

/// One pattern, which includes or excludes the names that it matches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamePattern {
    excludes: bool,
    text: String,
}

impl Names {
    pub(super) fn new(patterns: &HostPatterns) -> Self {
        match patterns {
            HostPatterns::HashedName { salt, hash } => Self::Hashed {
                salt: salt.clone(),
                hash: *hash,
            },
            HostPatterns::Patterns(texts) if texts.iter().any(|text| text.contains(['*', '?', '!'])) => {
                Self::Patterns(texts.iter().map(|text| NamePattern::new(text)).collect())
            }
            HostPatterns::Patterns(texts) => Self::Exact(texts.iter().map(|text| text.to_lowercase()).collect()),
        }
    }

    /// Whether the line matches this [`lookup_name`].
    pub(super) fn include(&self, name: &str) -> bool {
        match self {
            Self::Exact(names) => names.iter().any(|exact| exact == name),
            Self::Patterns(patterns) => {
                let mut matching = patterns.iter().filter(|pattern| pattern.matches(name)).peekable();
                matching.peek().is_some() && !matching.any(|pattern| pattern.excludes)
            }
            Self::Hashed { salt, hash } => is_hash_of(salt, hash, name),
        }
    }
}

impl NamePattern {
    fn new(text: &str) -> Self {
        let (excludes, text) = match text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        Self {
            excludes,
            text: text.to_lowercase(),
        }
    }

    fn matches(&self, name: &str) -> bool {
        matches_pattern(&self.text, name)
    }
}

/// Hashes a name as `HashKnownHosts` does; `None` without random numbers for its salt.
pub(crate) fn hashed(name: &str) -> Option<String> {
    let mut salt = [0_u8; 20];
    getrandom::fill(&mut salt).ok()?;
    let mut mac = Hmac::<Sha1>::new_from_slice(&salt).ok()?;
    mac.update(name.as_bytes());
    let pattern = HostPatterns::HashedName {
        salt: salt.to_vec(),
        hash: mac.finalize().into_bytes().into(),
    };
    Some(pattern.to_string())
}

fn is_hash_of(salt: &[u8], hash: &[u8; 20], name: &str) -> bool {
    Hmac::<Sha1>::new_from_slice(salt).is_ok_and(|mut mac| {
        mac.update(name.as_bytes());
        mac.verify_slice(hash).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Names {
        Names::new(&text.parse().unwrap())
    }

    #[test]
    fn a_star_stands_for_any_text_and_a_question_mark_for_one_byte() {
        assert!(names("web*.example.com").include("web12.example.com"));
        assert!(names("*").include("anything"));
        assert!(names("web?").include("web1"));
        assert!(names("*a*b*").include("xxaxxbxx"));
        assert!(!names("web?").include("web"));
        assert!(!names("web?").include("web12"));
        assert!(!names("*.example.com").include("example.com"));
    }

    #[test]
    fn a_negation_excludes_whatever_else_matches() {
        let line = names("*.example.com,!db?.example.com");
        assert!(line.include("web1.example.com"));
        assert!(!line.include("db1.example.com"));
        assert!(!names("!db1").include("web1"));
    }

    #[test]
    fn names_compare_without_regard_to_case() {
        assert!(names("Web1.Example.COM").include(&lookup_name("WEB1.example.com", 22)));
        assert!(names("WEB*").include("web1"));
    }

    #[test]
    fn a_port_other_than_22_is_part_of_the_name() {
        assert_eq!(lookup_name("web1", 22), "web1");
        assert_eq!(lookup_name("web1", 2222), "[web1]:2222");
        assert!(names("[web1]:2222").include("[web1]:2222"));
        assert!(!names("web1").include("[web1]:2222"));
        assert!(names("[web*]:2222").include("[web1]:2222"));
    }

    #[test]
    fn a_hashed_name_is_the_hmac_of_the_name() {
        // Made by `ssh-keygen -H` for `[localhost]:2222` and `example.com` would differ at
        // every run: the salt is random.
        let line = names("|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg=");
        assert!(line.include("192.168.1.61"));
        assert!(!line.include("192.168.1.62"));
        let made = hashed("[web1]:2222").unwrap();
        assert!(
            names(&made).include("[web1]:2222") && !names(&made).include("web1"),
            "{made}"
        );
        assert_ne!(hashed("[web1]:2222").unwrap(), made);
    }
}
