//! Deadlines: moments at which time alone changes something.

use std::collections::BTreeSet;
use std::time::Duration;

use super::collections::{AttemptQueue, FastMap};
use super::state::{Effect, Job, State};
use super::{AttemptId, JobId, JobStatus, Phase};
use crate::Timestamp;
use crate::policy::WaveGate;

/// How long a transport has to end a cancelled attempt before the attempt is given up.
pub(super) const CANCEL_GRACE: Duration = Duration::from_secs(30);

/// Attempts in the order in which their time runs out. Within a job every attempt has the same time, so a queue
/// in order of starting does, and ended attempts are dropped when they come to its front.
#[derive(Debug, Clone, Default)]
pub(super) struct Deadlines {
    jobs: FastMap<JobId, JobQueues>,
    cancelling: BySince,
    /// Attempts that are not given up, since whoever runs the scheduler sees to their end. No part of the state: the
    /// next dispatcher says of which it does.
    asked: BTreeSet<AttemptId>,
    /// The jobs that have a next deadline, in order of it.
    in_order: BTreeSet<(Timestamp, JobId)>,
    /// Jobs whose next deadline may have changed, some of them more than once.
    changed: Vec<JobId>,
    stale: bool,
}

/// Attempts by the time at which something began, then by number. Insertion order would not do: a restored
/// scheduler has a different one, and must decide the same.
type BySince = BTreeSet<(Timestamp, AttemptId)>;

#[derive(Debug, Clone, Default)]
struct JobQueues {
    next: Option<Timestamp>,
    running: AttemptQueue,
    /// How many at the front of `running` are reported as slow or no longer can be; the next to be reported is after
    /// them.
    reported_slow: usize,
    settling: BySince,
}

/// A deadline that has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// The attempt has used its time limit.
    Attempt(AttemptId),
    /// The attempt has run long enough to be reported as slow.
    Slow(AttemptId),
    /// The host has been well for the settle time.
    Settled(AttemptId),
    /// The transport did not end a cancelled attempt within [`CANCEL_GRACE`].
    Abandoned(AttemptId),
    /// The job has used its time limit.
    Job(JobId),
    /// The bake time before this wave has passed.
    Wave(JobId, u32),
    /// Hosts that left the fleet have not come back in time.
    Left(JobId),
}

impl Deadlines {
    pub(super) fn note(&mut self, state: &State, effects: &[Effect]) {
        for effect in effects {
            match *effect {
                Effect::Started { attempt } => {
                    if let Some(running) = state.attempts.get(attempt) {
                        self.queues(running.task.0).running.push_back(attempt);
                    }
                }
                Effect::Settling { attempt } => {
                    if let Some(running) = state.attempts.get(attempt) {
                        let since = running.since;
                        self.queues(running.task.0).settling.insert((since, attempt));
                    }
                }
                Effect::Cancelling { attempt } => {
                    if let Some(running) = state.attempts.get(attempt) {
                        self.cancelling.insert((running.since, attempt));
                        self.change(running.task.0);
                    }
                }
                Effect::ReportedSlow { attempt } => {
                    if let Some(running) = state.attempts.get(attempt) {
                        self.change(running.task.0);
                    }
                }
                Effect::HostFreed { by: Some(job), .. }
                | Effect::JobAdded(job)
                | Effect::JobChanged(job)
                | Effect::StageOpened(job, _)
                | Effect::StageBaking(job, _) => self.change(job),
                // Settings, freezes or the fleet have changed, and with them perhaps the deadline of any job.
                Effect::Rebuild => self.changed.extend(&state.active),
                // No time depends on these.
                Effect::Dequeued { .. }
                | Effect::Requeued(_)
                | Effect::HostFreed { by: None, .. }
                | Effect::HostChanged(_)
                | Effect::TaskTurned(_)
                | Effect::HostMarked(_)
                | Effect::HoldsChanged(_) => {}
            }
        }
    }

    /// Marks the queues as stale, after events that `note` did not get.
    pub(super) fn forget(&mut self) {
        self.stale = true;
    }

    pub(super) fn is_stale(&self) -> bool {
        self.stale
    }

    fn change(&mut self, job: JobId) {
        // Most events in a row are of one job. What is noted twice all the same is dropped in `tidy`.
        if self.changed.last() != Some(&job) {
            self.changed.push(job);
        }
    }

    fn queues(&mut self, job: JobId) -> &mut JobQueues {
        self.change(job);
        self.jobs.entry(job).or_default()
    }

    /// Builds the queues from the state anew.
    pub(super) fn rebuild(&mut self, state: &State) {
        // Kept over a rebuild: the state does not have it, and a new fleet is no reason to give
        // these attempts up.
        let asked = std::mem::take(&mut self.asked);
        *self = Self {
            asked,
            ..Self::build(state)
        };
    }

    /// Gives this attempt not up while it runs.
    #[cfg(feature = "async")]
    pub(super) fn keep(&mut self, attempt: AttemptId) {
        self.asked.insert(attempt);
    }

    /// Builds the queues from the state.
    pub(super) fn build(state: &State) -> Self {
        let mut deadlines = Self::default();
        let mut attempts = state.attempts.in_order();
        for &(attempt, ref running) in &attempts {
            let queues = deadlines.jobs.entry(running.task.0).or_default();
            match (running.cancelling, running.phase) {
                (Some(_), _) => _ = deadlines.cancelling.insert((running.since, attempt)),
                (None, Phase::Settle) => _ = queues.settling.insert((running.since, attempt)),
                (None, _) => {}
            }
        }
        // Not by number: one that was reopened without a known beginning has an old number and a late start.
        attempts.sort_by_key(|(attempt, running)| (running.started, *attempt));
        for (attempt, running) in attempts {
            deadlines
                .jobs
                .entry(running.task.0)
                .or_default()
                .running
                .push_back(attempt);
        }
        deadlines.changed.extend(&state.active);
        deadlines.tidy(state);
        deadlines
    }

    /// Drops what has ended from the front of each queue that changed, and finds the next deadline of its job.
    pub(super) fn tidy(&mut self, state: &State) {
        let mut changed = std::mem::take(&mut self.changed);
        changed.sort_unstable();
        changed.dedup();
        for &id in &changed {
            self.tidy_job(state, id);
        }
        changed.clear();
        // Keeps the allocation: this runs after every input.
        self.changed = changed;
        drop_first(&mut self.cancelling, |attempt| {
            state.attempts.get(attempt).is_some_and(|a| a.cancelling.is_some())
        });
        if !self.asked.is_empty() {
            self.asked.retain(|attempt| state.attempts.get(*attempt).is_some());
        }
    }

    fn tidy_job(&mut self, state: &State, id: JobId) {
        let queues = self.jobs.entry(id).or_default();
        queues.tidy(state);
        let job = state.jobs.get(&id).filter(|job| job.status != JobStatus::Finished);
        let next = job.and_then(|job| queues.deadlines(state, job).map(|(at, _)| at).min());
        let before = std::mem::replace(&mut queues.next, next);
        if job.is_none() {
            self.jobs.remove(&id);
        }
        if before == next {
            return;
        }
        if let Some(before) = before {
            self.in_order.remove(&(before, id));
        }
        self.in_order.extend(next.map(|at| (at, id)));
    }

    /// The next deadline.
    pub(super) fn next(&self, state: &State) -> Option<Timestamp> {
        let jobs = self.in_order.first().map(|&(at, _)| at);
        self.abandoned(state).map(|(at, _)| at).into_iter().chain(jobs).min()
    }

    /// The first deadline that has passed, if any has.
    pub(super) fn due(&self, state: &State, now: Timestamp) -> Option<Due> {
        let due = self.in_order.first().filter(|&&(at, _)| at <= now);
        let job = due.and_then(|(_, job)| state.jobs.get(job));
        let queues = job.and_then(|job| Some((job, self.jobs.get(&job.id)?)));
        let of_job = queues
            .into_iter()
            .flat_map(|(job, queues)| queues.deadlines(state, job));
        of_job
            .chain(self.abandoned(state))
            .find(|&(at, _)| at <= now)
            .map(|(_, due)| due)
    }

    fn abandoned(&self, state: &State) -> Option<(Timestamp, Due)> {
        let &(_, attempt) = self
            .cancelling
            .iter()
            .find(|(_, attempt)| !self.asked.contains(attempt))?;
        Some((
            state.attempts.get(attempt)?.since + CANCEL_GRACE,
            Due::Abandoned(attempt),
        ))
    }
}

impl JobQueues {
    fn deadlines<'a>(&'a self, state: &'a State, job: &'a Job) -> impl Iterator<Item = (Timestamp, Due)> + use<'a> {
        let running = self.running.front().and_then(|attempt| {
            let running = state.attempts.get(attempt)?;
            Some((running.started + job.settings.attempt_timeout, Due::Attempt(attempt)))
        });
        let slow = self.running.get(self.reported_slow).and_then(|attempt| {
            let running = state.attempts.get(attempt)?;
            Some((running.started + job.settings.slow_after?, Due::Slow(attempt)))
        });
        let settling = self.settling.first().and_then(|&(_, attempt)| {
            let settling = state.attempts.get(attempt)?;
            Some((settling.since + job.settings.settle, Due::Settled(attempt)))
        });
        let job_limit = job.deadline().map(|deadline| (deadline, Due::Job(job.id)));
        let baking = if !job.has_waves || job.settings.gate == WaveGate::Manual {
            None
        } else {
            job.gates.baking()
        };
        let bake = baking.and_then(|(stage, since)| {
            let wave = job.stages.stage(stage).wave?;
            Some((since + job.settings.bake, Due::Wave(job.id, wave)))
        });
        // Where no host has left, the job is not asked: that would be one more line of memory for each report.
        let left = if state.hosts.any_removed() {
            job.left.first()
        } else {
            None
        };
        let left = left.map(|&(left, _)| (left + job.settings.leave_after, Due::Left(job.id)));
        // In this order where several have passed: an attempt that is over its limit is not reported as slow as well.
        [running, slow, settling, job_limit, bake, left].into_iter().flatten()
    }

    fn tidy(&mut self, state: &State) {
        while self.running.front().is_some_and(|attempt| !is_running(state, attempt)) {
            self.running.pop_front();
            self.reported_slow = self.reported_slow.saturating_sub(1);
        }
        while self
            .running
            .get(self.reported_slow)
            .is_some_and(|attempt| !may_become_slow(state, attempt))
        {
            self.reported_slow += 1;
        }
        drop_first(&mut self.settling, |attempt| is_settling(state, attempt));
    }
}

fn is_running(state: &State, attempt: AttemptId) -> bool {
    let running = state.attempts.get(attempt);
    running.is_some_and(|running| running.phase != Phase::Settle && running.cancelling.is_none())
}

fn may_become_slow(state: &State, attempt: AttemptId) -> bool {
    is_running(state, attempt) && state.attempts.get(attempt).is_some_and(|running| !running.slow)
}

fn is_settling(state: &State, attempt: AttemptId) -> bool {
    state
        .attempts
        .get(attempt)
        .is_some_and(|running| running.phase == Phase::Settle)
}

fn drop_first(queue: &mut BySince, keep: impl Fn(AttemptId) -> bool) {
    while queue.first().is_some_and(|&(_, attempt)| !keep(attempt)) {
        queue.pop_first();
    }
}

impl State {
    /// When time alone changes something next, worked out from all jobs.
    pub(super) fn next_timeout(&self) -> Option<Timestamp> {
        let delays = self
            .unfinished()
            .flat_map(|job| job.backoffs.values().map(|delay| delay.until));
        Deadlines::build(self).next(self).into_iter().chain(delays).min()
    }
}
