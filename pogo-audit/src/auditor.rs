//! From a log to the first rule that it breaks.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use super::finding::{Breach, BrokenRule, Finding, broken, unknown};
use super::state::AuditState;
use crate::rules::idle::WaitingTasks;
use crate::state::job::Job;
use pogo_core::fleet::{Fleet, HostName};
use pogo_core::policy::Policy;
use pogo_core::scheduler::{
    DoubtCause, Event, HostEvent, HostEventKind, JobId, JobStatus, NamespaceEvent, NamespaceEventKind, OrderEntry,
    OrderLog, Record, TaskEventKind,
};

/// What a log that keeps every rule contains.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AuditSummary {
    /// The number of records.
    pub records: usize,
    /// The number of jobs.
    pub jobs: usize,
    /// Attempts that were started.
    pub starts: u64,
    /// Attempts that have not ended.
    pub running: usize,
}

impl fmt::Display for AuditSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: u64| if count == 1 { "" } else { "s" };
        let (jobs, starts) = (self.jobs as u64, self.starts);
        write!(f, "{jobs} job{}, {starts} attempt{}", plural(jobs), plural(starts))?;
        match self.running {
            0 => Ok(()),
            running => write!(f, ", {running} of them still running"),
        }
    }
}

/// Checks whether a log keeps every rule of the policies that it holds.
///
/// ```
/// use std::sync::Arc;
/// use pogo_audit::{BrokenRule, audit};
/// use pogo_core::fleet::Fleet;
/// use pogo_core::plan::{JobSpec, RemoteCommand};
/// use pogo_core::policy::{Constraint, Policy, Rule};
/// use pogo_core::sim::World;
///
/// let fleet = Fleet::builder().tagged("web", "web[1-9]").build()?;
/// let limit = Constraint::new("$web".parse()?, Rule::MaxParallel("2".parse()?));
/// let policy = Policy::new().constraint(limit);
/// let job = JobSpec::new("$web".parse()?, RemoteCommand::shell("uptime"));
/// let mut world = World::new(fleet, policy)?;
/// world.submit(job)?;
/// let mut log = world.run().records;
/// assert_eq!(audit(&log)?.starts, 9);
///
/// // Had one of them started a moment earlier, three would have run at once.
/// log.swap(4, 5);
/// assert_eq!(audit(&log).unwrap_err().rule, BrokenRule::Running);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The first record that breaks a rule.
pub fn audit<'a>(records: impl IntoIterator<Item = &'a Record>) -> Result<AuditSummary, Finding> {
    let mut auditor = Auditor::new();
    for record in records {
        auditor.check(record)?;
    }
    auditor.finish()
}

/// Follows a log record by record. Time is about linear in the records, and linear in the hosts for each change of
/// fleet or policy.
#[derive(Default)]
pub struct Auditor {
    state: AuditState,
    waiting: WaitingTasks,
    /// The fleet and policy that replace those of the log.
    given: Option<(Arc<Fleet>, Arc<Policy>)>,
    configured: bool,
    /// A host that waited and could have started, if nothing has started since: a dispatcher that shuts down starts
    /// nothing more, and no record says so.
    idle: Option<Finding>,
    /// The number of records so far.
    position: usize,
    orders: OrderLog,
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

    /// An auditor of one job by its own records, where those of other jobs are gone: it judges
    /// [`BrokenRule::OF_ONE_JOB`] by the settings that were stored when the job was submitted. Records of others are
    /// skipped.
    ///
    /// It knows neither fleet nor policy, nor what was ordered for hosts instead of the job. So nothing is a finding
    /// that these may have allowed, and a log without a finding may have broken any of [`BrokenRule::OF_ALL_JOBS`].
    ///
    /// ```
    /// use pogo_audit::{Auditor, BrokenRule};
    /// use pogo_core::fleet::Fleet;
    /// use pogo_core::plan::{JobSpec, RemoteCommand};
    /// use pogo_core::policy::Policy;
    /// use pogo_core::scheduler::{JobId, Record};
    /// use pogo_core::sim::World;
    ///
    /// let fleet = Fleet::builder().tagged("web", "web[1-3]").build()?;
    /// let job = JobSpec::new("$web".parse()?, RemoteCommand::shell("uptime")).max_parallel("1".parse()?);
    /// let mut world = World::new(fleet, Policy::new())?;
    /// world.submit(job)?;
    /// let mut kept: Vec<Record> = world.run().records;
    /// kept.retain(|record| record.event.job() == Some(JobId::new(1)));
    ///
    /// let mut auditor = Auditor::of_one_job(JobId::new(1));
    /// kept.iter().try_for_each(|record| auditor.check(record))?;
    /// assert_eq!(auditor.finish()?.starts, 3);
    ///
    /// // Had the first host not ended before the second started, two would have run at once.
    /// kept.remove(2);
    /// let mut auditor = Auditor::of_one_job(JobId::new(1));
    /// let found = kept.iter().try_for_each(|record| auditor.check(record)).unwrap_err();
    /// assert_eq!(found.rule, BrokenRule::Stopped);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of_one_job(job: JobId) -> Self {
        Self {
            state: AuditState::of_one_job(job),
            ..Self::default()
        }
    }

    /// Checks the next record.
    ///
    /// # Errors
    /// The rule that it breaks. Records after it are no longer judged rightly.
    pub fn check(&mut self, record: &Record) -> Result<(), Finding> {
        if self.state.skips(&record.event) {
            self.position += 1;
            return Ok(());
        }
        if took_over(&record.event) {
            self.idle = None;
        // Only a later start proves that the dispatcher was still at work when the host was left
        // waiting.
        } else if let Some(idle) = self.idle.take_if(|_| record.event.started().is_some()) {
            return Err(idle);
        }
        let judged = self.judge(record);
        // Also of a record that breaks a rule: whoever looks into it asks first who ordered that.
        self.orders.note(record);
        let position = self.position;
        self.position += 1;
        judged.map_err(|(rule, message)| Finding {
            position,
            at: record.at,
            rule,
            message,
        })
    }

    /// Who ordered what, when and why, by the records so far: for reviews of what people did, which no rule here
    /// judges.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use pogo_audit::Auditor;
    /// use pogo_core::Timestamp;
    /// use pogo_core::fleet::Fleet;
    /// use pogo_core::plan::{JobSpec, RemoteCommand};
    /// use pogo_core::scheduler::{Actor, Order, Record, Scheduler};
    ///
    /// let (fleet, policy) = (Arc::new(Fleet::builder().host("db1").build()?), Arc::default());
    /// let alice = Actor::new("alice").at_host("laptop");
    /// let spec = JobSpec::new("db1".parse()?, RemoteCommand::shell("uptime"));
    /// let submit = Order::submit(spec).by(alice).because("a check");
    /// let (mut scheduler, mut auditor) = (Scheduler::new(), Auditor::new());
    /// for order in [Order::Configure { fleet, policy }.into(), submit] {
    ///     for event in scheduler.handle(Timestamp::EPOCH, order)? {
    ///         auditor.check(&Record::new(Timestamp::EPOCH, event))?;
    ///     }
    /// }
    /// assert_eq!(auditor.orders()[1].to_string(), "job-1 submitted by alice@laptop: a check");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn orders(&self) -> &[OrderEntry] {
        self.orders.entries()
    }

    /// Judges the end of the log. A log may end at any moment, but not while a job is left that had ended.
    ///
    /// # Errors
    /// A job whose last task has ended, and which nothing says is finished.
    pub fn finish(&self) -> Result<AuditSummary, Finding> {
        if let Some(idle) = &self.idle {
            return Err(idle.clone());
        }
        // The end of a job stands in the same commit as the end of its last task, so that no crash
        // parts them.
        let over = |job: &Job| job.status != JobStatus::Finished && job.tally.waiting == 0 && job.tally.running == 0;
        if let Some((id, _)) = self.state.jobs.iter().find(|(_, job)| over(job)) {
            return Err(Finding {
                position: self.position,
                at: self.state.at,
                rule: BrokenRule::Log,
                message: format!("the log ends, and does not say that {id} is finished"),
            });
        }
        Ok(AuditSummary {
            records: self.position,
            // Retired ones too: leaving the scheduler takes no job out of the log.
            jobs: self.state.jobs.len() + self.state.retired.len(),
            starts: self.state.starts,
            running: self.state.running.len(),
        })
    }

    fn judge(&mut self, record: &Record) -> Result<(), Breach> {
        let Record { at, event, .. } = record;
        // Equal times are one moment: the scheduler decides everything of a moment at once, so
        // waiting hosts are judged when time moves on.
        if *at < self.state.at {
            return broken(BrokenRule::Log, "time goes back");
        }
        if *at > self.state.at && !took_over(event) {
            match self.end_moment() {
                // Not refused at once, unlike other rules: see `idle`.
                Err((rule @ BrokenRule::Idle, message)) => {
                    let (position, at) = (self.position, *at);
                    self.idle.get_or_insert(Finding {
                        position,
                        at,
                        rule,
                        message,
                    });
                }
                judged => judged?,
            }
        }
        self.state.at = *at;
        // An owner may end before it has configured anything, and a journal may be restored empty.
        let precedes = is_ordered(event) || took_over(event) || self.state.only_job.is_some();
        if !self.configured && !is_configured(event) && !precedes {
            return broken(BrokenRule::Log, "the log does not begin with its fleet and policy");
        }
        self.state.follows_restore(event)?;
        self.apply(event)?;
        // Which host could have started is unknown where only one job is known.
        if self.state.only_job.is_none() {
            self.waiting.note(&self.state, event);
        }
        Ok(())
    }

    fn apply(&mut self, event: &Event) -> Result<(), Breach> {
        match event {
            Event::Namespace(event) => self.apply_namespace_event(&event.kind),
            Event::Host(HostEvent { host, kind, .. }) => match kind {
                HostEventKind::MarkedDown { .. } => self.mark(host, true),
                HostEventKind::MarkedUp { .. } => {
                    self.state.may_mark_up(host)?;
                    self.mark(host, false)
                }
                HostEventKind::FenceForced { reason } => self.state.force_fence(host, reason),
                hold => self.state.namespace.apply_hold_event(host, hold),
            },
            Event::Job(event) => self.state.apply_job_event(event),
            Event::Task(event) => self.state.apply_task_event(event),
            _ => unknown(event),
        }
    }

    fn apply_namespace_event(&mut self, event: &NamespaceEventKind) -> Result<(), Breach> {
        match event {
            NamespaceEventKind::Configured { fleet, policy } => match (fleet.loaded(), policy.loaded()) {
                (Ok(fleet), Ok(policy)) => self.configure(fleet, policy),
                (Err(error), _) | (_, Err(error)) => broken(BrokenRule::Log, error.to_string()),
            },
            NamespaceEventKind::OwnerChanged { .. } => self.state.change_owner(),
            NamespaceEventKind::Restored {
                incarnation, fences, ..
            } => self.state.restore(*incarnation, *fences),
            NamespaceEventKind::Ordered { .. } => Ok(()),
            NamespaceEventKind::HostsFrozen { hosts, by, .. } => {
                let namespace = &mut self.state.namespace;
                namespace.freezes.freeze(&namespace.fleet, hosts, by)
            }
            NamespaceEventKind::HostsThawed { hosts, .. } => self.state.namespace.freezes.thaw(hosts),
            NamespaceEventKind::LateReported { attempt, .. } => self.state.report_late(*attempt),
            _ => unknown(event),
        }
    }

    /// Judges a moment that is over, in which the scheduler has decided everything that it could.
    fn end_moment(&mut self) -> Result<(), Breach> {
        for (id, job) in &self.state.jobs {
            if let Some((failed, allowed)) = job.is_over_budget() {
                let message = format!("{id} goes on although {failed} of its hosts failed, and {allowed} may");
                return broken(BrokenRule::Failures, message);
            }
        }
        self.state.check_restored()?;
        let unfinished = |job: &Job| job.status != JobStatus::Finished;
        for (id, job) in self.state.jobs.iter().filter(|(_, job)| unfinished(job)) {
            job.limits.check(*id, self.state.at, job.aborted)?;
        }
        self.state.namespace.check_waiting_holds()?;
        self.waiting.check(&self.state)
    }

    fn configure(&mut self, fleet: &Arc<Fleet>, policy: &Arc<Policy>) -> Result<(), Breach> {
        let (fleet, policy) = match &self.given {
            Some((fleet, policy)) => (Arc::clone(fleet), Arc::clone(policy)),
            None => (Arc::clone(fleet), Arc::clone(policy)),
        };
        self.configured = true;
        // All hosts of all jobs, including those that left the fleet: their attempts still count
        // against limits until they end.
        let named: BTreeSet<&HostName> = self.state.jobs.values().flat_map(|job| job.hosts.iter()).collect();
        let named: Vec<HostName> = named.into_iter().cloned().collect();
        let AuditState {
            namespace, jobs, at, ..
        } = &mut self.state;
        namespace.configure(&fleet, &policy, &named)?;
        jobs.values_mut().try_for_each(|job| job.reconfigure(namespace, *at))
    }

    fn mark(&mut self, host: &HostName, down: bool) -> Result<(), Breach> {
        let namespace = &mut self.state.namespace;
        let id = namespace.id(host)?;
        let before = namespace.host(id);
        // Marking up is also how an operator clears failures of a host that was never marked down.
        if before.down == down && (down || before.failed_jobs.is_empty()) {
            return broken(BrokenRule::Log, format!("`{host}` is marked as what it is"));
        }
        namespace.change(id, |host| {
            host.down = down;
            if !down {
                host.failed_jobs.clear();
            }
        });
        Ok(())
    }
}

/// Whether another dispatcher has resumed the log of one that died, perhaps in the middle of a moment.
fn took_over(event: &Event) -> bool {
    let owner_changed = matches!(
        event,
        Event::Namespace(NamespaceEvent {
            kind: NamespaceEventKind::OwnerChanged { .. },
            ..
        })
    );
    owner_changed
        || event.restored().is_some()
        || event.task_kind().and_then(TaskEventKind::doubt_cause) == Some(DoubtCause::Restarted)
}

/// Whether it says who ordered what follows, which may be the configuration.
fn is_ordered(event: &Event) -> bool {
    matches!(event, Event::Namespace(event) if matches!(event.kind, NamespaceEventKind::Ordered { .. }))
}

fn is_configured(event: &Event) -> bool {
    let Event::Namespace(NamespaceEvent { kind, .. }) = event else {
        return false;
    };
    matches!(kind, NamespaceEventKind::Configured { .. })
}
