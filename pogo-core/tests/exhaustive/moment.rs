//! A moment of a history: the scheduler, the oracle that watches it, and what may still go wrong.

use std::fmt;
use std::hash::{Hash, Hasher};

use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{AttemptId, Event, Input, InputError, JobId, JobStatus, Outcome, Record, Scheduler};

use crate::oracle::Oracle;

/// A moment of a history.
#[derive(Clone)]
pub(crate) struct Moment {
    pub(super) scheduler: Scheduler,
    pub(super) oracle: Oracle,
    pub(super) running: Vec<(JobId, HostName, AttemptId)>,
    pub(super) submitted: u64,
    pub(super) faults: u8,
    pub(super) orders: u8,
    pub(super) lost: bool,
    /// The first rule that was broken.
    pub(super) broken: Option<String>,
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for job in self.scheduler.jobs() {
            let tasks: Vec<_> = job.tasks().map(|task| (task.host().as_str(), task.state())).collect();
            write!(f, "{} {:?} {tasks:?} ", job.id(), job.status())?;
        }
        write!(f, "{:?}", self.broken)
    }
}

impl Hash for Moment {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let left = (self.submitted, self.faults, self.orders, self.lost);
        (self.scheduler.fingerprint(), left, &self.broken).hash(state);
    }
}

impl PartialEq for Moment {
    fn eq(&self, other: &Self) -> bool {
        self.scheduler.fingerprint() == other.scheduler.fingerprint()
    }
}

impl Moment {
    pub(super) fn handle(&mut self, input: impl Into<Input>) -> Result<Vec<Event>, InputError> {
        let events = self.scheduler.handle(Timestamp::EPOCH, input)?;
        for event in &events {
            let record = Record::new(Timestamp::EPOCH, event.clone());
            if let Err(rule) = self.oracle.take(&record) {
                self.broken.get_or_insert(rule);
            }
            let Event::Task(event) = event else { continue };
            if let Some(attempt) = event.started() {
                self.running.push((event.job, event.host.clone(), attempt));
            }
            if let Some(attempt) = event.ended() {
                self.running.retain(|(.., running)| *running != attempt);
            }
        }
        // Whatever the number of its attempt, a host that runs is the same host.
        self.running.sort();
        // Debug builds have recounted already, within the input.
        if !cfg!(debug_assertions)
            && let Err(violation) = self.scheduler.verify()
        {
            self.broken.get_or_insert(violation.to_string());
        }
        if let Err(idle) = self.oracle.rest(Timestamp::EPOCH) {
            self.broken.get_or_insert(idle);
        }
        Ok(events)
    }

    pub(super) fn report(&mut self, nth: usize, outcome: Outcome) -> Result<Vec<Event>, InputError> {
        let attempt = self.running[nth].2;
        self.handle(Input::Reported {
            attempt,
            outcome,
            output: None,
        })
    }

    /// Whether this attempt has to ask before it begins.
    pub(super) fn awaits_permission(&self, nth: usize) -> bool {
        let attempt = self.scheduler.attempt(self.running[nth].2);
        attempt.is_some_and(|attempt| attempt.has_not_begun())
    }

    pub(super) fn any(&self, status: JobStatus) -> bool {
        self.scheduler.jobs().any(|job| job.status() == status)
    }
}
