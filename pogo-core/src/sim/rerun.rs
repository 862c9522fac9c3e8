//! Reruns: a simulation of what a log recorded.

use std::sync::Arc;

use super::crash::Crash;
use super::past::PastTimes;
use super::plans::Planned;
use super::script::Script;
use super::{PastError, TaskTimes, World};
use crate::Timestamp;
use crate::fleet::Fleet;
use crate::policy::{JobSettings, Policy};
use crate::scheduler::{
    DoubtCause, Event, HaltCause, HoldMode, HostEvent, HostEventKind, Input, InputError, JobEvent, JobEventKind, JobId,
    NamespaceEvent, NamespaceEventKind, NeverBegan, Record, TaskEvent, TaskEventKind,
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
    /// A simulation of a past run: the hosts, rules, jobs and orders of a log, each attempt with the time it took and the
    /// outcome it had, in virtual time from zero. The real scheduler decides anew, so the same version of it decides the same.
    ///
    /// A dispatcher that died is seen by what it left in doubt, and dies again. What has no end in the log takes the median of the log's times and succeeds. Faults and further orders may be
    /// added, and apply to attempts that the log does not have.
    ///
    /// ```
    /// use pogo_core::fleet::Fleet;
    /// use pogo_core::plan::{Command, JobSpec};
    /// use pogo_core::policy::Policy;
    /// use pogo_core::sim::{Fault, World};
    ///
    /// let fleet = Fleet::builder().tagged("web", "web[1-9]").build()?;
    /// let mut world = World::new(fleet, Policy::default())?.inject_everywhere(Fault::fails_sometimes(0.5));
    /// world.submit(JobSpec::new("$web".parse()?, Command::shell("restart")))?;
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
        }
        // Orders to jobs that had retired by then made new ones.
        let retired = |record: &Record| record.event.job_kind() == Some(&JobEventKind::Retired);
        world.scheduler.keep_jobs(!records.iter().any(retired));
        world.script = Some(Arc::new(Script::of_log(records)));
        let submitted = |record: &&Record| record.event.submitted().is_some();
        // Time begins with the first job; what was known before is known at its beginning.
        let began = rest.iter().find(submitted).map_or(Timestamp::EPOCH, |record| record.at);
        for (at, rank, input) in orders(&policy.defaults, rest) {
            let at = Timestamp::EPOCH + (at - began);
            if let Input::Submit { job, .. } = input {
                world.jobs = world.jobs.max(job.number());
            }
            world.plans.add(at, rank, Planned::Input(Box::new(input)));
        }
        Ok(crashes(records)
            .into_iter()
            .fold(world, |world, crash| world.crash(crash.event, crash.downtime)))
    }
}

impl World {
    /// Lets the first job that is submitted here go as a job of a log went: each attempt takes the time it took, and comes to
    /// the end it came to. Hosts, rules and orders are this world's own. Attempts that the log does not have take the median of its times.
    ///
    /// ```
    /// use pogo_core::fleet::Fleet;
    /// use pogo_core::plan::{Command, JobSpec};
    /// use pogo_core::policy::{Constraint, Policy, Rule};
    /// use pogo_core::sim::{Fault, World};
    ///
    /// let fleet = || Fleet::builder().tagged("web", "web[1-4]").build();
    /// let spec = JobSpec::new("*".parse()?, Command::shell("restart"));
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
        let first = JobId::new(self.jobs + 1);
        self.script = Some(Arc::new(Script::of_log(records).renumbered(past, first)));
        Ok(self)
    }
}

/// The hosts and rules that a log begins with, and what follows.
fn configured_first(records: &[Record]) -> Option<(&Arc<Fleet>, &Arc<Policy>, &[Record])> {
    let (first, rest) = records.split_first()?;
    let Event::Namespace(NamespaceEvent { kind }) = &first.event else {
        return None;
    };
    match kind {
        NamespaceEventKind::Configured { fleet, policy } => Some((fleet.loaded().ok()?, policy.loaded().ok()?, rest)),
        NamespaceEventKind::OwnerChanged { .. }
        | NamespaceEventKind::HostsFrozen { .. }
        | NamespaceEventKind::HostsThawed { .. }
        | NamespaceEventKind::LateReported { .. } => None,
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
    let owner_changed = |record: &&Record| matches!(&record.event, Event::Namespace(event) if matches!(event.kind, NamespaceEventKind::OwnerChanged { .. }));
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

/// The orders that the events of a log follow from.
fn orders(defaults: &JobSettings, records: &[Record]) -> Vec<(Timestamp, u64, Input)> {
    let mut defaults = defaults;
    let mut orders: Vec<(Timestamp, u64, Input)> = Vec::new();
    for (record, rank) in records.iter().zip(1..) {
        if let Event::Namespace(NamespaceEvent { kind }) = &record.event
            && let NamespaceEventKind::Configured { policy, .. } = kind
            && let Ok(policy) = policy.loaded()
        {
            defaults = &policy.defaults;
        }
        let Some(input) = order(defaults, &record.event) else {
            continue;
        };
        if let Some((at, _, last)) = orders.last_mut()
            && *at == record.at
            && joined(last, &input)
        {
            continue;
        }
        orders.push((record.at, rank, input));
    }
    orders
}

/// The order, if there was one, that this event follows from.
fn order(defaults: &JobSettings, event: &Event) -> Option<Input> {
    match event.clone() {
        Event::Namespace(event) => namespace_order(event.kind),
        Event::Host(event) => host_order(event),
        Event::Job(event) => job_order(defaults, event),
        Event::Task(TaskEvent { job, host, kind }) => match kind {
            TaskEventKind::Retried { ordered: true, .. } => Some(Input::Retry { job, hosts: vec![host] }),
            TaskEventKind::Skipped => Some(Input::Skip { job, hosts: vec![host] }),
            TaskEventKind::Started { .. }
            | TaskEventKind::Permitted { .. }
            | TaskEventKind::NeverBegan { .. }
            | TaskEventKind::PhaseEntered { .. }
            | TaskEventKind::Slow { .. }
            | TaskEventKind::CancelRequested { .. }
            | TaskEventKind::Succeeded { .. }
            | TaskEventKind::Failed { .. }
            | TaskEventKind::InDoubt { .. }
            | TaskEventKind::Retried { .. }
            | TaskEventKind::Cancelled => None,
        },
    }
}

fn host_order(HostEvent { host, kind }: HostEvent) -> Option<Input> {
    let hold = |owner, reason, priority, mode| Input::Hold {
        hosts: vec![host.clone()],
        owner,
        reason,
        priority,
        mode,
    };
    Some(match kind {
        HostEventKind::MarkedDown { reason } => Input::MarkDown { host, reason },
        HostEventKind::MarkedUp { reason } => Input::MarkUp { host, reason },
        HostEventKind::HoldWaiting {
            owner,
            reason,
            priority,
        } => hold(owner, reason, priority, HoldMode::Wait),
        HostEventKind::Held { waited: true, .. } => return None,
        HostEventKind::Held { owner, reason, .. } => hold(owner, reason, 0, HoldMode::Immediate),
        HostEventKind::Released { owner, by, reason } => Input::Release {
            hosts: vec![host],
            force: by.is_some(),
            by: by.unwrap_or(owner),
            reason,
        },
    })
}

fn namespace_order(kind: NamespaceEventKind) -> Option<Input> {
    Some(match kind {
        NamespaceEventKind::Configured { fleet, policy } => {
            let (fleet, policy) = (fleet.loaded().ok()?, policy.loaded().ok()?);
            Input::Configure {
                fleet: Arc::clone(fleet),
                policy: Arc::clone(policy),
            }
        }
        NamespaceEventKind::HostsFrozen { hosts, by, reason } => Input::Freeze { hosts, by, reason },
        NamespaceEventKind::HostsThawed { hosts, by, reason } => Input::Thaw { hosts, by, reason },
        NamespaceEventKind::OwnerChanged { .. } | NamespaceEventKind::LateReported { .. } => return None,
    })
}

fn job_order(defaults: &JobSettings, JobEvent { job, kind }: JobEvent) -> Option<Input> {
    // A halt that a time limit or a budget caused follows again by itself.
    if kind.halt_cause().is_some_and(|cause| cause != HaltCause::Order) {
        return None;
    }
    Some(match kind {
        JobEventKind::Submitted {
            retry_of: Some(of),
            hosts,
            ..
        } => Input::Retry {
            job: of,
            hosts: hosts.to_vec(),
        },
        JobEventKind::Submitted { spec, hosts, .. } => Input::Submit {
            job,
            spec: Arc::new(spec.to_resubmit(defaults, hosts.len())),
        },
        JobEventKind::Paused => Input::Pause { job },
        JobEventKind::Resumed => Input::Resume { job },
        JobEventKind::Halting { reason, abort, .. } => match abort {
            false => Input::Halt { job, reason },
            true => Input::Abort { job, reason },
        },
        JobEventKind::Altered { change } => Input::Alter { job, change: *change },
        JobEventKind::WaveOpened { ordered: true, .. } => Input::Promote { job },
        JobEventKind::WaveOpened { .. }
        | JobEventKind::FailureBudgetExceeded { .. }
        | JobEventKind::Blocked { .. }
        | JobEventKind::Waiting
        | JobEventKind::Unblocked
        | JobEventKind::Halted
        | JobEventKind::Finished { .. }
        | JobEventKind::Retired => return None,
    })
}

/// Makes one order of two that were given as one.
fn joined(last: &mut Input, next: &Input) -> bool {
    match (last, next) {
        (Input::Retry { job, hosts }, Input::Retry { job: same, hosts: more })
        | (Input::Skip { job, hosts }, Input::Skip { job: same, hosts: more })
            if job == same =>
        {
            hosts.extend_from_slice(more);
            true
        }
        (last @ (Input::Hold { .. } | Input::Release { .. }), next) => joined_hold(last, next),
        _ => false,
    }
}

fn joined_hold(last: &mut Input, next: &Input) -> bool {
    // Those that waited together are in one line before the first of them is taken.
    let mut with_hosts = next.clone();
    let more = match (&*last, &mut with_hosts) {
        (Input::Hold { hosts, .. }, Input::Hold { hosts: more, .. })
        | (Input::Release { hosts, .. }, Input::Release { hosts: more, .. }) => std::mem::replace(more, hosts.clone()),
        _ => return false,
    };
    if *last != with_hosts {
        return false;
    }
    if let Input::Hold { hosts, .. } | Input::Release { hosts, .. } = last {
        hosts.extend(more);
    }
    true
}
