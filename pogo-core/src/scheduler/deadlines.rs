//! When time alone changes something.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::state::{Effect, Job, State};
use super::{AttemptId, JobId, Phase};
use crate::Timestamp;
use crate::plan::WaveGate;

/// How long a transport has to end a cancelled attempt before the attempt is given up.
pub(super) const CANCEL_GRACE: Duration = Duration::from_secs(30);

/// Attempts in the order in which their time runs out. Within a job every attempt has the same time, so a queue
/// in order of starting does, and ended attempts are dropped when they come to its front.
#[derive(Debug, Clone, Default)]
pub(super) struct Deadlines {
    jobs: BTreeMap<JobId, Queues>,
    cancelling: Since,
}

/// Attempts by the moment at which something began, those of the same moment by number: an order that a state tells,
/// however it came about.
type Since = BTreeSet<(Timestamp, AttemptId)>;

#[derive(Debug, Clone, Default)]
struct Queues {
    running: VecDeque<AttemptId>,
    /// How many at the front of `running` need not be told to be slow: the next in time is the one after them.
    told: usize,
    settling: Since,
}

/// Something whose time has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    Attempt(AttemptId),
    Slow(AttemptId),
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
                        let settling = &mut self.jobs.entry(running.task.0).or_default().settling;
                        settling.insert((running.since, attempt));
                    }
                }
                Effect::Cancelling { attempt } => {
                    if let Some(running) = state.attempts.get(attempt) {
                        self.cancelling.insert((running.since, attempt));
                    }
                }
                _ => {}
            }
        }
    }

    /// The queues that this state calls for.
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
        self.jobs.retain(|_, queues| {
            while queues
                .running
                .front()
                .is_some_and(|&attempt| !is_running(state, attempt))
            {
                queues.running.pop_front();
                queues.told = queues.told.saturating_sub(1);
            }
            while queues
                .running
                .get(queues.told)
                .is_some_and(|&attempt| !may_become_slow(state, attempt))
            {
                queues.told += 1;
            }
            drop_first(&mut queues.settling, |attempt| is_settling(state, attempt));
            !(queues.running.is_empty() && queues.settling.is_empty())
        });
        drop_first(&mut self.cancelling, |attempt| {
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
        let slow = queues
            .and_then(|queues| queues.running.get(queues.told))
            .and_then(|&attempt| {
                let running = state.attempts.get(attempt)?;
                Some((running.started + job.settings.slow_after?, Due::Slow(attempt)))
            });
        let settling = queues
            .and_then(|queues| queues.settling.first())
            .and_then(|&(_, attempt)| {
                let settling = state.attempts.get(attempt)?;
                Some((settling.since + job.settings.settle, Due::Settled(attempt)))
            });
        let job_limit = job.deadline().map(|deadline| (deadline, Due::Job(job.id)));
        let baking = if job.spec.waves.is_empty() || job.settings.gate == WaveGate::Manual {
            None
        } else {
            job.gates.baking()
        };
        let bake = baking.and_then(|(stage, since)| {
            let wave = job.stages.stage(stage).wave?;
            Some((since + job.settings.bake, Due::Wave(job.id, wave)))
        });
        [running, slow, settling, job_limit, bake].into_iter().flatten()
    }

    fn abandoned(&self, state: &State) -> Option<(Timestamp, Due)> {
        let &(_, attempt) = self.cancelling.first()?;
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

fn may_become_slow(state: &State, attempt: AttemptId) -> bool {
    is_running(state, attempt) && state.attempts.get(attempt).is_some_and(|running| !running.slow)
}

fn is_settling(state: &State, attempt: AttemptId) -> bool {
    state
        .attempts
        .get(attempt)
        .is_some_and(|running| running.phase == Phase::Settle)
}

fn drop_first(queue: &mut Since, keep: impl Fn(AttemptId) -> bool) {
    while queue.first().is_some_and(|&(_, attempt)| !keep(attempt)) {
        queue.pop_first();
    }
}
