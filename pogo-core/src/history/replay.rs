//! From the records of one job to what is said of it.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{JobEntry, Submission};
use crate::Timestamp;
use crate::fleet::{Fleet, HostName, ResolveError, Selector};
use crate::plan::JobSpec;
use crate::policy::JobSettings;
use crate::scheduler::{
    Actor, AttemptResult, Event, HostResult, HostsQuery, JobDetails, JobEvent, JobEventKind, JobId, JobNote,
    JobSummary, NamespaceEventKind, OrderKind, Paged, Phase, QueryError, Record, Steered, TaskEvent, TaskEventKind,
    TaskState,
};

/// A job as its own records leave it, up to where it retired: of a job that has left the scheduler it says what a
/// dispatcher said of it before.
///
/// It takes no fleet, no policy and no other job, so the records of one job are all that it needs; and of what is
/// damaged or missing among them it says what can be known. It holds a row for each host: about 150 bytes and the text
/// of its failure.
///
/// ```
/// use std::sync::Arc;
/// use pogo_core::Timestamp;
/// use pogo_core::fleet::Fleet;
/// use pogo_core::history::JobReplay;
/// use pogo_core::plan::{JobSpec, RemoteCommand};
/// use pogo_core::scheduler::{HostsQuery, Order, Record, Scheduler};
///
/// let (mut scheduler, now) = (Scheduler::new(), Timestamp::EPOCH);
/// let fleet = Arc::new(Fleet::builder().tagged("web", "web[1-3]").build()?);
/// scheduler.handle(now, Order::Configure { fleet: Arc::clone(&fleet), policy: Arc::default() })?;
/// let events = scheduler.handle(now, Order::submit(JobSpec::new("*".parse()?, RemoteCommand::shell("uptime"))))?;
///
/// let mut replay = JobReplay::new(scheduler.jobs().next().unwrap().id());
/// events.into_iter().for_each(|event| replay.apply(&Record::new(now, event)));
/// assert_eq!(replay.details().unwrap().summary.tally.running, 3);
/// let web1 = HostsQuery::of(replay.job()).among("web1".parse()?);
/// assert_eq!(replay.hosts(&web1, &fleet)?.entries[0].attempts, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct JobReplay {
    job: JobId,
    submitted: Option<Box<SubmittedJob>>,
}

/// A job of which at least the submission is known.
#[derive(Debug, Clone)]
struct SubmittedJob {
    entry: JobEntry,
    spec: Arc<JobSpec>,
    settings: JobSettings,
    steered: Option<Box<Steered>>,
    notes: VecDeque<JobNote>,
    /// In listed order.
    hosts: Vec<HostResult>,
    /// Positions of the hosts, by name.
    by_name: Vec<u32>,
}

impl JobReplay {
    /// A job of which nothing is known yet.
    pub fn new(job: JobId) -> Self {
        Self { job, submitted: None }
    }

    /// Its number.
    pub fn job(&self) -> JobId {
        self.job
    }

    /// Goes on with the next record of its job; those of others are passed over.
    pub fn apply(&mut self, Record { at, event }: &Record) {
        if event.job() != Some(self.job) {
            return;
        }
        if let Event::Job(JobEvent { kind, actor, .. }) = event
            && let JobEventKind::Submitted { spec, hosts, retry_of } = kind
        {
            let submitted = Submission {
                retry_of: *retry_of,
                ..Submission::new(*at, actor.as_ref(), spec, hosts)
            };
            let entry = JobEntry::new(self.job, submitted);
            self.submitted = Some(Box::new(SubmittedJob::new(entry, Arc::clone(spec), hosts)));
        } else if let Some(job) = &mut self.submitted {
            // But for notes, what is said of it after that is about the slots of its hosts.
            if !job.entry.progress.retired || is_note(event) {
                job.apply(*at, event);
            }
        }
    }

    /// The job as a row of a list; `None` as long as its submission is not known.
    pub fn entry(&self) -> Option<&JobEntry> {
        self.submitted.as_ref().map(|job| &job.entry)
    }

    /// All of it but its hosts. Stages, budgets, limits and obstacles are of what could still start, and are left out.
    /// `None` as long as its submission is not known.
    pub fn details(&self) -> Option<JobDetails> {
        self.submitted.as_ref().map(|job| job.details())
    }

    /// A page of its hosts. A selector names hosts as the given fleet has them, which may be another than the job ran
    /// under; hosts that have left it are known by their names.
    ///
    /// # Errors
    /// Its submission is not known, the query goes on after a host that the job does not have, or names hosts that
    /// neither the fleet nor the job has.
    pub fn hosts(&self, query: &HostsQuery, fleet: &Fleet) -> Result<Paged<HostResult, HostName>, QueryError> {
        let job = self.job;
        let known = self.submitted.as_ref().ok_or(QueryError::UnknownJob { job })?;
        let begin = match &query.after {
            Some(host) => {
                let at = known.position(host);
                let unknown = || QueryError::NotInJob {
                    job,
                    host: host.clone(),
                };
                at.ok_or_else(unknown)? + 1
            }
            None => 0,
        };
        let among = query
            .hosts
            .as_ref()
            .map(|hosts| known.named(hosts, fleet))
            .transpose()?;
        let named = |row: &HostResult| {
            let among = among.as_ref();
            among.is_none_or(|among| among.binary_search(&row.host).is_ok())
        };
        let rows = known.hosts.iter().skip(begin);
        let rows = rows.filter(|row| (query.states.is_empty() || query.states.contains(&row.state)) && named(row));
        Ok(Paged::of(rows.cloned(), query.limit, |row| row.host.clone()))
    }

    /// How many hosts it has: what its size is linear in.
    pub fn len(&self) -> usize {
        self.submitted.as_ref().map_or(0, |job| job.hosts.len())
    }

    /// Whether nothing of the job is known, because its records are gone or there never was one.
    pub fn is_empty(&self) -> bool {
        self.submitted.is_none()
    }
}

fn is_note(event: &Event) -> bool {
    let Event::Namespace(event) = event else { return false };
    matches!(
        &event.kind,
        NamespaceEventKind::Ordered {
            order: OrderKind::Note,
            ..
        }
    )
}

impl SubmittedJob {
    fn new(entry: JobEntry, spec: Arc<JobSpec>, hosts: &[HostName]) -> Self {
        let waits = |host: &HostName| HostResult {
            host: host.clone(),
            state: TaskState::Waiting,
            attempts: 0,
            last_attempt: None,
        };
        let mut by_name: Vec<u32> = (0..).zip(hosts).map(|(at, _)| at).collect();
        // Four bytes a host, where a map would have a copy of each name.
        by_name.sort_unstable_by_key(|&at| hosts.get(at as usize));
        Self {
            entry,
            settings: spec.settings.clone(),
            spec,
            steered: None,
            notes: VecDeque::new(),
            hosts: hosts.iter().map(waits).collect(),
            by_name,
        }
    }

    fn position(&self, host: &HostName) -> Option<usize> {
        let name = |&at: &u32| self.hosts.get(at as usize).map(|row| &row.host);
        let found = self.by_name.binary_search_by_key(&Some(host), name).ok()?;
        self.by_name.get(found).map(|&at| at as usize)
    }

    /// Hosts that a selector names, sorted. Of those that have left the fleet the job still knows the names.
    fn named(&self, hosts: &Selector, fleet: &Fleet) -> Result<Vec<HostName>, ResolveError> {
        let names = |fleet: &Fleet| -> Result<Vec<HostName>, ResolveError> {
            let named = fleet.resolve(hosts)?;
            Ok(named.iter().map(|&host| fleet.name(host).clone()).collect())
        };
        // The fleet first: of a host that has left, its tags are known to nobody, and only names
        // are left to ask by.
        let mut named = names(fleet).or_else(|error| match self.own_fleet(fleet) {
            Some(own) => names(&own).map_err(|_| error),
            None => Err(error),
        })?;
        named.sort_unstable();
        Ok(named)
    }

    /// The hosts of the job alone, with the tags that they carry in this fleet.
    fn own_fleet(&self, fleet: &Fleet) -> Option<Fleet> {
        let mut builder = Fleet::builder();
        for row in &self.hosts {
            let name = row.host.as_str();
            builder = builder.host(name);
            for tag in fleet.id(name).into_iter().flat_map(|host| fleet.tags_of(host)) {
                builder = builder.tag(fleet.tag_path(tag).as_str());
            }
        }
        builder.build().ok()
    }

    fn apply(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::Job(JobEvent { kind, actor, .. }) => {
                if let Some((order, reason)) = kind.order() {
                    self.note_steered(at, (order, reason), actor.as_ref());
                }
                if let JobEventKind::Altered { change } = kind {
                    self.settings = change.apply(&self.settings);
                }
                self.entry.progress.apply_job_event(at, kind);
            }
            Event::Task(event) => self.apply_to_task(at, event),
            Event::Namespace(event) => {
                if let NamespaceEventKind::Ordered { order, reason, .. } = &event.kind {
                    let (actor, reason) = (event.actor.clone(), reason.clone());
                    match order {
                        OrderKind::Note => JobNote::add(&mut self.notes, (at, actor), reason),
                        order => self.note_steering(at, *order, (actor, reason)),
                    }
                }
            }
            Event::Host(_) => {}
        }
    }

    fn apply_to_task(&mut self, at: Timestamp, TaskEvent { host, kind, actor, .. }: &TaskEvent) {
        if let Some(order) = kind.order() {
            self.note_steered(at, (order, ""), actor.as_ref());
        }
        let Some(row) = self.position(host).and_then(|at| self.hosts.get_mut(at)) else {
            return;
        };
        self.entry.progress.apply_task_event(at, row.state, kind);
        follow(row, at, kind);
    }

    fn note_steering(
        &mut self,
        at: Timestamp,
        order: OrderKind,
        (actor, reason): (Option<Arc<Actor>>, Option<Arc<str>>),
    ) {
        self.steered = Some(Box::new(Steered {
            order,
            at,
            actor,
            reason,
        }));
    }

    /// Takes note of an order by what came of it, unless more was said of it before.
    fn note_steered(&mut self, at: Timestamp, (order, reason): (OrderKind, &str), actor: Option<&Arc<Actor>>) {
        let is_known = self
            .steered
            .as_ref()
            .is_some_and(|last| last.order == order && last.at == at);
        if !is_known {
            let reason = (!reason.is_empty()).then(|| Arc::from(reason));
            self.note_steering(at, order, (actor.cloned(), reason));
        }
    }

    fn details(&self) -> JobDetails {
        let JobEntry {
            job,
            submitted,
            progress,
        } = &self.entry;
        let exec_options = &self.spec.exec_options;
        let open = exec_options.environment.keys();
        JobDetails {
            summary: JobSummary {
                job: *job,
                user: submitted.user.clone(),
                submitted_by: submitted.by.clone(),
                targets: submitted.targets.clone(),
                under_hold: self.spec.under_hold.clone(),
                status: progress.status,
                submitted: submitted.at,
                finished: progress.finished,
                tally: progress.tally,
                next_wave: None,
            },
            command: self.spec.command.clone(),
            environment: open.chain(&exec_options.secret_environment).cloned().collect(),
            run_as: exec_options.run_as.clone(),
            directory: exec_options.directory.clone(),
            settings: self.settings.resolve(submitted.count),
            override_constraints: self.spec.override_constraints.clone(),
            retry_of: submitted.retry_of,
            steered: self.steered.clone(),
            notes: self.notes.iter().cloned().collect(),
            deadline: None,
            stages: vec![],
            budgets: vec![],
            limits: vec![],
            blockers: vec![],
        }
    }
}

/// Goes on with what happened to a host.
fn follow(row: &mut HostResult, at: Timestamp, kind: &TaskEventKind) {
    if let TaskEventKind::Started { attempt, .. } = kind {
        row.attempts = row.attempts.saturating_add(1);
        row.last_attempt = Some(AttemptResult {
            id: Some(*attempt),
            phase: Some(Phase::Connect),
            started: Some(at),
            ..AttemptResult::default()
        });
    }
    let after = kind.state_after();
    row.state = after.unwrap_or(row.state);
    let Some(last) = &mut row.last_attempt else { return };
    if after.is_some() {
        last.failure = None;
    }
    match kind {
        TaskEventKind::PhaseEntered { phase, .. } => last.phase = Some(*phase),
        TaskEventKind::Fenced { reopens: true, .. } => (last.phase, last.ended) = (Some(Phase::Command), None),
        TaskEventKind::Succeeded { .. }
        | TaskEventKind::Failed { .. }
        | TaskEventKind::InDoubt { .. }
        | TaskEventKind::NeverBegan { .. } => (last.phase, last.ended) = (None, Some(at)),
        TaskEventKind::Started { .. }
        | TaskEventKind::Permitted { .. }
        | TaskEventKind::Fenced { .. }
        | TaskEventKind::HostKeyRecorded { .. }
        | TaskEventKind::Slow { .. }
        | TaskEventKind::CancelRequested { .. }
        | TaskEventKind::Retried { .. }
        | TaskEventKind::Skipped
        | TaskEventKind::Cancelled => {}
    }
    if let TaskEventKind::Failed { failure, .. } = kind {
        last.failure = Some(failure.clone());
    }
}
