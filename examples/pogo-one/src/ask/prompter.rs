//! Answers the transport's questions from a file, a program or the terminal.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use pogo_ssh::{NoAnswer, Prompter, Question};
use secrecy::SecretString;

use super::askpass::Askpass;
use super::queue::PromptQueue;
use super::terminal::TerminalPrompter;

/// The prompter of the SSH transport.
pub(crate) struct CliPrompter {
    passphrase: Option<SecretString>,
    askpass: Option<Askpass>,
    terminal: Arc<TerminalPrompter>,
    turns: PromptQueue,
}

impl CliPrompter {
    pub(crate) fn new(
        passphrase: Option<SecretString>,
        askpass: Option<PathBuf>,
        terminal: Arc<TerminalPrompter>,
    ) -> Self {
        Self {
            passphrase,
            askpass: Askpass::find(askpass),
            terminal,
            turns: PromptQueue::default(),
        }
    }

    /// Whether any question can be answered.
    #[cfg(feature = "store")]
    pub(crate) fn is_of_use(&self) -> bool {
        self.passphrase.is_some() || self.askpass.is_some() || TerminalPrompter::are_there()
    }

    fn unavailable(question: Question<'_>) -> NoAnswer {
        let flags = match question {
            Question::Passphrase { .. } => "give --passphrase-file FILE or --askpass PROGRAM",
            Question::Sudo { .. } => "give --ask-sudo-password",
            _ => "give --askpass PROGRAM, or --password-file FILE for a password",
        };
        NoAnswer::Unavailable(format!("there is no terminal to ask on; {flags}"))
    }

    /// Asks on the terminal, or through the askpass program.
    fn ask(&self, topic: &str, prompt: &str, host: Option<&str>, echo: bool) -> Result<SecretString, NoAnswer> {
        let turn = self.turns.wait(topic);
        match self
            .askpass
            .as_ref()
            .filter(|askpass| askpass.always || !TerminalPrompter::are_there())
        {
            Some(askpass) => askpass
                .ask(prompt, host)
                .map_err(|error| NoAnswer::Unavailable(format!("{} gave no answer: {error}", askpass.name()))),
            None => {
                if let Some(hosts) = turn.more_hosts {
                    self.terminal.print(&format!("{hosts} hosts ask for: {topic}"));
                }
                self.terminal.ask(prompt, echo).map_err(|error| match error.kind() {
                    io::ErrorKind::Interrupted | io::ErrorKind::UnexpectedEof => NoAnswer::Declined,
                    _ => NoAnswer::Unavailable(format!("the terminal cannot be asked: {error}")),
                })
            }
        }
    }
}

impl Prompter for CliPrompter {
    fn prompt(&self, question: Question<'_>) -> Result<SecretString, NoAnswer> {
        self.can_answer(question)?;
        match question {
            Question::Passphrase { file, attempt } => {
                if let Some(passphrase) = &self.passphrase {
                    return match attempt {
                        1 => Ok(passphrase.clone()),
                        _ => Err(NoAnswer::Unavailable(
                            "the passphrase of --passphrase-file does not open it".to_owned(),
                        )),
                    };
                }
                let prompt = match attempt {
                    1 => format!("Enter passphrase for key '{}': ", file.display()),
                    _ => format!("Bad passphrase, try again for '{}': ", file.display()),
                };
                let passphrase = self.ask(&prompt, &prompt, None, false)?;
                // As for `ssh`: nothing is to leave the key alone.
                match secrecy::ExposeSecret::expose_secret(&passphrase).is_empty() {
                    true => Err(NoAnswer::Declined),
                    false => Ok(passphrase),
                }
            }
            Question::Prompt {
                host,
                user,
                instructions,
                text,
                echo,
            } => {
                let before = match instructions {
                    "" => String::new(),
                    said => format!("({user}@{host}) {said}\n"),
                };
                let topic = text.trim().trim_end_matches(':');
                let prompt = format!("({user}@{host}) {text}");
                self.ask(topic, &format!("{before}{prompt}"), Some(host), echo)
            }
            other => Err(Self::unavailable(other)),
        }
    }

    fn can_answer(&self, question: Question<'_>) -> Result<(), NoAnswer> {
        let has_passphrase = self.passphrase.is_some() && matches!(question, Question::Passphrase { .. });
        let is_sudo = matches!(question, Question::Sudo { .. });
        match !is_sudo && (has_passphrase || self.askpass.is_some() || TerminalPrompter::are_there()) {
            true => Ok(()),
            false => Err(Self::unavailable(question)),
        }
    }
}
