//! What starts our own marks in a host's standard error, and the shell text that writes them.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use pogo_core::scheduler::AttemptId;

/// What starts the marks of one execution, or of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Marker(String);

impl Marker {
    /// Marks of an attempt that another process may have to find.
    pub(crate) fn of(attempt: AttemptId) -> Self {
        Self(format!("pogo {attempt}"))
    }

    /// Marks of an attempt, with a word that tells them from those of another one of this number.
    pub(crate) fn with_word(attempt: AttemptId, word: &str) -> Self {
        Self(format!("pogo {attempt} {word}"))
    }

    /// Marks of one execution, with a word that nothing on the host knows before: what runs there cannot write them by
    /// accident, nor by being another attempt of the same number.
    pub(crate) fn secret(attempt: AttemptId) -> Self {
        Self::with_word(attempt, &random_word())
    }

    /// The first bytes of each mark.
    pub(crate) fn prefix(&self) -> String {
        format!("\x1e{} ", self.0)
    }

    /// Shell text that writes a mark: a line on standard error that the transport takes out again.
    pub(crate) fn print(&self, format: &str, words: &str) -> String {
        format!(r"printf '\036{} {format}\n' {words} >&2", self.0)
    }
}

/// A word that nobody can have heard of. The hashers of the standard library are keyed from the system's randomness.
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
