//! The critical path: host by host, what set the end of a job.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::step::{End, Log};
use crate::fleet::HostName;
use crate::journal::ReplayError;
use crate::plan::{BucketId, JobStage, StageId};
use crate::scheduler::{JobId, Record, Scheduler};
use crate::time::millis;

/// The attempts on the critical path of a job, first to last: each could start only when the one before it ended, and
/// the last ended last. Whoever wants the job to be shorter has to shorten one of them, or the rule that made it wait.
///
/// ```
/// use pogo_core::fleet::Fleet;
/// use pogo_core::plan::{JobSpec, RemoteCommand};
/// use pogo_core::policy::{Constraint, Policy, Rule, Sequence};
/// use pogo_core::sim::World;
/// use pogo_core::sim::what_if::{CriticalPath, WaitedFor};
///
/// let fleet = Fleet::builder().tagged("db", "db[1-2]").tagged("web", "web[1-9]").build()?;
/// let order = Sequence::new("tiers", ["$db".parse()?, "$web".parse()?]);
/// let limit = Constraint::new("$db".parse()?, Rule::MaxParallel("1".parse()?));
/// let policy = Policy::new().sequence(order).constraint(limit);
/// let mut world = World::new(fleet, policy)?;
/// let job = world.submit(JobSpec::new("*".parse()?, RemoteCommand::shell("restart")))?;
/// let path = CriticalPath::of(&world.run().records, job)?;
/// let hosts: Vec<&str> = path.links.iter().map(|link| link.host.as_str()).collect();
/// assert_eq!(hosts[..2], ["db1", "db2"]);
/// assert!(matches!(&path.links[1].waited_for, WaitedFor::Limit { rule, .. } if rule == "max_parallel: 1"));
/// assert!(matches!(&path.links[2].waited_for, WaitedFor::Sequence { stage, .. } if stage == "$db"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CriticalPath {
    /// The attempts.
    pub links: Vec<Link>,
}

/// One attempt on the critical path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Link {
    /// The host.
    pub host: HostName,
    /// When the attempt began, from the submission of the job. Serialized in milliseconds.
    #[serde(with = "millis")]
    pub began: Duration,
    /// When it ended, from the submission of the job. Serialized in milliseconds.
    #[serde(with = "millis")]
    pub ended: Duration,
    /// Why it did not begin earlier.
    pub waited_for: WaitedFor,
}

/// Why an attempt did not begin earlier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "for", rename_all = "snake_case")]
#[non_exhaustive]
pub enum WaitedFor {
    /// It began with the job.
    Nothing,
    /// The attempt before it completed this stage of a sequence.
    Sequence {
        /// The sequence.
        sequence: String,
        /// The stage that was completed.
        stage: String,
    },
    /// The attempt before it freed a slot of this limit, which was full.
    Limit {
        /// The group.
        group: String,
        /// The rule.
        rule: String,
    },
    /// The attempt before it ended while the job ran as many hosts as its own limit allows.
    JobLimit,
    /// The attempt before it was of the same host, and failed.
    Retry,
    /// The attempt before it completed a wave, whose bake time had to pass.
    Bake,
    /// Something else: an operator, another job, a host that came back.
    Other,
}

/// A log that has no critical path.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// The log does not have the job.
    #[error("the log does not have {0}; take the log that begins before it was submitted")]
    NoJob(JobId),
    /// The log cannot be replayed.
    #[error(transparent)]
    Damaged(#[from] ReplayError),
}

impl CriticalPath {
    /// The critical path of a job, simulated or real, from all events of its namespace.
    ///
    /// # Errors
    /// The records cannot be replayed, or the job is not among them.
    pub fn of(records: &[Record], job: JobId) -> Result<Self, PathError> {
        Self::since(Scheduler::new(), records, job)
    }

    /// As [`of`](Self::of), from events since this state.
    pub(super) fn since(before: Scheduler, records: &[Record], job: JobId) -> Result<Self, PathError> {
        let log = Log::read(records, job).ok_or(PathError::NoJob(job))?;
        let steps = log.steps();
        let why = explain((before, records), job, &log, &steps)?;
        let links = steps.iter().rev().zip(why.into_iter().rev());
        Ok(Self {
            links: links
                .map(|(step, waited_for)| Link {
                    host: step.host.clone(),
                    began: step.began - log.submitted(),
                    ended: step.ended - log.submitted(),
                    waited_for,
                })
                .collect(),
        })
    }
}

/// Of each step, last to first, what it waited for. Limits are looked up in the moment before the slot was freed.
fn explain(
    (mut scheduler, records): (Scheduler, &[Record]),
    job: JobId,
    log: &Log<'_>,
    steps: &[super::step::Step<'_>],
) -> Result<Vec<WaitedFor>, PathError> {
    let mut why = vec![WaitedFor::Other; steps.len()];
    let mut at_end: BTreeMap<usize, usize> = BTreeMap::new();
    for (at, step) in steps.iter().enumerate() {
        match step.after {
            End::Submission => why[at] = WaitedFor::Nothing,
            End::OwnFailure => why[at] = WaitedFor::Retry,
            End::Wave => why[at] = WaitedFor::Bake,
            End::Of(record) => _ = at_end.insert(record, at),
            End::Unknown => {}
        }
    }
    // No further than the last that is asked for: most of a log may come after the job.
    let until = at_end.keys().next_back().map_or(0, |last| last + 1);
    for (record, at) in records.iter().take(until).zip(0..) {
        if let Some(&step) = at_end.get(&at)
            && let Some(before) = log.host_of_end(at)
        {
            // Before the record is applied: afterwards the slot that was waited for is free.
            why[step] = between(&scheduler, job, before, steps[step].host);
        }
        scheduler.apply(record).map_err(|error| ReplayError {
            at: crate::journal::Seq(u64::try_from(at).unwrap_or(u64::MAX)),
            error,
        })?;
    }
    Ok(why)
}

/// Why the end of `before` let `next` start.
fn between(scheduler: &Scheduler, job: JobId, before: &HostName, next: &HostName) -> WaitedFor {
    let fleet = scheduler.fleet();
    let known = (scheduler.job(job), fleet.id(before.as_str()), fleet.id(next.as_str()));
    let (Some(view), Some(before), Some(next)) = known else {
        return WaitedFor::Other;
    };
    let stage = |stage: StageId| view.stages().get(stage.index());
    let completed = |stage: &JobStage| stage.after.filter(|after| view.stages_of(before).contains(after));
    let earlier = view
        .stages_of(next)
        .iter()
        .copied()
        .filter_map(stage)
        .find_map(completed);
    if let Some(earlier) = earlier.and_then(stage) {
        return WaitedFor::Sequence {
            sequence: earlier.sequence.clone(),
            stage: earlier.label.clone(),
        };
    }
    let rules = scheduler.rules();
    let (of_before, of_next) = (rules.buckets_of(before), rules.buckets_of(next));
    let is_full = |bucket: &BucketId| {
        let (running, unavailable) = scheduler.usage(*bucket);
        let slots = rules.buckets().get(bucket.index()).map_or(0, |bucket| bucket.slots);
        unavailable >= slots || running >= slots
    };
    let full = of_next
        .iter()
        .find(|bucket| of_before.contains(bucket) && is_full(bucket));
    match full.and_then(|bucket| rules.buckets().get(bucket.index())) {
        Some(bucket) => WaitedFor::Limit {
            group: bucket.group.clone(),
            rule: bucket.rule.to_string(),
        },
        None if view
            .settings()
            .max_parallel
            .is_some_and(|most| view.tally().running >= most.hosts) =>
        {
            WaitedFor::JobLimit
        }
        None => WaitedFor::Other,
    }
}
