//! Questions to a person: passphrases, login prompts, sudo passwords.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use pogo_core::fleet::HostName;
use secrecy::SecretString;

/// A question to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Question<'a> {
    /// The passphrase of a key file. Asked once per file, when the first host accepts the key; the answer is used for
    /// all.
    Passphrase {
        /// The file.
        file: &'a Path,
        /// 1 for the first question, 2 and 3 after wrong answers.
        attempt: u32,
    },
    /// A prompt of a host during login (keyboard-interactive), such as for a one-time code.
    Prompt {
        /// The host, or the jump host.
        host: &'a str,
        /// The login user.
        user: &'a str,
        /// The host's instructions, with the first prompt only; may be empty.
        instructions: &'a str,
        /// The host's prompt.
        text: &'a str,
        /// Whether the answer may be shown while it is typed.
        echo: bool,
    },
    /// The sudo password. Asked once per attempt, so a prompter for many hosts should cache it.
    Sudo {
        /// The host.
        host: &'a HostName,
        /// The login user.
        user: &'a str,
        /// The user that the command runs as.
        run_as: &'a str,
    },
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoAnswer {
    /// There is nobody to ask; the text says why, and the cure.
    #[error("{0}")]
    Unavailable(String),
    /// The person declined to answer.
    #[error("nobody answered")]
    Declined,
}

/// Answers questions: on a terminal, from a vault, in a window.
///
/// Called for many hosts at once, each on its own thread, and may block as long as a person takes: connect timeouts
/// are paused meanwhile. An implementation for a terminal serializes its questions.
///
/// ```
/// use pogo_ssh::{NoAnswer, Prompter, Question, SecretString, SshTransport};
///
/// struct Vault;
///
/// impl Prompter for Vault {
///     fn prompt(&self, question: Question<'_>) -> Result<SecretString, NoAnswer> {
///         match question {
///             Question::Passphrase { file, attempt: 1 } => Ok(format!("the secret of {}", file.display()).into()),
///             _ => Err(NoAnswer::Unavailable("the vault knows passphrases only".to_owned())),
///         }
///     }
/// }
///
/// let settings = SshTransport::builder().prompter(Vault);
/// ```
pub trait Prompter: Send + Sync {
    /// The answer.
    fn prompt(&self, question: Question<'_>) -> Result<SecretString, NoAnswer>;

    /// Whether an answer is possible, without asking anybody. Called early, so that a job that needs one does not begin
    /// in vain.
    fn can_answer(&self, question: Question<'_>) -> Result<(), NoAnswer> {
        let _ = question;
        Ok(())
    }
}

impl<P: Prompter + ?Sized> Prompter for Arc<P> {
    fn prompt(&self, question: Question<'_>) -> Result<SecretString, NoAnswer> {
        P::prompt(self, question)
    }

    fn can_answer(&self, question: Question<'_>) -> Result<(), NoAnswer> {
        P::can_answer(self, question)
    }
}

/// Answers with a closure.
struct ClosurePrompter<F>(F);

impl<F: Fn(Question<'_>) -> Option<SecretString> + Send + Sync> Prompter for ClosurePrompter<F> {
    fn prompt(&self, question: Question<'_>) -> Result<SecretString, NoAnswer> {
        (self.0)(question).ok_or(NoAnswer::Declined)
    }
}

/// A prompter shared by all attempts.
#[derive(Clone)]
pub(crate) struct SharedPrompter(Arc<dyn Prompter>);

impl SharedPrompter {
    pub(crate) fn new(prompter: impl Prompter + 'static) -> Self {
        Self(Arc::new(prompter))
    }

    pub(crate) fn of_closure(ask: impl Fn(Question<'_>) -> Option<SecretString> + Send + Sync + 'static) -> Self {
        Self::new(ClosurePrompter(ask))
    }

    /// Asks, discarding the reason for a missing answer. Blocks.
    pub(crate) fn ask(&self, question: Question<'_>) -> Option<SecretString> {
        self.answer(question).ok()
    }

    /// Asks. Blocks.
    pub(crate) fn answer(&self, question: Question<'_>) -> Result<SecretString, NoAnswer> {
        self.0.prompt(question)
    }

    /// Whether an answer is possible.
    pub(crate) fn can_answer(&self, question: Question<'_>) -> Result<(), NoAnswer> {
        self.0.can_answer(question)
    }
}

impl fmt::Debug for SharedPrompter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedPrompter")
    }
}
