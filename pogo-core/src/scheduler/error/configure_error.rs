//! Why a fleet and policy cannot be applied.

use crate::fleet::{FleetError, ResolveError};
use crate::plan::PlanError;
use crate::scheduler::Freeze;

/// Why a fleet and policy cannot be applied.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigureError {
    /// The policy does not fit the fleet, or no longer fits an unfinished job.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A freeze names what the fleet does not have.
    #[error("`{}` is frozen, {freeze}: {error}; thaw it, or keep what it names in the fleet", freeze.hosts)]
    Frozen {
        /// The freeze.
        freeze: Box<Freeze>,
        /// What the fleet does not have.
        error: Box<ResolveError>,
    },
    /// The fleet does not fit hosts that are still running.
    #[error(transparent)]
    Fleet(#[from] FleetError),
}
