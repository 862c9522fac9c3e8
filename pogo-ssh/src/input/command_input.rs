//! The input of one session's command.

use std::sync::Arc;

use secrecy::SecretString;

use super::Content;

/// The input of a session's command: first the secret environment, then standard input.
#[derive(Debug, Clone, Default)]
pub(crate) struct CommandInput {
    pub(crate) secrets: Option<Arc<SecretString>>,
    pub(crate) stdin: Option<Arc<Content>>,
}

impl CommandInput {
    /// Whether there is no input at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.secrets.is_none() && self.stdin.is_none()
    }
}
