//! What a restore of the namespace demands.

use std::collections::BTreeSet;

use pogo_core::scheduler::{AttemptId, Incarnation, JobId};

/// What the last restore demands.
#[derive(Default)]
pub(crate) struct Restores {
    pub(crate) incarnation: Incarnation,
    /// The highest number of a job so far.
    pub(crate) last_job: u64,
    /// Jobs of this incarnation have higher numbers.
    pub(crate) jobs_after: u64,
    /// Attempts of this incarnation too.
    pub(crate) attempts_after: u64,
    /// Jobs that have to be paused, and attempts that have to be in doubt, before anything else happens.
    pub(crate) unpaused: BTreeSet<JobId>,
    pub(crate) undecided: BTreeSet<AttemptId>,
}

impl Restores {
    /// The job was over before the restore, and goes on now: it has to be paused before anything else happens.
    pub(crate) fn pause(&mut self, job: JobId) {
        self.unpaused.insert(job);
    }

    /// Whether the namespace was restored since this attempt was started.
    pub(crate) fn precede(&self, attempt: AttemptId) -> bool {
        attempt.number() <= self.attempts_after
    }

    pub(crate) fn is_settled(&self) -> bool {
        self.unpaused.is_empty() && self.undecided.is_empty()
    }

    pub(crate) fn open(&self) -> String {
        let incarnation = self.incarnation;
        match (self.unpaused.first(), self.undecided.first()) {
            (Some(job), _) => format!("{job} goes on in {incarnation}, without having been paused"),
            (None, Some(attempt)) => format!("{attempt} had not ended before {incarnation}, and is not in doubt"),
            (None, None) => format!("{incarnation} has begun"),
        }
    }
}
