//! Targets that no inventory lists.

#[cfg(feature = "store")]
use std::sync::Arc;

use pogo_core::fleet::{Fleet, FleetBuilder};

use crate::cli::{Login, Targets};
use crate::exit::CliError;

/// A fleet with the logins of the targets, and with targets that it lacks where these need not be listed.
#[cfg(feature = "store")]
pub(crate) fn with_targets(fleet: Arc<Fleet>, targets: &Targets, unlisted: bool) -> Result<Arc<Fleet>, CliError> {
    if !unlisted && targets.logins.is_empty() {
        return Ok(fleet);
    }
    let more = more_hosts(&fleet, targets, unlisted)?;
    Ok(Arc::new(more.build().map_err(CliError::usage)?))
}

/// As a builder, to which more may be added.
pub(crate) fn more_hosts(fleet: &Fleet, targets: &Targets, unlisted: bool) -> Result<FleetBuilder, CliError> {
    let mut more = FleetBuilder::from(fleet);
    if unlisted {
        more = more.unlisted(&targets.selector);
    }
    Login::apply(&targets.logins, more).map_err(CliError::usage)
}
