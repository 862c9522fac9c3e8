//! Why a snapshot cannot be restored.

use crate::scheduler::ContentNotLoaded;

/// The version of snapshots that this library writes, and the highest that it reads.
pub(super) const VERSION: u32 = 1;

/// A snapshot that cannot be restored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// A newer version of this library wrote it.
    #[error(
        "the snapshot is of version {found}, and this library reads up to {}; use the newer one",
        VERSION
    )]
    Newer {
        /// The version it says it is of.
        found: u32,
    },
    /// It names content that was not loaded.
    #[error("the snapshot cannot be restored: {0}")]
    Content(#[from] ContentNotLoaded),
    /// It contradicts itself.
    #[error("the snapshot is damaged: {message}; replay the journal from its beginning, or from an earlier snapshot")]
    Damaged {
        /// What is wrong with it.
        message: String,
    },
}

impl RestoreError {
    pub(super) fn damaged(message: impl ToString) -> Self {
        Self::Damaged {
            message: message.to_string(),
        }
    }
}
