//! A past job once more, as its log tells it.

use std::sync::Arc;
use std::time::Duration;

use super::crash::Crash;
use super::mishap::Fate;
use super::past::{self, PastTimes};
use super::plans::Planned;
use super::world::Indexed;
use super::{PastError, TaskTimes, World};
use crate::Timestamp;
use crate::fleet::HostName;
use crate::policy::Defaults;
use crate::scheduler::{DoubtCause, Event, HaltCause, Input, InputError, JobId, Record};
use crate::scheduler::{EXPIRED, OVER_BUDGET, RESTARTED};

/// How the attempts of a log went, and where in it they were reported.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Script {
    attempts: Indexed<(JobId, HostName, u32), Part>,
}

/// How one attempt went.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part {
    pub(super) fate: Fate,
    /// Position in the log of its end.
    pub(super) rank: u64,
    /// If it was told to end: how long it took from then on.
    pub(super) lingers: Option<Duration>,
}

impl Script {
    fn of_log(records: &[Record]) -> Self {
        let rank = |at: usize| u64::try_from(at).unwrap_or(u64::MAX);
        let attempts = past::attempts(records).into_iter().map(|attempt| {
            let key = (attempt.job, attempt.host, attempt.number);
            let (takes, outcome) = (attempt.took, attempt.outcome);
            let part = Part {
                fate: Fate { takes, outcome },
                rank: rank(attempt.reported),
                lingers: attempt.lingered,
            };
            (key, part)
        });
        Self {
            attempts: attempts.collect(),
        }
    }

    /// The same for one job of the log, under another number.
    fn renumbered(self, past: JobId, job: JobId) -> Self {
        let attempts = self.attempts.into_iter().filter(|((of, ..), _)| *of == past);
        Self {
            attempts: attempts
                .map(|((_, host, number), part)| ((job, host, number), part))
                .collect(),
        }
    }

    pub(super) fn of(&self, job: JobId, host: &HostName, number: u32) -> Option<&Part> {
        self.attempts.get(&(job, host.clone(), number))
    }
}

/// A log that cannot be run again.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RerunError {
    /// It does not tell of hosts and rules first.
    #[error("the log does not begin with `namespace_configured`; take the whole log, from its first line")]
    NotFromTheStart,
    /// It tells of no attempt.
    #[error(transparent)]
    Past(#[from] PastError),
    /// The hosts and rules of the log do not fit each other.
    #[error("the log's policy does not fit its hosts: {0}; the log was changed after it was written")]
    Refused(#[source] InputError),
}

impl World {
    /// A past run once more: the hosts, rules, jobs and orders of a log, each attempt with the time it took and the end it
    /// came to, in virtual time from zero. The real scheduler decides anew, so the same version of it decides the same.
    ///
    /// A dispatcher that died is seen by what it left in doubt, and dies again. What has no end in the log takes the median of the log's times and succeeds. Mishaps and further orders may be
    /// added, and strike what the log does not tell of.
    ///
    /// ```
    /// use pogo_core::fleet::Fleet;
    /// use pogo_core::plan::{Command, JobSpec};
    /// use pogo_core::policy::Policy;
    /// use pogo_core::sim::{Mishap, World};
    ///
    /// let fleet = Fleet::builder().tagged("web", "web[1-9]").build()?;
    /// let mut world = World::new(fleet, Policy::default())?.mishap_everywhere(Mishap::fails_sometimes(0.5));
    /// world.submit(JobSpec::new("$web".parse()?, Command::shell("restart")))?;
    /// let past = world.run();
    /// assert_eq!(World::rerun(&past.records)?.run().records, past.records);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The log does not begin at its beginning, or nothing has ended in it.
    pub fn rerun(records: &[Record]) -> Result<Self, RerunError> {
        let Some((
            Record {
                event: Event::NamespaceConfigured { fleet, policy },
                ..
            },
            rest,
        )) = records.split_first()
        else {
            return Err(RerunError::NotFromTheStart);
        };
        let times = PastTimes::of(records)?;
        let world = Self::new(Arc::clone(fleet), Arc::clone(policy)).map_err(RerunError::Refused)?;
        let mut world = world.task_times(TaskTimes::Fixed(times.median()));
        world.script = Some(Arc::new(Script::of_log(records)));
        let submitted = |record: &&Record| matches!(record.event, Event::JobSubmitted { .. });
        // Time begins with the first job; what was known before is known at its beginning.
        let began = rest.iter().find(submitted).map_or(Timestamp::EPOCH, |record| record.at);
        for (at, rank, input) in orders(&policy.defaults, rest) {
            let at = Timestamp::EPOCH + (at - began);
            if let Input::Submit { job, .. } = input {
                world.jobs = world.jobs.max(job.number());
            }
            world.plans.add(at, rank, Planned::Told(Box::new(input)));
        }
        Ok(crashes(records)
            .into_iter()
            .fold(world, |world, crash| world.crash(crash.event, crash.downtime)))
    }
}

impl World {
    /// Lets the first job that is submitted here go as a job of a log went: each attempt takes the time it took, and comes to
    /// the end it came to. Hosts, rules and orders are this world's own. What the log does not tell of takes the median of its times.
    ///
    /// ```
    /// use pogo_core::fleet::Fleet;
    /// use pogo_core::plan::{Command, JobSpec};
    /// use pogo_core::policy::{Constraint, Policy, Rule};
    /// use pogo_core::sim::{Mishap, World};
    ///
    /// let fleet = || Fleet::builder().tagged("web", "web[1-4]").build();
    /// let spec = JobSpec::new("*".parse()?, Command::shell("restart"));
    /// let mut world = World::new(fleet()?, Policy::default())?.mishap(&"web2".parse()?, &Mishap::fails(3))?;
    /// let job = world.submit(spec.clone())?;
    /// let past = world.run();
    ///
    /// // How would it have gone one at a time?
    /// let limit = Constraint::new("$web".parse()?, Rule::MaxParallel("1".parse()?));
    /// let stricter = Policy { constraints: vec![limit], ..Policy::default() };
    /// let mut world = World::new(fleet()?, stricter)?.follow(&past.records, job)?;
    /// let job = world.submit(spec)?;
    /// let tally = world.run().scheduler.job(job).map(|job| job.tally()).unwrap_or_default();
    /// assert_eq!((tally.succeeded, tally.failed, tally.waiting), (1, 1, 2)); // web2 keeps the only place
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

/// Each time another dispatcher took over from one that had died while something ran.
fn crashes(records: &[Record]) -> Vec<Crash> {
    let took_over = |record: &Record| match &record.event {
        Event::TaskInDoubt { cause: Some(cause), .. } => *cause == DoubtCause::Restarted,
        // Before causes were recorded, only the text told.
        Event::TaskInDoubt {
            cause: None, message, ..
        } => message == RESTARTED,
        _ => false,
    };
    let pairs = records.iter().zip(records.iter().skip(1)).zip(0..);
    pairs
        .filter(|((before, next), _)| took_over(next) && !(took_over(before) && before.at == next.at))
        .map(|((before, next), event)| Crash {
            event,
            downtime: next.at - before.at,
        })
        .collect()
}

/// What operators and others said, as it can be told from what followed.
fn orders(defaults: &Defaults, records: &[Record]) -> Vec<(Timestamp, u64, Input)> {
    let mut defaults = defaults;
    let mut orders: Vec<(Timestamp, u64, Input)> = Vec::new();
    for (record, rank) in records.iter().zip(1..) {
        if let Event::NamespaceConfigured { policy, .. } = &record.event {
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
fn order(defaults: &Defaults, event: &Event) -> Option<Input> {
    if halted_by_itself(event) {
        return None;
    }
    Some(match event.clone() {
        Event::NamespaceConfigured { fleet, policy } => Input::Configure { fleet, policy },
        Event::JobSubmitted { job, spec, hosts } => Input::Submit {
            job,
            spec: Arc::new(spec.once_more(defaults, hosts.len())),
        },
        Event::JobPaused { job } => Input::Pause { job },
        Event::JobResumed { job } => Input::Resume { job },
        Event::JobHalting {
            job,
            reason,
            abort: false,
            ..
        } => Input::Halt { job, reason },
        Event::JobHalting { job, reason, .. } => Input::Abort { job, reason },
        Event::JobAltered { job, change } => Input::Alter { job, change },
        Event::TaskRetried {
            job,
            host,
            ordered: true,
            ..
        } => Input::Retry { job, hosts: vec![host] },
        Event::TaskSkipped { job, host } => Input::Skip { job, hosts: vec![host] },
        Event::WaveOpened { job, ordered: true, .. } => Input::Promote { job },
        Event::HostsFrozen { hosts, by, reason } => Input::Freeze { hosts, by, reason },
        Event::HostsThawed { hosts, by, reason } => Input::Thaw { hosts, by, reason },
        Event::HostMarkedDown { host, reason } => Input::MarkDown { host, reason },
        Event::HostMarkedUp { host, reason } => Input::MarkUp { host, reason },
        _ => return None,
    })
}

/// Time limits run out again by themselves, and so do budgets.
fn halted_by_itself(event: &Event) -> bool {
    let Event::JobHalting { reason, cause, .. } = event else {
        return false;
    };
    match cause {
        Some(cause) => *cause != HaltCause::Order,
        // Before causes were recorded, only the text told.
        None => reason == EXPIRED || is_over_budget(reason),
    }
}

/// Whether this is to the letter what a job said of which too many hosts had failed.
fn is_over_budget(reason: &str) -> bool {
    let numbers = reason.split_once(OVER_BUDGET);
    numbers.is_some_and(|(failed, allowed)| {
        let allowed = allowed.strip_prefix(" (").and_then(|allowed| allowed.strip_suffix(')'));
        let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        failed.strip_suffix(' ').is_some_and(number) && allowed.is_some_and(number)
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
        _ => false,
    }
}
