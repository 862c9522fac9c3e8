//! What one session is given to read.

use std::sync::Arc;

use secrecy::SecretString;

use super::Content;

/// What the command of a session is given to read: first its secrets, then its standard input.
#[derive(Debug, Clone, Default)]
pub(crate) struct CommandInput {
    pub(crate) secrets: Option<Arc<SecretString>>,
    pub(crate) stdin: Option<Arc<Content>>,
}

impl CommandInput {
    /// Whether it reads nothing at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.secrets.is_none() && self.stdin.is_none()
    }
}
