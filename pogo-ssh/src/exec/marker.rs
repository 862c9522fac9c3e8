//! The prefix of marks in a host's standard error, and the shell text that prints them.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use pogo_core::scheduler::AttemptId;

/// The prefix of the marks of one session, or of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Marker(String);

impl Marker {
    /// The prefix for an attempt, predictable so that another process finds its marks.
    pub(crate) fn of(attempt: AttemptId) -> Self {
        Self(format!("pogo {attempt}"))
    }

    /// The prefix for an attempt with a word that distinguishes attempts of the same number.
    pub(crate) fn with_word(attempt: AttemptId, word: &str) -> Self {
        Self(format!("pogo {attempt} {word}"))
    }

    /// The prefix of one session, with a random word: what runs on the host cannot print its marks by
    /// accident, nor can another attempt of the same number.
    pub(crate) fn secret(attempt: AttemptId) -> Self {
        Self::with_word(attempt, &random_word())
    }

    /// The first bytes of each mark.
    pub(crate) fn prefix(&self) -> String {
        format!("\x1e{} ", self.0)
    }

    /// The format of a mark, for `printf` in double quotes.
    pub(super) fn format(&self, format: &str) -> String {
        format!(r"\036{} {format}\n", self.0)
    }

    /// Shell text that prints a mark on standard error, from which the transport removes it.
    pub(crate) fn print(&self, format: &str, words: &str) -> String {
        // The separator as an escape, so that the script itself, echoed by a shell with `set -v`,
        // is no mark.
        format!(r"printf '\036{} {format}\n' {words} >&2", self.0)
    }
}

/// A random word. The standard library keys its hashers from the system's randomness.
pub(super) fn random_word() -> String {
    let word = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", word(), word())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_a_new_one() {
        let words: std::collections::BTreeSet<String> = (0..100).map(|_| random_word()).collect();
        assert_eq!(words.len(), 100);
    }
}
