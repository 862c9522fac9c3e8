//! Requests without an answer, and what that means to whoever asked.

use pogo_core::journal::JournalError;

use super::ThreadPanicked;

/// What a server said to a request of an owner; or that it failed.
pub(crate) type Answer<T> = Result<Result<T, JournalError>, Failed>;

/// A request to a server that gave no answer that is one.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) message: String,
    pub(crate) stage: FailedStage,
}

/// How far a request came. It decides what its owner may believe of it, and whether the connection is used further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailedStage {
    /// Nothing was sent.
    NotSent,
    /// The server says itself that it did nothing. The connection can be used further.
    Refused,
    /// The connection broke: the request may have been carried out, or may still be.
    Broken,
    /// It was waited for long enough. It may have been carried out, or may still be.
    Late,
}

impl Failed {
    /// Nothing was sent.
    pub(crate) fn before(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            stage: FailedStage::NotSent,
        }
    }

    /// Whether it is certain that nothing was done.
    pub(crate) fn did_nothing(&self) -> bool {
        matches!(self.stage, FailedStage::NotSent | FailedStage::Refused)
    }

    /// Of a request that may have been carried out.
    pub(crate) fn unknown(self) -> JournalError {
        if self.did_nothing() {
            return self.unavailable();
        }
        JournalError::Unknown { message: self.message }
    }

    /// Of a request that may be sent again in any case.
    pub(crate) fn unavailable(self) -> JournalError {
        JournalError::Unavailable { message: self.message }
    }
}

impl From<ThreadPanicked> for Failed {
    fn from(_: ThreadPanicked) -> Self {
        Self::before(ThreadPanicked::MESSAGE)
    }
}
