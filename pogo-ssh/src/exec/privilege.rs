//! As which user a command runs on its host.

use pogo_core::dispatcher::Attempt;
use pogo_core::plan::RunAs;

use super::marker::{Marker, random_word};
use crate::quote::{quote, quote_all};

/// As which user a command runs, and through which program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Privilege {
    /// As the user who is logged in.
    Login,
    /// As another user, through sudo: `run_as` names a user.
    Sudo {
        user: String,
        /// What sudo's prompt ends with, which nobody on the host knows before.
        secret_word: String,
        /// The start of every mark of the session.
        mark: String,
    },
    /// Through a program that takes a command as its last words: `run_as` names one.
    Through(Vec<String>),
}

impl Privilege {
    /// The privilege that an attempt asks for.
    pub(super) fn of(attempt: &Attempt, marker: &Marker) -> Self {
        match &attempt.exec_options.run_as {
            None => Self::Login,
            Some(RunAs::User(user)) => Self::Sudo {
                user: user.clone(),
                secret_word: random_word(),
                mark: marker.prefix(),
            },
            Some(RunAs::Through(words)) => {
                let named = words
                    .iter()
                    .map(|word| word.replace("{host}", attempt.host.name.as_str()));
                Self::Through(named.collect())
            }
            // What is not known is refused before; were it not, nothing may run as the user who is logged in.
            Some(_) => Self::Through(vec!["false".to_owned()]),
        }
    }

    /// What comes before the shell, as words of the shell of the user who is logged in.
    pub(super) fn command_prefix(&self) -> Option<String> {
        Some(match self {
            Self::Login => return None,
            Self::Sudo { user, .. } => format!("sudo -S -p {} -u {} --", quote(&self.prompt()), quote(user)),
            Self::Through(through) => quote_all(through.iter().map(String::as_str)),
        })
    }

    /// The script and its parameters for a shell of the user who is logged in, which runs this one.
    pub(super) fn script<'a>(&self, script: &'a str, parameters: &[&'a str]) -> (String, Vec<&'a str>) {
        let Some(through) = self.command_prefix() else {
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
    pub(super) fn password_wanted(&self, word: &str) -> Option<&str> {
        match self {
            Self::Sudo { user, secret_word, .. } if secret_word == word => Some(user),
            _ => None,
        }
    }

    /// What stands between the login and the command, for people.
    pub(super) fn program_name(&self) -> Option<&str> {
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
        let privilege = Privilege::Through(vec!["chroot".into(), "/srv/it's".into()]);
        let (script, parameters) = privilege.script("true", &["a b"]);
        assert_eq!(script, r#"exec 'chroot' '/srv/it'\''s' /bin/sh -c "$@""#);
        assert_eq!(parameters, ["true", "sh", "a b"]);
    }
}
