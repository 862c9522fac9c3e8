//! Queries tag resolvers before fleets and jobs reach the scheduler.

use std::sync::Arc;

use futures::lock::Mutex;

use super::{OrderError, ResolverQueries, Resolvers};
use crate::fleet::{Fleet, FleetBuilder};
use crate::plan::{JobSpec, Plan};
use crate::policy::Policy;
use crate::scheduler::{ConfigureError, InputError, Scheduler};

/// The resolvers of a dispatcher, shared by its handles.
#[derive(Default)]
pub(super) struct Resolution {
    pub(super) resolvers: Option<Resolvers>,
    /// The last configured fleet. Locked while resolvers are queried, so that a submission and a change of the fleet
    /// cannot undo each other's additions.
    pub(super) given: Mutex<Option<GivenFleet>>,
}

/// A fleet as configured, and with answers, as the scheduler has it. Answers are added to the former each time, so that
/// outdated ones disappear.
pub(super) struct GivenFleet {
    pub(super) given: Arc<Fleet>,
    pub(super) answered: Arc<Fleet>,
}

/// The scheduler's data that a query needs.
pub(super) struct ResolutionInput {
    queries: ResolverQueries,
    policy: Arc<Policy>,
    configured: Option<Arc<Fleet>>,
}

impl ResolutionInput {
    /// Everything that this policy, unfinished jobs and freezes name.
    pub(super) fn of(scheduler: &Scheduler, policy: Option<Arc<Policy>>) -> Self {
        let policy = policy.unwrap_or_else(|| Arc::clone(scheduler.policy()));
        let mut queries = ResolverQueries::of(&policy);
        for job in scheduler.jobs().filter(|job| !job.status().is_over()) {
            queries = queries.and_job(job.spec());
        }
        // Freezes and unfinished jobs too: without an answer for them the new fleet would be
        // refused.
        for freeze in scheduler.freezes() {
            queries = queries.and(&freeze.hosts);
        }
        Self {
            queries,
            policy,
            configured: scheduler.configured_fleet().cloned(),
        }
    }
}

impl Resolution {
    /// The fleet with answers to everything that is asked.
    pub(super) async fn configured(
        &self,
        given: &Arc<Fleet>,
        asked: &ResolutionInput,
    ) -> Result<Arc<Fleet>, OrderError> {
        self.answered(given, &asked.queries).await
    }

    async fn answered(&self, given: &Arc<Fleet>, queries: &ResolverQueries) -> Result<Arc<Fleet>, OrderError> {
        match &self.resolvers {
            Some(resolvers) if !queries.is_empty() => {
                let fleet = resolvers.answer(queries, FleetBuilder::from(given.as_ref())).await?;
                let fleet = fleet.build().map_err(ConfigureError::Fleet);
                Ok(Arc::new(fleet.map_err(InputError::Configure)?))
            }
            _ => Ok(Arc::clone(given)),
        }
    }

    /// The fleet in which this job's targets are known. The job has been tried on it, so that nothing is configured for
    /// a job that is then refused.
    pub(super) async fn submitted(
        &self,
        last: &mut Option<GivenFleet>,
        asked: ResolutionInput,
        spec: &JobSpec,
    ) -> Result<Arc<Fleet>, OrderError> {
        let configured = asked.configured.unwrap_or_default();
        // The scheduler may have been configured otherwise: by another handle, or by the previous dispatcher.
        let known = last.take().filter(|last| last.answered == configured);
        let given = known.map_or_else(|| Arc::clone(&configured), |last| last.given);
        let answered = self.answered(&given, &asked.queries.and_job(spec)).await?;
        Plan::compile(&answered, &asked.policy, spec).map_err(InputError::Plan)?;
        *last = Some(GivenFleet {
            given,
            answered: Arc::clone(&answered),
        });
        Ok(answered)
    }
}
