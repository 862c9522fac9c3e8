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
    /// The passphrase of a key file. Asked once per file, when the file is read.
    Passphrase {
        /// The file.
        file: &'a Path,
    },
    /// A question of a host during login (keyboard-interactive), such as for a one-time code.
    Prompt {
        /// The host.
        host: &'a HostName,
        /// Who logs in.
        user: &'a str,
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

type Ask = dyn Fn(Question<'_>) -> Option<SecretString> + Send + Sync;

/// Whoever answers questions.
#[derive(Clone)]
pub(crate) struct Asker(Arc<Ask>);

impl Asker {
    pub(crate) fn new(ask: impl Fn(Question<'_>) -> Option<SecretString> + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }

    /// The answer, if there is one. May take as long as a person does.
    pub(crate) fn ask(&self, question: Question<'_>) -> Option<SecretString> {
        (self.0)(question)
    }
}

impl fmt::Debug for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asker")
    }
}
