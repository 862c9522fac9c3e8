//! Following a log.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::finding::{Breach, Broken, Finding, broken};
use super::idle::Waiting;
use super::job::Job;
use super::namespace::Namespace;
use pogo_core::Timestamp;
use pogo_core::fleet::{Fleet, HostName};
use pogo_core::policy::Policy;
use pogo_core::scheduler::{
    AttemptId, DoubtCause, Event, HostEvent, HostEventKind, JobId, JobStatus, NamespaceEvent, NamespaceEventKind,
    Phase, Record, TaskEvent, TaskEventKind, TaskState,
};

/// What an audit that found nothing has seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Audited {
    /// Records.
    pub records: usize,
    /// Jobs.
    pub jobs: usize,
    /// Attempts that were started.
    pub starts: u64,
    /// Attempts that have not ended.
    pub running: usize,
}

/// Whether a log keeps every rule of the policies that it holds.
///
/// ```
/// use std::sync::Arc;
/// use pogo_audit::{Broken, audit};
/// use pogo_core::fleet::Fleet;
/// use pogo_core::plan::{Command, JobSpec};
/// use pogo_core::policy::{Constraint, Policy, Rule};
/// use pogo_core::sim::World;
///
/// let fleet = Fleet::builder().tagged("web", "web[1-9]").build()?;
/// let limit = Constraint::new("$web".parse()?, Rule::MaxParallel("2".parse()?));
/// let policy = Policy { constraints: vec![limit], ..Policy::default() };
/// let job = JobSpec::new("$web".parse()?, Command::shell("uptime"));
/// let mut world = World::new(fleet, policy)?;
/// world.submit(job)?;
/// let mut log = world.run().records;
/// assert_eq!(audit(&log)?.starts, 9);
///
/// // Had one of them started a moment earlier, three would have run at once.
/// log.swap(4, 5);
/// assert_eq!(audit(&log).unwrap_err().rule, Broken::Running);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The first record that breaks a rule.
pub fn audit<'a>(records: impl IntoIterator<Item = &'a Record>) -> Result<Audited, Finding> {
    let mut auditor = Auditor::new();
    for record in records {
        auditor.take(record)?;
    }
    auditor.finish()
}

/// Follows a log record by record. Time is about linear in the records, and linear in the hosts for each change of fleet or policy.
#[derive(Default)]
pub struct Auditor {
    pub(super) namespace: Namespace,
    pub(super) jobs: BTreeMap<JobId, Job>,
    /// The policy that should have held, whatever the log says.
    given: Option<(Arc<Fleet>, Arc<Policy>)>,
    configured: bool,
    pub(super) running: BTreeMap<AttemptId, (JobId, HostName)>,
    pub(super) issued: u64,
    pub(super) at: Timestamp,
    pub(super) waiting: Waiting,
    position: usize,
}

impl Auditor {
    /// An auditor of the policies that the log itself holds.
    pub fn new() -> Self {
        Self::default()
    }

    /// An auditor of a fleet and a policy that should have held all the time, whatever the log says.
    pub fn against(fleet: Arc<Fleet>, policy: Arc<Policy>) -> Self {
        Self {
            given: Some((fleet, policy)),
            ..Self::default()
        }
    }

    /// Takes the next record.
    ///
    /// # Errors
    /// The rule that it breaks. What comes after it is no longer judged rightly.
    pub fn take(&mut self, record: &Record) -> Result<(), Finding> {
        let judged = self.judge(record);
        let position = self.position;
        self.position += 1;
        judged.map_err(|(rule, message)| Finding {
            position,
            at: record.at,
            rule,
            message,
        })
    }

    /// Judges the end of the log. A log may end at any moment, but not while a job is left that had ended.
    ///
    /// # Errors
    /// A job whose last task has ended, and which nothing says is finished.
    pub fn finish(&self) -> Result<Audited, Finding> {
        let over = |job: &Job| job.status != JobStatus::Finished && job.tally.waiting == 0 && job.tally.running == 0;
        if let Some((id, _)) = self.jobs.iter().find(|(_, job)| over(job)) {
            return Err(Finding {
                position: self.position,
                at: self.at,
                rule: Broken::Log,
                message: format!("the log ends, and does not say that {id} is finished"),
            });
        }
        Ok(Audited {
            records: self.position,
            jobs: self.jobs.len(),
            starts: self.issued,
            running: self.running.len(),
        })
    }

    fn judge(&mut self, record: &Record) -> Result<(), Breach> {
        let Record { at, event } = record;
        if *at < self.at {
            return broken(Broken::Log, "time goes back");
        }
        if *at > self.at && !took_over(event) {
            self.rest()?;
        }
        self.at = *at;
        if !self.configured && !is_configured(event) {
            return broken(Broken::Log, "the log does not begin with its fleet and policy");
        }
        self.take_event(event)?;
        self.note_waiting(event);
        Ok(())
    }

    fn take_event(&mut self, event: &Event) -> Result<(), Breach> {
        match event {
            Event::Namespace(event) => self.take_of_namespace(&event.kind),
            Event::Host(HostEvent { host, kind, .. }) => match kind {
                HostEventKind::MarkedDown { .. } => self.mark(host, true),
                HostEventKind::MarkedUp { .. } => self.mark(host, false),
                _ => unknown(kind),
            },
            Event::Job(event) => self.take_of_job(event),
            Event::Task(event) => self.take_of_task(event),
            _ => unknown(event),
        }
    }

    fn take_of_namespace(&mut self, event: &NamespaceEventKind) -> Result<(), Breach> {
        match event {
            NamespaceEventKind::Configured { fleet, policy } => self.configure(fleet, policy),
            NamespaceEventKind::HostsFrozen { hosts, by, .. } => self.freeze(hosts, by),
            NamespaceEventKind::HostsThawed { hosts, .. } => self.thaw(hosts),
            NamespaceEventKind::LateReported { attempt, .. } => self.report_late(*attempt),
            _ => unknown(event),
        }
    }

    fn take_of_task(&mut self, event: &TaskEvent) -> Result<(), Breach> {
        let TaskEvent { job, host, kind, .. } = event;
        match kind {
            TaskEventKind::Started { attempt } => self.start(*job, host, *attempt),
            TaskEventKind::PhaseEntered { attempt, phase } => self.enter(*job, host, *attempt, *phase),
            TaskEventKind::Succeeded { attempt } => {
                let (task, at) = (self.attempt(*job, host, *attempt)?, self.at);
                self.job(*job)?.may_succeed(task, at)?;
                self.end(*job, task, *attempt, TaskState::Succeeded)
            }
            TaskEventKind::Failed { attempt, .. } => {
                let task = self.attempt(*job, host, *attempt)?;
                self.end(*job, task, *attempt, TaskState::Failed)
            }
            TaskEventKind::InDoubt { attempt, .. } => {
                let task = self.attempt(*job, host, *attempt)?;
                self.end(*job, task, *attempt, TaskState::InDoubt)
            }
            TaskEventKind::CancelRequested { attempt, .. } => self.cancel(*job, host, *attempt),
            TaskEventKind::Slow { .. } => self.job(*job).map(|_| ()),
            TaskEventKind::Retried {
                not_before,
                ordered,
                after_connect,
            } => self.retry(*job, host, *not_before, (*ordered, *after_connect)),
            TaskEventKind::Skipped => self.skip(*job, host),
            TaskEventKind::Cancelled => self.give_up(*job, host),
            _ => unknown(event),
        }
    }

    fn cancel(&mut self, id: JobId, host: &HostName, attempt: AttemptId) -> Result<(), Breach> {
        let (task, at) = (self.attempt(id, host, attempt)?, self.at);
        let job = self.job(id)?;
        job.limits.tell_to_end(attempt, at);
        let task = &mut job.tasks[task];
        if std::mem::replace(&mut task.cancelling, true) || task.phase.0 == Phase::Settle {
            return broken(Broken::Log, format!("{attempt} is cancelled, and cannot be"));
        }
        Ok(())
    }

    fn report_late(&mut self, attempt: AttemptId) -> Result<(), Breach> {
        let settles = match self.running.get(&attempt).cloned() {
            None => attempt.number() <= self.issued,
            Some((job, host)) => {
                let job = self.job(job)?;
                job.tasks[job.task(&host)?].phase.0 == Phase::Settle
            }
        };
        if settles {
            Ok(())
        } else {
            broken(Broken::Log, format!("{attempt} is not late"))
        }
    }

    /// A moment is over: all that was to be decided in it has been.
    fn rest(&mut self) -> Result<(), Breach> {
        for (id, job) in &self.jobs {
            if let Some((failed, allowed)) = job.is_over_budget() {
                let message = format!("{id} goes on although {failed} of its hosts failed, and {allowed} may");
                return broken(Broken::Failures, message);
            }
        }
        self.nobody_is_late()?;
        self.nobody_idles()
    }

    fn configure(&mut self, fleet: &Arc<Fleet>, policy: &Arc<Policy>) -> Result<(), Breach> {
        let (fleet, policy) = match &self.given {
            Some((fleet, policy)) => (Arc::clone(fleet), Arc::clone(policy)),
            None => (Arc::clone(fleet), Arc::clone(policy)),
        };
        self.configured = true;
        let named: BTreeSet<&HostName> = self.jobs.values().flat_map(|job| job.hosts.iter()).collect();
        let named: Vec<HostName> = named.into_iter().cloned().collect();
        self.namespace.configure(&fleet, &policy, &named)?;
        let (namespace, at) = (&self.namespace, self.at);
        self.jobs
            .values_mut()
            .try_for_each(|job| job.reconfigure(namespace, at))
    }

    fn mark(&mut self, host: &HostName, down: bool) -> Result<(), Breach> {
        let id = self.namespace.id(host)?;
        let known = self.namespace.host(id);
        if known.down == down && (down || known.bad.is_empty()) {
            return broken(Broken::Log, format!("`{host}` is marked as what it is"));
        }
        self.namespace.change(id, |host| {
            host.down = down;
            if !down {
                host.bad.clear();
            }
        });
        Ok(())
    }

    pub(super) fn job(&mut self, id: JobId) -> Result<&mut Job, Breach> {
        job(&mut self.jobs, id)
    }
}

/// Whether another dispatcher went on where one had died, perhaps in the middle of what it wrote.
fn took_over(event: &Event) -> bool {
    event.task_kind().and_then(TaskEventKind::doubt_cause) == Some(DoubtCause::Restarted)
}

fn is_configured(event: &Event) -> bool {
    let Event::Namespace(NamespaceEvent { kind, .. }) = event else {
        return false;
    };
    matches!(kind, NamespaceEventKind::Configured { .. })
}

/// Nothing is passed over: an event that the audit has not learned to judge is a finding, so that it cannot be forgotten here.
pub(super) fn unknown(event: &impl fmt::Debug) -> Result<(), Breach> {
    broken(Broken::Log, format!("this audit cannot judge {event:?}"))
}

pub(super) fn job(jobs: &mut BTreeMap<JobId, Job>, id: JobId) -> Result<&mut Job, Breach> {
    match jobs.get_mut(&id) {
        Some(job) => Ok(job),
        None => broken(Broken::Log, format!("{id} was never submitted")),
    }
}
