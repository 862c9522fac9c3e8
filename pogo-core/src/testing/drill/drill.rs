//! A scheduler under test, and everything that has happened to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::Step;
use crate::Timestamp;
use crate::fleet::{Fleet, HostName};
use crate::journal::replay;
use crate::plan::JobSpec;
use crate::policy::Policy;
use crate::scheduler::{
    AttemptId, Event, Input, InputError, JobEvent, JobEventKind, JobId, NeverBegan, Order, Outcome, Record, Scheduler,
    TaskEventKind,
};

/// A real scheduler whose surroundings are [`Step`]s. Keeps the records, the inputs and which attempts run.
///
/// ```
/// use std::sync::Arc;
/// use pogo_core::fleet::Fleet;
/// use pogo_core::plan::{JobSpec, RemoteCommand};
/// use pogo_core::policy::Policy;
/// use pogo_core::scheduler::{JobStatus, Outcome};
/// use pogo_core::testing::{Drill, Step};
///
/// let fleet = Arc::new(Fleet::builder().host("web1").build()?);
/// let mut drill = Drill::new(fleet, Arc::new(Policy::default()))?;
/// let job = drill.submit(JobSpec::new("*".parse()?, RemoteCommand::shell("uptime")))?;
/// drill.play(&Step::Report(0, Outcome::Succeeded));
/// assert_eq!(drill.scheduler().job(job).map(|job| job.status()), Some(JobStatus::Finished));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Drill {
    pub(super) scheduler: Scheduler,
    now: Timestamp,
    records: Vec<Record>,
    inputs: Vec<(Timestamp, Input)>,
    pub(super) running: BTreeMap<AttemptId, (JobId, HostName)>,
    /// Every attempt that was started, and every job that was submitted.
    pub(super) issued: Vec<AttemptId>,
    pub(super) jobs: Vec<JobId>,
    /// Attempts that start ask whether they may begin.
    transport: Option<Input>,
    /// Attempts that run and were refused permission.
    pub(super) refused: BTreeSet<AttemptId>,
}

impl Drill {
    /// A namespace of these hosts under these rules, at the epoch.
    ///
    /// # Errors
    /// The policy does not fit the fleet.
    pub fn new(fleet: Arc<Fleet>, policy: Arc<Policy>) -> Result<Self, InputError> {
        let mut drill = Self {
            scheduler: Scheduler::new(),
            now: Timestamp::EPOCH,
            records: vec![],
            inputs: vec![],
            running: BTreeMap::new(),
            issued: vec![],
            jobs: vec![],
            transport: None,
            refused: BTreeSet::new(),
        };
        drill.handle(Order::Configure { fleet, policy })?;
        Ok(drill)
    }

    /// Submits a job under the next number.
    ///
    /// # Errors
    /// The scheduler refuses it.
    pub fn submit(&mut self, spec: JobSpec) -> Result<JobId, InputError> {
        let job = self.scheduler.next_job();
        self.handle(Order::submit(spec))?;
        Ok(job)
    }

    /// Lets a step happen. Steps about something that does not exist, and orders that the scheduler refuses, change
    /// nothing.
    ///
    /// Returns the input that the scheduler got, and its result.
    ///
    /// # Panics
    /// After a crash the records do not replay.
    pub fn play(&mut self, step: &Step) -> Option<(Input, Result<Vec<Event>, InputError>)> {
        match step {
            Step::Wait(span) => self.now = self.now + *span,
            Step::Tick => self.now = self.now.max(self.scheduler.next_timeout()?),
            Step::Crash | Step::Restore => *self = self.replayed(),
            _ => {}
        }
        let input = self.input(step)?;
        let result = self.handle(input.clone());
        Some((input, result))
    }

    /// Hands the scheduler one input, at the present time.
    ///
    /// # Errors
    /// The scheduler refuses it.
    pub fn handle(&mut self, input: impl Into<Input>) -> Result<Vec<Event>, InputError> {
        let input = input.into();
        self.inputs.push((self.now, input.clone()));
        if let Input::Transport { .. } = &input {
            self.transport = Some(input.clone());
        }
        let asking = match input {
            Input::Begin { attempt, .. } => Some(attempt),
            _ => None,
        };
        let result = self.scheduler.handle(self.now, input);
        if let (Some(attempt), Err(_)) = (asking, &result) {
            self.refused.insert(attempt);
        }
        let events = result?;
        for event in &events {
            self.take_note(event);
            self.records.push(Record::new(self.now, event.clone()));
        }
        Ok(events)
    }

    /// This namespace with a scheduler that was replayed from the records; each goes its own way from here.
    ///
    /// # Panics
    /// The records do not replay.
    pub fn replayed(&self) -> Self {
        self.with_scheduler(replay(&self.records).expect("what was recorded can be replayed"))
    }

    /// This namespace with another scheduler, such as one restored from a snapshot.
    pub fn with_scheduler(&self, scheduler: Scheduler) -> Self {
        let mut drill = Self {
            scheduler,
            now: self.now,
            records: self.records.clone(),
            inputs: self.inputs.clone(),
            running: self.running.clone(),
            issued: self.issued.clone(),
            jobs: self.jobs.clone(),
            transport: self.transport.clone(),
            refused: self.refused.clone(),
        };
        // What attempts do that start is no part of a log.
        if let Some(transport) = self.transport.clone() {
            let result = drill.scheduler.handle(self.now, transport);
            debug_assert_eq!(result, Ok(vec![]));
        }
        drill
    }

    /// How a transport ends an attempt, if it could have its way: one that has to ask first asks, and never began if it
    /// is refused. Returns what it reported.
    ///
    /// # Errors
    /// The scheduler refuses the report.
    pub fn finish(&mut self, attempt: AttemptId, outcome: Outcome) -> Result<Outcome, InputError> {
        let mut outcome = outcome;
        if self.has_to_ask(attempt, &outcome)
            && let Err(refused) = self.handle(Input::Begin {
                attempt,
                host_lock: true,
            })
        {
            outcome = Outcome::never_began(NeverBegan::Refused, refused.to_string());
        }
        self.handle(Input::Reported {
            attempt,
            outcome: outcome.clone(),
            output: None,
        })?;
        Ok(outcome)
    }

    /// Whether an attempt cannot end so, or enter a phase, without having been permitted to begin.
    pub(super) fn has_to_ask(&self, attempt: AttemptId, outcome: &Outcome) -> bool {
        let ran = match outcome {
            Outcome::Succeeded => true,
            Outcome::Failed(failure) => !failure.kind.is_connect(),
            Outcome::InDoubt { .. } | Outcome::NeverBegan { .. } => false,
        };
        ran && self
            .scheduler
            .attempt(attempt)
            .is_some_and(|view| view.permission.is_awaited())
    }

    /// The scheduler as it is now.
    pub fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    /// All events so far.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Every input so far, refused or not.
    pub fn inputs(&self) -> &[(Timestamp, Input)] {
        &self.inputs
    }

    /// Attempts that run, settling ones included, with their job and host.
    pub fn running(&self) -> &BTreeMap<AttemptId, (JobId, HostName)> {
        &self.running
    }

    /// The present.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    fn take_note(&mut self, event: &Event) {
        match event {
            Event::Task(event) => {
                if let Some(attempt) = event.started() {
                    self.running.insert(attempt, (event.job, event.host.clone()));
                    self.issued.push(attempt);
                } else if let TaskEventKind::Fenced {
                    attempt, reopens: true, ..
                } = event.kind
                {
                    self.running.insert(attempt, (event.job, event.host.clone()));
                } else if let Some(attempt) = event.ended() {
                    self.running.remove(&attempt);
                    self.refused.remove(&attempt);
                }
            }
            Event::Job(JobEvent { job, kind, .. }) => {
                if matches!(kind, JobEventKind::Submitted { .. }) {
                    self.jobs.push(*job);
                }
            }
            Event::Namespace(_) | Event::Host(_) => {}
        }
    }
}
