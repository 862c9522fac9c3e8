//! What opens the next wave of a job.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What opens the next wave of a job once one is complete.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WaveGate {
    /// It opens by itself, when the bake time has passed. An order opens it earlier.
    #[default]
    Automatic,
    /// An order opens it ([`Order::Promote`](crate::scheduler::Order::Promote)), whatever the bake time.
    Manual,
}

impl WaveGate {
    /// Whether it opens by itself.
    pub fn is_automatic(&self) -> bool {
        *self == Self::Automatic
    }
}

impl fmt::Display for WaveGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Automatic => "automatic",
            Self::Manual => "manual",
        })
    }
}
