//! The fleet and the policy of a namespace, and when a job may change them.

use std::sync::Arc;

use pogo_api::wire::{Configuration, ProblemKind};
use pogo_api::{ClientError, Condition, NamespaceClient, Revision};
use pogo_core::fleet::Fleet;
use pogo_core::inventory::FleetDiff;
use pogo_core::policy::Policy;
use pogo_core::scheduler::Order;

use super::{Place, client_error, connect_to_ask};
use crate::cli::Targets;
use crate::exit::CliError;
use crate::unlisted::with_targets;

/// The fleet and the policy that a job is to run under.
#[derive(Debug, Clone)]
pub(crate) struct NewConfiguration {
    pub(crate) fleet: Arc<Fleet>,
    pub(crate) policy: Arc<Policy>,
}

impl NewConfiguration {
    /// What the namespace goes by, with the targets that no inventory lists where it has none, or where that is
    /// allowed.
    pub(crate) fn in_force(known: &Configuration, targets: &Targets, allow_unlisted: bool) -> Result<Self, CliError> {
        let fleet = known.fleet.clone().unwrap_or_default();
        let has_inventory = fleet.tags().next().is_some() || *known.policy != Policy::default();
        let fleet = with_targets(fleet, targets, !has_inventory || allow_unlisted)?;
        let policy = Arc::clone(&known.policy);
        Ok(Self { fleet, policy })
    }

    /// What changes in the namespace, as lines; `None` if nothing does.
    fn difference(&self, known: &Configuration) -> Option<(FleetDiff, String)> {
        let none = Arc::default();
        let fleet = known.fleet.as_ref().unwrap_or(&none);
        if *fleet == self.fleet && known.policy == self.policy {
            return None;
        }
        let diff = FleetDiff::between(fleet, &self.fleet);
        let mut lines = diff.to_string();
        if known.policy != self.policy {
            lines.push_str("the policy is another\n");
        }
        Some((diff, lines))
    }
}

/// What a namespace goes by, if somebody ever dispatched in it.
pub(crate) fn known_configuration(place: &Place) -> Result<Option<Configuration>, CliError> {
    if !place.was_owned() {
        return Ok(None);
    }
    let runtime = tokio::runtime::Runtime::new().map_err(CliError::broken)?;
    runtime.block_on(async {
        let asked = connect_to_ask(place).await?;
        asked.client.configuration().await.map(Some).map_err(client_error)
    })
}

/// Applies a configuration that differs from the one in force, and returns the revision that it is; `None` if somebody
/// else was faster, and what is in force has to be read again. While another job is not finished, hosts may be added
/// and nothing else may change: that job goes by the rules that it was submitted under.
pub(crate) async fn configure(
    client: &NamespaceClient,
    (known, revision): (&Configuration, Revision),
    new: &NewConfiguration,
) -> Result<Option<Revision>, CliError> {
    let Some((diff, lines)) = new.difference(known) else {
        return Ok(Some(revision));
    };
    let only_adds = known.policy == new.policy && diff.removed.is_empty() && diff.changed.is_empty();
    let condition = Condition::new().revision(revision);
    let condition = if only_adds { condition } else { condition.idle() };
    let (fleet, policy) = (Arc::clone(&new.fleet), Arc::clone(&new.policy));
    match client.execute_if(condition, Order::Configure { fleet, policy }).await {
        Ok(_) => {}
        Err(error) if is_changed(&error) => return Ok(None),
        Err(ClientError::Refused(problem)) if problem.kind == ProblemKind::JobsUnfinished => {
            return Err(CliError::usage(format!(
                "{}, and hosts and rules given here differ from those:\n\
                 {lines}wait for the end of what runs, or leave -c and -i out to go by what is in force",
                problem.detail
            )));
        }
        Err(error) => return Err(client_error(error)),
    }
    let (in_force, revision) = client.configuration_revision().await.map_err(client_error)?;
    Ok(new.difference(&in_force).is_none().then_some(revision))
}

/// Whether an order was refused because fleet or policy are others by now.
pub(crate) fn is_changed(error: &ClientError) -> bool {
    let problem = error.problem();
    problem.is_some_and(|problem| problem.kind == ProblemKind::ConfigurationChanged)
}
