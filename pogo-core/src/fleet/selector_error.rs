//! Why a text is not a selector.

/// Text that is not a selector or a host range.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SelectorError {
    offset: usize,
    message: String,
}

impl SelectorError {
    pub(super) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self {
            offset,
            message: message.into(),
        }
    }

    /// Where in the text it went wrong, in bytes.
    pub fn offset(&self) -> usize {
        self.offset
    }
}
