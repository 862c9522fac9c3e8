//! When time alone changes something.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::state::{Effect, Job, State};
use super::{AttemptId, JobId, Phase};
use crate::Timestamp;

/// How long a transport has to end a cancelled attempt before the attempt is given up.
pub(super) const CANCEL_GRACE: Duration = Duration::from_secs(30);

/// Attempts in the order in which their time runs out. Within a job every attempt has the same time, so a queue
/// in order of starting does, and ended attempts are dropped when they come to its front.
#[derive(Debug, Default)]
pub(super) struct Deadlines {
    jobs: BTreeMap<JobId, Queues>,
    cancelling: VecDeque<AttemptId>,
}

#[derive(Debug, Default)]
struct Queues {
    running: VecDeque<AttemptId>,
    settling: VecDeque<AttemptId>,
}

/// Something whose time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Attempt(AttemptId),
    Settled(AttemptId),
    Abandoned(AttemptId),
    Job(JobId),
    Wave(JobId, u32),
}

impl Deadlines {
    pub(super) fn note(&mut self, state: &State, effects: &[Effect]) {
        for effect in effects {
            match *effect {
                Effect::Started { attempt } => {
                    if let Some(running) = state.attempts.get(attempt) {
                        self.jobs.entry(running.task.0).or_default().running.push_back(attempt);
                    }
                }
                Effect::Settling { attempt } => {
                    if let Some(running) = state.attempts.get(attempt) {
                        self.jobs.entry(running.task.0).or_default().settling.push_back(attempt);
                    }
                }
                Effect::Cancelling { attempt } => self.cancelling.push_back(attempt),
                _ => {}
            }
        }
    }

    /// The queues that this state calls for.
    pub(super) fn build(state: &State) -> Self {
        let mut deadlines = Self::default();
        let mut attempts = state.attempts.in_order();
        attempts.sort_by_key(|(attempt, running)| (running.since, *attempt));
        for &(attempt, running) in &attempts {
            let queues = deadlines.jobs.entry(running.task.0).or_default();
            match (running.cancelling, running.phase) {
                (Some(_), _) => deadlines.cancelling.push_back(attempt),
                (None, Phase::Settle) => queues.settling.push_back(attempt),
                (None, _) => {}
            }
        }
        attempts.sort_by_key(|(attempt, running)| (running.started, *attempt));
        for (attempt, running) in attempts {
            deadlines
                .jobs
                .entry(running.task.0)
                .or_default()
                .running
                .push_back(attempt);
        }
        deadlines
    }

    /// Drops what no longer matters from the front of each queue.
    pub(super) fn tidy(&mut self, state: &State) {
        self.jobs.retain(|job, queues| {
            drop_front(&mut queues.running, |attempt| is_running(state, attempt));
            drop_front(&mut queues.settling, |attempt| is_settling(state, attempt));
            state.active.contains(job)
        });
        drop_front(&mut self.cancelling, |attempt| {
            state.attempts.get(attempt).is_some_and(|a| a.cancelling.is_some())
        });
    }

    /// When the next thing falls due.
    pub(super) fn next(&self, state: &State) -> Option<Timestamp> {
        let jobs = state
            .unfinished()
            .flat_map(|job| self.of_job(state, job))
            .map(|(at, _)| at)
            .min();
        self.abandoned(state).map(|(at, _)| at).into_iter().chain(jobs).min()
    }

    /// The first thing that is due, if anything is.
    pub(super) fn due(&self, state: &State, now: Timestamp) -> Option<Due> {
        let jobs = state.unfinished().flat_map(|job| self.of_job(state, job));
        jobs.chain(self.abandoned(state))
            .find(|&(at, _)| at <= now)
            .map(|(_, due)| due)
    }

    fn of_job<'a>(&'a self, state: &'a State, job: &'a Job) -> impl Iterator<Item = (Timestamp, Due)> + use<'a> {
        let queues = self.jobs.get(&job.id);
        let running = queues.and_then(|queues| queues.running.front()).and_then(|&attempt| {
            let running = state.attempts.get(attempt)?;
            Some((running.started + job.settings.attempt_timeout, Due::Attempt(attempt)))
        });
        let settling = queues.and_then(|queues| queues.settling.front()).and_then(|&attempt| {
            let settling = state.attempts.get(attempt)?;
            Some((settling.since + job.settings.settle, Due::Settled(attempt)))
        });
        // Once its limit has run out a job is aborted, and the limit is spent.
        let limit = job.settings.job_timeout.filter(|_| !job.aborted);
        let job_limit = limit.map(|limit| (job.submitted + limit, Due::Job(job.id)));
        let baking = if job.spec.waves.is_empty() {
            None
        } else {
            job.gates.baking()
        };
        let bake = baking.and_then(|(stage, since)| {
            let wave = job.stages.stage(stage).wave?;
            Some((since + job.settings.bake, Due::Wave(job.id, wave)))
        });
        [running, settling, job_limit, bake].into_iter().flatten()
    }

    fn abandoned(&self, state: &State) -> Option<(Timestamp, Due)> {
        let &attempt = self.cancelling.front()?;
        Some((
            state.attempts.get(attempt)?.since + CANCEL_GRACE,
            Due::Abandoned(attempt),
        ))
    }
}

fn is_running(state: &State, attempt: AttemptId) -> bool {
    let running = state.attempts.get(attempt);
    running.is_some_and(|running| running.phase != Phase::Settle && running.cancelling.is_none())
}

fn is_settling(state: &State, attempt: AttemptId) -> bool {
    state
        .attempts
        .get(attempt)
        .is_some_and(|running| running.phase == Phase::Settle && running.cancelling.is_none())
}

fn drop_front(queue: &mut VecDeque<AttemptId>, keep: impl Fn(AttemptId) -> bool) {
    while queue.front().is_some_and(|&attempt| !keep(attempt)) {
        queue.pop_front();
    }
}
