//! Whose attempt it is, in the words of the host's record.

use std::fmt::Write;

use pogo_core::dispatcher::Attempt;
use pogo_core::scheduler::Phase;
use sha2::{Digest, Sha256};

/// An attempt's name in the record: numbers compare within one namespace and incarnation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LockKey {
    /// Namespace and incarnation as a part of a file name.
    pub(crate) namespace: String,
    /// The attempt's number.
    pub(crate) number: u64,
    /// Which of its sessions, in their order.
    pub(crate) part: u8,
}

/// No longer name is written out: a record has 255 bytes.
const LONGEST_NAME: usize = 64;

impl LockKey {
    /// That of the attempt's session that starts with this phase.
    pub(crate) fn of(attempt: &Attempt, first: Phase) -> Self {
        Self {
            namespace: format!("{}.{}", file_word(&attempt.namespace), attempt.incarnation),
            number: attempt.id.number(),
            // On a terminal each step is a session of its own, and passes the gate by itself. A part
            // that the host has seen is refused.
            part: match first {
                Phase::Connect | Phase::PreHook => 1,
                Phase::Command => 2,
                _ => 3,
            },
        }
    }

    /// The words of the record.
    pub(crate) fn words(&self) -> String {
        format!("{} {} {}", self.namespace, self.number, self.part)
    }
}

/// A name as a word that may be part of any file name, and stands for exactly this name.
fn file_word(name: &str) -> String {
    let mut word = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') {
            word.push(char::from(byte));
        } else {
            // Writing to a string never fails.
            let _ = write!(word, "%{byte:02x}");
        }
    }
    if word.is_empty() {
        return "%".to_owned();
    }
    if word.len() <= LONGEST_NAME {
        return word;
    }
    let digest = Sha256::digest(name.as_bytes());
    digest.iter().take(16).fold("%%".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The namespace in a word of the record, for a person.
pub(crate) fn shown_key(word: &str) -> &str {
    let name = word.rsplit_once('.').map_or(word, |(name, _)| name);
    if name.bytes().all(|byte| byte.is_ascii_graphic()) {
        name
    } else {
        "another"
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_name_is_a_short_word_of_plain_bytes_and_no_other_names_is(
            one in "[^\\x00]{0,80}",
            other in "[^\\x00]{0,80}"
        ) {
            let word = file_word(&one);
            prop_assert!((1..=LONGEST_NAME).contains(&word.len()));
            prop_assert!(word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_%".contains(&byte)), "{}", word);
            prop_assert_eq!(one == other, word == file_word(&other));
        }
    }
}
