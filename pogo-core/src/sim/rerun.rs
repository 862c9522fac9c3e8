//! Reruns: a simulation of what a log recorded.

use std::sync::Arc;

use super::crash::Crash;
use super::event_queue::Planned;
use super::past::PastTimes;
use super::past_orders::orders;
use super::script::Script;
use super::{PastError, TaskTimes, World};
use crate::Timestamp;
use crate::fleet::Fleet;
use crate::policy::Policy;
use crate::scheduler::{
    DoubtCause, Event, Input, InputError, JobEventKind, JobId, NamespaceEvent, NamespaceEventKind, NeverBegan, Record,
    TaskEventKind,
};

/// A log that cannot be run again.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RerunError {
    /// It does not begin with hosts and rules.
    #[error("the log does not begin with `namespace_configured`; take the whole log, from its first line")]
    NotFromTheStart,
    /// No attempt in it has ended.
    #[error(transparent)]
    Past(#[from] PastError),
    /// The hosts and rules of the log do not fit each other.
    #[error("the log's policy does not fit its hosts: {0}; the log was changed after it was written")]
    Refused(#[source] InputError),
}

impl World {
    /// A simulation of a past run: the hosts, rules, jobs and orders of a log, each attempt with the time it took and
    /// the outcome it had, in virtual time from zero. The real scheduler decides anew, so the same version of it
    /// decides the same.
    ///
    /// A dispatcher that died is seen by what it left in doubt, and dies again. What has no end in the log takes the
    /// median of the log's times and succeeds. Faults and further orders may be added, and apply to attempts that the
    /// log does not have.
    ///
    /// ```
    /// use pogo_core::fleet::Fleet;
    /// use pogo_core::plan::{JobSpec, RemoteCommand};
    /// use pogo_core::policy::Policy;
    /// use pogo_core::sim::{Fault, World};
    ///
    /// let fleet = Fleet::builder().tagged("web", "web[1-9]").build()?;
    /// let mut world = World::new(fleet, Policy::default())?.inject_everywhere(Fault::fails_sometimes(0.5));
    /// world.submit(JobSpec::new("$web".parse()?, RemoteCommand::shell("restart")))?;
    /// let past = world.run();
    /// assert_eq!(World::rerun(&past.records)?.run().records, past.records);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The log does not begin at its beginning, or nothing has ended in it.
    pub fn rerun(records: &[Record]) -> Result<Self, RerunError> {
        let (fleet, policy, rest) = configured_first(records).ok_or(RerunError::NotFromTheStart)?;
        let times = PastTimes::of(records)?;
        let world = Self::new(Arc::clone(fleet), Arc::clone(policy)).map_err(RerunError::Refused)?;
        let mut world = world.task_times(TaskTimes::Fixed(times.median()));
        if records.iter().any(asks_permission) {
            world = world.asks_permission();
            world.fences = !records.iter().any(never_fences);
            world.attach_transport();
        }
        // Orders to jobs that had retired by then made new ones.
        let retired = |record: &Record| record.event.job_kind() == Some(&JobEventKind::Retired);
        world.scheduler.keep_jobs(!records.iter().any(retired));
        world.script = Some(Arc::new(Script::of_log(records)));
        let submitted = |record: &&Record| record.event.submitted().is_some();
        // Time begins with the first job; what was known before is known at its beginning.
        let began = rest.iter().find(submitted).map_or(Timestamp::EPOCH, |record| record.at);
        let orders = orders(&policy.defaults, rest).into_iter();
        let orders = orders.map(|(at, rank, command)| (at, rank, command.into()));
        for (at, rank, input) in orders.chain(facts(rest)).chain(retirements(rest)) {
            let at = Timestamp::EPOCH + (at - began);
            world.planned.add(at, rank, Planned::Input(Box::new(input)));
        }
        Ok(crashes(records)
            .into_iter()
            .fold(world, |world, crash| world.crash(crash.event, crash.downtime)))
    }

    /// Lets the first job that is submitted here go as a job of a log went: each attempt takes the time it took, and
    /// comes to the end it came to. Hosts, rules and orders are this world's own. Attempts that the log does not have
    /// take the median of its times.
    ///
    /// ```
    /// use pogo_core::fleet::Fleet;
    /// use pogo_core::plan::{JobSpec, RemoteCommand};
    /// use pogo_core::policy::{Constraint, Policy, Rule};
    /// use pogo_core::sim::{Fault, World};
    ///
    /// let fleet = || Fleet::builder().tagged("web", "web[1-4]").build();
    /// let spec = JobSpec::new("*".parse()?, RemoteCommand::shell("restart"));
    /// let mut world = World::new(fleet()?, Policy::default())?.inject(&"web2".parse()?, &Fault::fails(3))?;
    /// let job = world.submit(spec.clone())?;
    /// let past = world.run();
    ///
    /// // How would it have gone one at a time?
    /// let limit = Constraint::new("$web".parse()?, Rule::MaxParallel("1".parse()?));
    /// let stricter = Policy::new().constraint(limit);
    /// let mut world = World::new(fleet()?, stricter)?.follow(&past.records, job)?;
    /// let job = world.submit(spec)?;
    /// let tally = world.run().scheduler.job(job).map(|job| job.tally()).unwrap_or_default();
    /// assert_eq!((tally.succeeded, tally.failed, tally.waiting), (1, 1, 2)); // web2 keeps the only slot
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// No attempt of the log has ended.
    pub fn follow(mut self, records: &[Record], past: JobId) -> Result<Self, PastError> {
        self.times = TaskTimes::Logged(Arc::new(PastTimes::of(records)?));
        let first = self.scheduler.next_job();
        self.script = Some(Arc::new(Script::of_log(records).renumbered(past, first)));
        Ok(self)
    }
}

/// The hosts and rules that a log begins with, and what follows.
fn configured_first(records: &[Record]) -> Option<(&Arc<Fleet>, &Arc<Policy>, &[Record])> {
    // Who configured it may have been said before, and that the journal was restored empty.
    let ordered = |record: &&Record| {
        record.event.restored().is_some()
            || matches!(&record.event, Event::Namespace(event)
                if matches!(event.kind, NamespaceEventKind::Ordered { .. } | NamespaceEventKind::OwnerChanged { .. }))
    };
    let (first, rest) = records
        .get(records.iter().take_while(ordered).count()..)?
        .split_first()?;
    let Event::Namespace(NamespaceEvent { kind, .. }) = &first.event else {
        return None;
    };
    match kind {
        NamespaceEventKind::Configured { fleet, policy } => Some((fleet.loaded().ok()?, policy.loaded().ok()?, rest)),
        NamespaceEventKind::OwnerChanged { .. }
        | NamespaceEventKind::Restored { .. }
        | NamespaceEventKind::HostsFrozen { .. }
        | NamespaceEventKind::HostsThawed { .. }
        | NamespaceEventKind::Ordered { .. }
        | NamespaceEventKind::LateReported { .. } => None,
    }
}

fn namespace_kind(event: &Event) -> Option<&NamespaceEventKind> {
    match event {
        Event::Namespace(event) => Some(&event.kind),
        Event::Host(_) | Event::Job(_) | Event::Task(_) => None,
    }
}

/// Whether an attempt starts that asks whether it may begin.
fn asks_permission(record: &Record) -> bool {
    let kind = record.event.task_kind();
    matches!(
        kind,
        Some(TaskEventKind::Started {
            asks_permission: true,
            ..
        })
    )
}

/// Whether an attempt was permitted to begin whose host could not be asked later.
fn never_fences(record: &Record) -> bool {
    let kind = record.event.task_kind();
    matches!(kind, Some(TaskEventKind::Permitted { fences: false, .. }))
}

/// What hosts said of attempts in doubt, and restores.
fn facts(records: &[Record]) -> Vec<(Timestamp, u64, Input)> {
    let fact = |(record, rank): (&Record, u64)| Some((record.at, rank, fact(record)?));
    records.iter().zip(1..).filter_map(fact).collect()
}

fn fact(record: &Record) -> Option<Input> {
    match &record.event {
        Event::Namespace(event) => match &event.kind {
            NamespaceEventKind::Restored {
                incarnation,
                cause,
                reason,
                id,
                request,
                ..
            } => Some(Input::Restored {
                cause: *cause,
                at_least: *incarnation,
                id: *id,
                request: request.clone(),
                reason: reason.as_str().into(),
                actor: event.actor.clone(),
            }),
            NamespaceEventKind::OwnerChanged { .. }
            | NamespaceEventKind::Configured { .. }
            | NamespaceEventKind::HostsFrozen { .. }
            | NamespaceEventKind::HostsThawed { .. }
            | NamespaceEventKind::Ordered { .. }
            | NamespaceEventKind::LateReported { .. } => None,
        },
        Event::Task(event) => match &event.kind {
            TaskEventKind::Fenced { attempt, answer, .. } => Some(Input::Fenced {
                attempt: *attempt,
                answer: answer.clone(),
            }),
            TaskEventKind::Started { .. }
            | TaskEventKind::Permitted { .. }
            | TaskEventKind::NeverBegan { .. }
            | TaskEventKind::PhaseEntered { .. }
            | TaskEventKind::HostKeyRecorded { .. }
            | TaskEventKind::Slow { .. }
            | TaskEventKind::CancelRequested { .. }
            | TaskEventKind::Succeeded { .. }
            | TaskEventKind::Failed { .. }
            | TaskEventKind::InDoubt { .. }
            | TaskEventKind::Retried { .. }
            | TaskEventKind::Skipped
            | TaskEventKind::Cancelled => None,
        },
        Event::Host(_) | Event::Job(_) => None,
    }
}

/// When jobs retired: with whatever came next once their time was over, of which there may be no other record.
fn retirements(records: &[Record]) -> impl Iterator<Item = (Timestamp, u64, Input)> {
    let retired = |record: &Record| record.event.job_kind() == Some(&JobEventKind::Retired);
    let records = records.iter().zip(1..);
    records
        .filter(move |(record, _)| retired(record))
        .map(|(record, rank)| (record.at, rank, Input::Tick))
}

/// Each time another dispatcher took over from one that had died while something ran.
fn crashes(records: &[Record]) -> Vec<Crash> {
    let took_over = |record: &Record| {
        let kind = record.event.task_kind();
        let never_began = matches!(
            kind,
            Some(TaskEventKind::NeverBegan {
                reason: NeverBegan::Restarted,
                ..
            })
        );
        never_began || kind.and_then(TaskEventKind::doubt_cause) == Some(DoubtCause::Restarted)
    };
    // A simulation does not record its owners, so their records do not count.
    let owner_changed = |record: &&Record| {
        matches!(
            namespace_kind(&record.event),
            Some(NamespaceEventKind::OwnerChanged { .. })
        )
    };
    let records = || records.iter().filter(|record| !owner_changed(record));
    let pairs = records().zip(records().skip(1)).zip(0..);
    pairs
        .filter(|((before, next), _)| took_over(next) && !(took_over(before) && before.at == next.at))
        .map(|((before, next), event)| Crash {
            event,
            downtime: next.at - before.at,
        })
        .collect()
}
