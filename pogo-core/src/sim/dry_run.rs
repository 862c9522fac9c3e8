//! A job, tried on a copy of a namespace.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::what_if::Scenario;
use super::{History, TaskTimes, World};
use crate::fleet::{HostName, Selector, fold};
use crate::plan::JobSpec;
use crate::scheduler::{InputError, JobId, Obstacle, PageLimit, Query, Scheduler, Slots, SlotsQuery, TaskState, View};

/// What a job would meet if it were submitted now: who holds slots of its limits, which of its hosts start at once,
/// which later, and which never as things are.
///
/// ```
/// use std::sync::Arc;
/// use pogo_core::Timestamp;
/// use pogo_core::fleet::Fleet;
/// use pogo_core::plan::{JobSpec, RemoteCommand};
/// use pogo_core::policy::{Constraint, Policy, Rule};
/// use pogo_core::scheduler::{Order, Scheduler};
/// use pogo_core::sim::{DryRun, World};
///
/// let fleet = Arc::new(Fleet::builder().tagged("web", "web[1-4]").build()?);
/// let limit = Constraint::new("$web".parse()?, Rule::MaxParallel("2".parse()?));
/// let (now, policy) = (Timestamp::EPOCH, Arc::new(Policy::new().constraint(limit)));
/// let mut namespace = Scheduler::new();
/// namespace.handle(now, Order::Configure { fleet, policy })?;
/// namespace.handle(now, Order::MarkDown { host: "web4".parse()? }.because("burnt"))?;
///
/// let job = JobSpec::new("web[1-3]".parse()?, RemoteCommand::shell("restart"));
/// let dry_run = DryRun::of(World::of(namespace, now), job)?;
/// assert_eq!(dry_run.held[0].holders[0].host.as_str(), "web4");
/// assert_eq!(dry_run.starts.len(), 1); // of two slots one is held
/// assert_eq!(dry_run.later.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct DryRun {
    /// Limits of its hosts of which slots are taken now, and who has them; the first [few](Self::MOST_LIMITS).
    pub held: Vec<Slots>,
    /// Its hosts that start when it is submitted.
    #[serde(serialize_with = "folded")]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub starts: Vec<HostName>,
    /// Those that start later, if all that runs succeeds.
    #[serde(serialize_with = "folded")]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub later: Vec<HostName>,
    /// Those that do not start although all that runs succeeds.
    #[serde(serialize_with = "folded")]
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub blocked: Vec<HostName>,
    /// What holds them back, and what clears it.
    pub blockers: Vec<Obstacle>,
}

impl DryRun {
    /// How many limits it lists.
    pub const MOST_LIMITS: usize = 100;

    /// Runs the job in this world, in which all of its hosts succeed in a moment.
    ///
    /// # Errors
    /// Submitting it would be refused.
    pub fn of(world: World, spec: JobSpec) -> Result<Self, InputError> {
        let held = held(world.scheduler(), &spec.targets);
        let job = world.scheduler().next_job();
        // Shorter than any time limit.
        let world = world.task_times(TaskTimes::Fixed(Duration::from_millis(1)));
        let history = Scenario::new(world, spec).history(0)?;
        let starts = first(&history, job);
        let (mut later, mut blocked) = (vec![], vec![]);
        for result in history.scheduler.job(job).into_iter().flat_map(|job| job.results()) {
            match result.state {
                TaskState::Waiting => blocked.push(result.host),
                _ if starts.contains(&result.host) => {}
                _ => later.push(result.host),
            }
        }
        let blockers = history.scheduler.job(job).map(|job| job.blockers());
        Ok(Self {
            held,
            starts: starts.into_iter().collect(),
            later,
            blocked,
            blockers: blockers.unwrap_or_default(),
        })
    }

    /// Whether it meets nobody, and all of its hosts start sooner or later.
    pub fn is_free(&self) -> bool {
        self.held.is_empty() && self.blocked.is_empty()
    }
}

/// Limits that count any of these hosts and of which slots are taken.
fn held(namespace: &Scheduler, hosts: &Selector) -> Vec<Slots> {
    let mut query = SlotsQuery::new()
        .of(hosts.clone())
        .limit(PageLimit::new(PageLimit::MAX));
    let mut held = vec![];
    // What is wrong with the hosts is said when the job is submitted.
    while let Ok(View::Slots(page)) = namespace.view(namespace.now(), &Query::Slots(query.clone())) {
        held.extend(page.entries.into_iter().filter(is_used));
        match page.next.filter(|_| held.len() < DryRun::MOST_LIMITS) {
            Some(next) => query = query.after(next),
            None => break,
        }
    }
    held.truncate(DryRun::MOST_LIMITS);
    held
}

fn is_used(slots: &Slots) -> bool {
    let usage = &slots.usage;
    usage.running > 0 || usage.rule.counts_unavailable() && usage.unavailable > 0
}

/// The hosts of a job that start when it is submitted, in the order of their names.
fn first(history: &History, job: JobId) -> BTreeSet<HostName> {
    let submitted = history
        .records
        .iter()
        .find(|record| record.event.submitted() == Some(job));
    let at = submitted.map(|record| record.at);
    let at_once = history.records.iter().filter(|record| Some(record.at) == at);
    let started = at_once.filter(|record| record.event.started().is_some() && record.event.job() == Some(job));
    started.filter_map(|record| record.event.host()).cloned().collect()
}

fn folded<S: Serializer>(hosts: &[HostName], serializer: S) -> Result<S::Ok, S::Error> {
    match hosts.is_empty() {
        true => serializer.serialize_str(""),
        false => serializer.serialize_str(&fold(hosts).to_string()),
    }
}
