//! Whose attempt it is, in the words of the host's record.

use std::fmt::Write;

use pogo_core::dispatcher::Attempt;
use pogo_core::scheduler::Phase;
use sha2::{Digest, Sha256};

/// An attempt's name in the record: numbers compare within one namespace, and one incarnation of it by one restore.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LockKey {
    /// Namespace, incarnation and restore as a part of a file name.
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
            namespace: format!(
                "{}.{}{}",
                file_word(&attempt.namespace),
                attempt.incarnation,
                restore_suffix(attempt)
            ),
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

/// What distinguishes the attempt's number from that of another restore of the same copy; empty before the first
/// restore, and where its store says no more.
pub(crate) fn restore_suffix(attempt: &Attempt) -> String {
    attempt.restore.map(|restore| format!("-{restore}")).unwrap_or_default()
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
    // An empty namespace has to be a word too, or the words behind it would move up in the record.
    if word.is_empty() {
        return "%".to_owned();
    }
    if word.len() <= LONGEST_NAME {
        return word;
    }
    // Shortened by cutting, two long names would share one record.
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
    use pogo_core::plan::RemoteCommand;
    use pogo_core::scheduler::{AttemptId, RestoreId};
    use pogo_core::testing::TestAttempt;
    use proptest::prelude::*;

    use super::*;

    fn attempt(number: u64, incarnation: u64, restore: Option<u64>) -> Attempt {
        let mut attempt = TestAttempt::at("web1", RemoteCommand::shell("true")).0;
        attempt.id = AttemptId::new(number);
        (attempt.incarnation, attempt.restore) = (incarnation, restore.map(RestoreId));
        attempt
    }

    #[test]
    fn numbers_of_one_incarnation_and_another_restore_are_others() {
        let key = |restore| LockKey::of(&attempt(17, 1, restore), Phase::Connect);
        assert_eq!(key(None).words(), "default.1 17 1");
        assert_eq!(key(Some(0x7c1e)).words(), "default.1-0000000000007c1e 17 1");
        assert_ne!(key(Some(1)), key(Some(2)));
        assert_eq!(shown_key(&key(Some(1)).namespace), "default");
    }

    #[test]
    fn the_longest_key_leaves_room_for_the_longest_end() {
        // No incarnation is later than this one.
        let last = 1 << 30;
        let mut attempt = attempt((last + 1) << 31, last, Some(u64::MAX));
        attempt.namespace = "n".repeat(LONGEST_NAME).into();
        let key = LockKey::of(&attempt, Phase::Connect).words();
        let (number, boot) = (attempt.id.number(), "00000000-0000-0000-0000-000000000000");
        let line =
            format!("1 {key} {number} {boot} 4194304 group 100000000000 1000000000 ended post_hook killed RTMIN+15");
        assert!(line.len() <= 255, "{}", line.len());
    }

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
