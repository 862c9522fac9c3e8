//! What an order to hold hosts does where that is not possible at once.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What happens where a host cannot be [held](crate::scheduler::Order::Hold) at once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HoldMode {
    /// The whole order is refused, and nothing is held.
    #[default]
    Immediate,
    /// The hold waits in line, among the tasks of jobs.
    Wait,
}

impl fmt::Display for HoldMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Immediate => "immediate",
            Self::Wait => "wait",
        })
    }
}
