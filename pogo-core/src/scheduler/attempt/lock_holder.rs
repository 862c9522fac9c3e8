//! Who keeps a host busy.

use serde::{Deserialize, Serialize};

use crate::scheduler::AttemptId;

/// The attempt that holds the lock of a host, by what the host says: of this namespace or of another one, whose
/// numbers are its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct LockHolder {
    /// Its namespace.
    pub namespace: String,
    /// Its number there.
    pub attempt: AttemptId,
}

impl LockHolder {
    /// An attempt of a namespace.
    pub fn new(namespace: impl Into<String>, attempt: AttemptId) -> Self {
        Self {
            namespace: namespace.into(),
            attempt,
        }
    }
}
