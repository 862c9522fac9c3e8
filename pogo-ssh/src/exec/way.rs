//! Who runs what is run on a host.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use pogo_core::dispatcher::Attempt;
use pogo_core::plan::RunAs;

use super::script::MARK;
use crate::quote::{quote, quote_all};

/// The way from the login shell to a shell of the right user, in the right place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    /// The user who is logged in.
    Login,
    /// Another, through sudo.
    Sudo {
        user: String,
        /// What sudo's prompt ends with, which nobody on the host knows before.
        secret_word: String,
        /// The start of every mark of the attempt.
        mark: String,
    },
    /// Through a program that takes a command as its last words.
    Through(Vec<String>),
}

impl Way {
    /// The way to an attempt's command.
    pub(super) fn of(attempt: &Attempt) -> Self {
        match &attempt.invocation.run_as {
            None => Self::Login,
            Some(RunAs::User(user)) => Self::Sudo {
                user: user.clone(),
                secret_word: unheard_word(),
                mark: format!("{MARK} {} ", attempt.id),
            },
            Some(RunAs::Through(words)) => {
                let named = words
                    .iter()
                    .map(|word| word.replace("{host}", attempt.host.name.as_str()));
                Self::Through(named.collect())
            }
        }
    }

    /// A line for the login shell that runs this script, with these arguments.
    pub(crate) fn line(&self, script: &str, arguments: &[&str]) -> String {
        let shell = "/bin/sh -c";
        let words = quote_all([&[script, "sh"], arguments].concat());
        match self {
            Self::Login => format!("exec {shell} {words}"),
            Self::Sudo { user, .. } => format!(
                "exec sudo -S -p {} -u {} -- {shell} {words}",
                quote(&self.prompt()),
                quote(user)
            ),
            Self::Through(through) => {
                let through = quote_all(through.iter().map(String::as_str));
                format!("exec {through} {shell} {words}")
            }
        }
    }

    /// A mark that asks for the password.
    fn prompt(&self) -> String {
        match self {
            Self::Sudo { mark, secret_word, .. } => format!("{mark}password {secret_word}\n"),
            Self::Login | Self::Through(_) => String::new(),
        }
    }

    /// Whether a mark that asks for a password is sudo's own, and whose password it asks for.
    pub(super) fn asks_with(&self, word: &str) -> Option<&str> {
        match self {
            Self::Sudo { user, secret_word, .. } if secret_word == word => Some(user),
            _ => None,
        }
    }

    /// What stands between the login and the command, for people.
    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Login => None,
            Self::Sudo { .. } => Some("sudo"),
            Self::Through(words) => words.first().map(String::as_str),
        }
    }
}

/// A word that nobody can have heard of. The hashers of the standard library are keyed from the system's randomness.
fn unheard_word() -> String {
    let word = || RandomState::new().build_hasher().finish();
    format!("{:016x}{:016x}", word(), word())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prompt_has_a_word_of_its_own() {
        let words: std::collections::BTreeSet<String> = (0..100).map(|_| unheard_word()).collect();
        assert_eq!(words.len(), 100);
    }

    #[test]
    fn a_program_to_run_through_gets_the_shell_at_its_end() {
        let way = Way::Through(vec!["chroot".into(), "/srv/it's".into()]);
        assert_eq!(
            way.line("true", &["a b"]),
            r"exec 'chroot' '/srv/it'\''s' /bin/sh -c 'true' 'sh' 'a b'"
        );
    }
}
