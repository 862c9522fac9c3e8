//! Asking somebody for a secret.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use pogo_core::fleet::HostName;
use secrecy::SecretString;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Question<'a> {
    /// The passphrase of a key file. Asked when the first host needs the key, and once per file: the answer serves all.
    Passphrase {
        /// The file.
        file: &'a Path,
        /// 1, and one more each time an answer did not open the file; three at most.
        attempt: u32,
    },
    /// A question of a host during login (keyboard-interactive), such as for a one-time code.
    Prompt {
        /// The host; one on the way goes by its own name.
        host: &'a str,
        /// Who logs in.
        user: &'a str,
        /// What the host says before its questions, with the first of them; may be empty.
        instructions: &'a str,
        /// The host's words.
        text: &'a str,
        /// Whether the answer may be shown while it is typed.
        echo: bool,
    },
    /// The password that `sudo` asks for. Asked once per attempt, so whoever answers for many hosts remembers it.
    Sudo {
        /// The host.
        host: &'a HostName,
        /// Who is logged in.
        user: &'a str,
        /// Who the command runs as.
        run_as: &'a str,
    },
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoAnswer {
    /// Nobody is there to ask; the text says so, and how somebody could be.
    #[error("{0}")]
    Unavailable(String),
    /// Whoever was asked would not answer.
    #[error("nobody answered")]
    Declined,
}

/// Answers questions: on a terminal, from a vault, in a window.
///
/// Many hosts may ask at once, each on a thread of its own, which may wait as long as a person takes: connect timeouts
/// stand still meanwhile. Whoever shares one terminal among the threads takes one question at a time.
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

    /// Whether there can be an answer, without asking anybody. Called early, so that a job that needs one does not begin
    /// in vain.
    fn can_answer(&self, question: Question<'_>) -> Result<(), NoAnswer> {
        let _ = question;
        Ok(())
    }
}

/// Answers with a closure.
struct ClosurePrompter<F>(F);

impl<F: Fn(Question<'_>) -> Option<SecretString> + Send + Sync> Prompter for ClosurePrompter<F> {
    fn prompt(&self, question: Question<'_>) -> Result<SecretString, NoAnswer> {
        (self.0)(question).ok_or(NoAnswer::Declined)
    }
}

/// Whoever answers questions.
#[derive(Clone)]
pub(crate) struct SharedPrompter(Arc<dyn Prompter>);

impl SharedPrompter {
    pub(crate) fn new(prompter: impl Prompter + 'static) -> Self {
        Self(Arc::new(prompter))
    }

    pub(crate) fn of_closure(ask: impl Fn(Question<'_>) -> Option<SecretString> + Send + Sync + 'static) -> Self {
        Self::new(ClosurePrompter(ask))
    }

    /// The answer, if there is one. May take as long as a person does.
    pub(crate) fn ask(&self, question: Question<'_>) -> Option<SecretString> {
        self.answer(question).ok()
    }

    /// The answer, or why there is none. May take as long as a person does.
    pub(crate) fn answer(&self, question: Question<'_>) -> Result<SecretString, NoAnswer> {
        self.0.prompt(question)
    }

    /// Whether there can be an answer.
    pub(crate) fn can_answer(&self, question: Question<'_>) -> Result<(), NoAnswer> {
        self.0.can_answer(question)
    }
}

impl fmt::Debug for SharedPrompter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedPrompter")
    }
}
