//! The user that a command runs as on its host.

use pogo_core::dispatcher::Attempt;
use pogo_core::plan::RunAs;

use super::marker::{Marker, random_word};
use crate::quote::{quote, quote_all};

/// The user that a command runs as, and the program that changes to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Privilege {
    /// The login user.
    Login,
    /// Another user, through sudo: `run_as` names a user.
    Sudo {
        user: String,
        /// The random word at the end of sudo's prompt.
        secret_word: String,
        /// The prefix of the session's marks.
        mark: String,
    },
    /// A program whose last arguments are a command: `run_as` names one.
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
            // Unknown kinds are refused earlier; if one got here, it must not run as the login user.
            Some(_) => Self::Through(vec!["false".to_owned()]),
        }
    }

    /// The words before `/bin/sh`, quoted for the login user's shell.
    pub(super) fn command_prefix(&self) -> Option<String> {
        Some(match self {
            Self::Login => return None,
            // With `-S`, sudo takes the password from standard input, since there mostly is no
            // terminal.
            Self::Sudo { user, .. } => format!("sudo -S -p {} -u {} --", quote(&self.prompt()), quote(user)),
            Self::Through(through) => quote_all(through.iter().map(String::as_str)),
        })
    }

    /// Wraps the script and its parameters for the login user's shell.
    pub(super) fn script<'a>(&self, script: &'a str, parameters: &[&'a str]) -> (String, Vec<&'a str>) {
        let Some(through) = self.command_prefix() else {
            return (script.to_owned(), parameters.to_vec());
        };
        let parameters = [&[script, "sh"], parameters].concat();
        (format!(r#"exec {through} /bin/sh -c "$@""#), parameters)
    }

    /// sudo's prompt, which is a mark.
    fn prompt(&self) -> String {
        match self {
            // With the line break that ends a mark: sudo adds none to its prompt.
            Self::Sudo { mark, secret_word, .. } => format!("{mark}password {secret_word}\n"),
            Self::Login | Self::Through(_) => String::new(),
        }
    }

    /// The user whose password sudo wants, if this word is from its own prompt.
    pub(super) fn password_wanted(&self, word: &str) -> Option<&str> {
        match self {
            Self::Sudo { user, secret_word, .. } if secret_word == word => Some(user),
            _ => None,
        }
    }

    /// The program between login and command, for messages.
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
