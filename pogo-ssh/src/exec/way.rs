//! Who runs what is run on a host.

use pogo_core::dispatcher::Attempt;
use pogo_core::plan::RunAs;

use super::marker::{Marker, unheard_word};
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
        /// The start of every mark of the session.
        mark: String,
    },
    /// Through a program that takes a command as its last words.
    Through(Vec<String>),
}

impl Way {
    /// The way to an attempt's command.
    pub(super) fn of(attempt: &Attempt, marker: &Marker) -> Self {
        match &attempt.invocation.run_as {
            None => Self::Login,
            Some(RunAs::User(user)) => Self::Sudo {
                user: user.clone(),
                secret_word: unheard_word(),
                mark: marker.prefix(),
            },
            Some(RunAs::Through(words)) => {
                let named = words
                    .iter()
                    .map(|word| word.replace("{host}", attempt.host.name.as_str()));
                Self::Through(named.collect())
            }
        }
    }

    /// What comes before the shell, as words of the shell of the user who is logged in.
    pub(super) fn words(&self) -> Option<String> {
        Some(match self {
            Self::Login => return None,
            Self::Sudo { user, .. } => format!("sudo -S -p {} -u {} --", quote(&self.prompt()), quote(user)),
            Self::Through(through) => quote_all(through.iter().map(String::as_str)),
        })
    }

    /// The script and its parameters for a shell of the user who is logged in, which runs this one.
    pub(super) fn script<'a>(&self, script: &'a str, parameters: &[&'a str]) -> (String, Vec<&'a str>) {
        let Some(through) = self.words() else {
            return (script.to_owned(), parameters.to_vec());
        };
        let parameters = [&[script, "sh"], parameters].concat();
        (format!(r#"exec {through} /bin/sh -c "$@""#), parameters)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_to_run_through_gets_the_shell_at_its_end() {
        let way = Way::Through(vec!["chroot".into(), "/srv/it's".into()]);
        let (script, parameters) = way.script("true", &["a b"]);
        assert_eq!(script, r#"exec 'chroot' '/srv/it'\''s' /bin/sh -c "$@""#);
        assert_eq!(parameters, ["true", "sh", "a b"]);
    }
}
