//! The policy for a host whose attempt ended unknown.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The policy for a host whose attempt ended unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OnDoubt {
    /// It stays in doubt until an operator decides.
    #[default]
    Fail,
    /// It is tried again like a failed one, although the command may then happen twice. A host where no lock keeps two
    /// attempts apart stays in doubt, if the attempt was [permitted to
    /// begin](crate::scheduler::TaskEventKind::Permitted) there.
    Retry,
}

impl fmt::Display for OnDoubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fail => "fail",
            Self::Retry => "retry",
        })
    }
}
