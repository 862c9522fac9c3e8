//! Handles reports of transports.

use std::hash::Hasher;
use std::sync::Arc;
use std::time::Duration;

use rustc_hash::FxHasher;

use super::time_limit;
use crate::policy::{OnDoubt, ResolvedSettings};
use crate::scheduler::state::{Job, JobChange, Running, TaskAt, TaskRecord};
use crate::scheduler::{
    Actor, AttemptId, CancelReason, DoubtCause, Failure, FailureKind, HaltCause, JobEventKind, JobId, LockHolder,
    NeverBegan, Outcome, OutputSummary, Phase, Scheduler, TaskEventKind,
};

impl Scheduler {
    pub(super) fn enter_phase(&mut self, attempt: AttemptId, phase: Phase, output: Option<OutputSummary>) {
        let Some(running) = self.state.attempts.get(attempt) else {
            return;
        };
        let (task, host) = (running.task, running.target.name.clone());
        self.emit_task(task, host, TaskEventKind::PhaseEntered { attempt, phase, output });
    }

    pub(super) fn record_host_key(&mut self, attempt: AttemptId) {
        let Some(running) = self.state.attempts.get(attempt) else {
            return;
        };
        let (task, host) = (running.task, running.target.name.clone());
        self.emit_task(task, host, TaskEventKind::HostKeyRecorded { attempt });
    }

    pub(super) fn permit(&mut self, attempt: AttemptId, host_lock: bool) {
        let Some(running) = self.state.attempts.get(attempt) else {
            return;
        };
        let (task, host) = (running.task, running.target.name.clone());
        let kind = TaskEventKind::Permitted {
            attempt,
            host_lock,
            fences: self.fences,
        };
        self.emit_task(task, host, kind);
    }

    /// The task waits again, unless its job is gone, or its time was over.
    pub(super) fn never_began(
        &mut self,
        attempt: AttemptId,
        (reason, message, holder): (NeverBegan, String, Option<LockHolder>),
    ) {
        let Some((running, job)) = self.running(attempt) else {
            return;
        };
        // Unlike what never began otherwise, this uses up a retry: a host that never gets ready
        // in time would be tried for ever.
        if running.cancelling == Some(CancelReason::AttemptTimeout) {
            return self.fail(attempt, Failure::new(FailureKind::Timeout, message), None);
        }
        let at @ (_, task) = running.task;
        let host = running.target.name.clone();
        let gone = job.aborted;
        let delay = match reason.may_last() && !gone {
            true => busy_delay(reason, job.task(task).never_began),
            false => Duration::ZERO,
        };
        let not_before = self.now + delay + jitter(job.spec.seed, attempt, delay / 2);
        let kind = TaskEventKind::NeverBegan {
            attempt,
            reason,
            message,
            holder,
            not_before,
        };
        self.emit_task(at, host, kind);
        if gone {
            self.cancel(at);
        }
    }

    pub(super) fn report(&mut self, attempt: AttemptId, outcome: Outcome, output: Option<OutputSummary>) {
        // An abort ends attempts later than its own records, whose actor is not known any more by then.
        self.actor = self.cancelled_by(attempt);
        match outcome {
            // Not refused as a failure: a transport that runs without permission may well have run
            // it, so a retry could run it twice.
            Outcome::Succeeded if self.was_not_permitted(attempt) => {
                let message = "it reports success, and was not permitted to begin; this is a defect of the transport";
                self.lose(attempt, message.to_owned(), (DoubtCause::Reported, output));
            }
            Outcome::Succeeded => self.succeed(attempt, output),
            Outcome::Failed(failure) => self.fail(attempt, failure, output),
            Outcome::InDoubt { message } => self.doubt(attempt, message, (DoubtCause::Reported, output)),
            Outcome::NeverBegan {
                reason,
                message,
                holder,
            } => self.never_began(attempt, (reason, message, holder)),
        }
        self.actor = None;
    }

    /// Nobody answers for an attempt that was cancelled.
    pub(super) fn abandon(&mut self, attempt: AttemptId) {
        self.actor = self.cancelled_by(attempt);
        let message = "it was told to end, and no answer came".to_owned();
        self.doubt(attempt, message, (DoubtCause::Abandoned, None));
        self.actor = None;
    }

    /// Who ordered that this attempt ends.
    fn cancelled_by(&self, attempt: AttemptId) -> Option<Arc<Actor>> {
        let (running, job) = self.running(attempt)?;
        let ordered = running.cancelling == Some(CancelReason::Abort);
        job.stopped_by.clone().filter(|_| ordered)
    }

    fn succeed(&mut self, attempt: AttemptId, output: Option<OutputSummary>) {
        let settles = self
            .running(attempt)
            .is_some_and(|(_, job)| !job.settings.settle.is_zero());
        if settles {
            self.enter_phase(attempt, Phase::Settle, output)
        } else {
            self.settled(attempt, output)
        }
    }

    /// The host is well, and has been for long enough.
    pub(super) fn settled(&mut self, attempt: AttemptId, output: Option<OutputSummary>) {
        let Some(running) = self.state.attempts.get(attempt) else {
            return;
        };
        let (task, host) = (running.task, running.target.name.clone());
        self.emit_task(task, host, TaskEventKind::Succeeded { attempt, output });
    }

    fn fail(&mut self, attempt: AttemptId, failure: Failure, output: Option<OutputSummary>) {
        let Some((running, job)) = self.running(attempt) else {
            return;
        };
        let at @ (_, task) = running.task;
        let host = running.target.name.clone();
        let failure = match self.is_recorded_end(attempt) {
            true => failure,
            false => time_limit::failure(running, job, failure),
        };
        let record = *job.task(task);
        // A failed connect uses up tries of its own first, as its command has not been tried.
        let reconnect = failure.kind.is_connect() && u32::from(record.connect_retries) < job.settings.connect_retries;
        let again = reconnect || u32::from(record.retries) < job.settings.retries;
        let again = again && self.may_retry(job, running);
        self.emit_task(
            at,
            host,
            TaskEventKind::Failed {
                attempt,
                failure,
                output,
            },
        );
        if again {
            self.retry_later(at, attempt, reconnect);
        }
        // After the retry: a host that will be tried again has not failed yet, and counts against no budget.
        self.check_budgets(at);
    }

    pub(super) fn doubt(
        &mut self,
        attempt: AttemptId,
        message: String,
        (cause, output): (DoubtCause, Option<OutputSummary>),
    ) {
        let Some((running, _)) = self.running(attempt) else {
            return;
        };
        let cancelling = running.cancelling.is_some();
        match cause {
            _ if !running.has_not_begun() => self.lose(attempt, message, (cause, output)),
            DoubtCause::Restarted => self.never_began(attempt, (NeverBegan::Restarted, message, None)),
            _ if cancelling => self.never_began(attempt, (NeverBegan::Cancelled, message, None)),
            // Its transport lost it before it asked. Waiting for another try that costs
            // nothing, it could go on for ever.
            DoubtCause::Reported | DoubtCause::Abandoned | DoubtCause::Restored => {
                self.fail(attempt, Failure::new(FailureKind::Refused, message), output);
            }
        }
    }

    /// It may have happened, whatever was permitted.
    fn lose(&mut self, attempt: AttemptId, message: String, (cause, output): (DoubtCause, Option<OutputSummary>)) {
        let Some((running, job)) = self.running(attempt) else {
            return;
        };
        let at @ (_, task) = running.task;
        let host = running.target.name.clone();
        // After a restore an operator looks at each.
        let wanted = job.settings.on_doubt == OnDoubt::Retry
            && cause != DoubtCause::Restored
            && u32::from(job.task(task).retries) < job.settings.retries
            && self.may_retry(job, running);
        let refused = running.refuses_retry_of_doubt().filter(|_| wanted);
        let again = wanted && refused.is_none();
        let message = match self.is_recorded_end(attempt) {
            true => message,
            false => doubt_message(running, job, (message, refused)),
        };
        let kind = TaskEventKind::InDoubt {
            attempt,
            message,
            cause: Some(cause),
            output,
        };
        self.emit_task(at, host, kind);
        if again {
            self.retry_later(at, attempt, false);
        }
        self.check_budgets(at);
    }

    fn retry_later(&mut self, (id, task): TaskAt, attempt: AttemptId, after_connect: bool) {
        let Some(job) = self.state.jobs.get(&id) else { return };
        let delay = retry_delay(&job.settings, job.task(task));
        let not_before = self.now + delay + jitter(job.spec.seed, attempt, delay / 2);
        let host = job.name(task).clone();
        let kind = TaskEventKind::Retried {
            not_before,
            ordered: false,
            after_connect,
        };
        self.emit_task((id, task), host, kind);
    }

    /// Says which budgets a failed task has exceeded.
    fn check_budgets(&mut self, (id, task): TaskAt) {
        let Some(job) = self.state.jobs.get(&id) else { return };
        let profile = self.state.rules.profile(job.target(task).profile);
        let mut exceeded = Vec::new();
        for &at in profile.budgets {
            if let Some(budget) = job.budgets.get(&at)
                && budget.is_exceeded()
                && !budget.tripped
            {
                let group = self.state.rules.budgets()[at as usize].group.clone();
                let (failures, allowed) = (budget.failures, budget.allowed);
                exceeded.push(JobEventKind::FailureBudgetExceeded {
                    group,
                    failures,
                    allowed,
                });
            }
        }
        for kind in exceeded {
            self.emit_job(id, kind);
        }
        self.halt_if_over_budget(id);
    }

    /// Halts a job of which more hosts have failed than it allows.
    pub(super) fn halt_if_over_budget(&mut self, id: JobId) {
        let Some(job) = self.state.jobs.get(&id) else { return };
        if !job.is_over_budget() || !job.status.allows(JobChange::Halt) {
            return;
        }
        let reason = format!(
            "{} hosts failed, more than max_failures allows ({})",
            job.budget.failures,
            job.settings.max_failures.map_or(0, |most| most.hosts)
        );
        let kind = JobEventKind::Halting {
            reason,
            abort: false,
            cause: Some(HaltCause::MaxFailures),
        };
        self.emit_job(id, kind);
    }

    /// Whether a failed attempt may be followed by another without an order.
    fn may_retry(&self, job: &Job, running: &Running) -> bool {
        !job.aborted
            && !matches!(running.cancelling, Some(CancelReason::Abort | CancelReason::JobTimeout))
            // A host that has left the fleet keeps its slots until its attempt ends; a
            // retry would hold them for longer.
            && !self.state.hosts.is_removed(running.target.host)
    }

    fn was_not_permitted(&self, attempt: AttemptId) -> bool {
        let running = self.state.attempts.get(attempt);
        running.is_some_and(|running| running.permission.is_awaited())
    }

    pub(super) fn running(&self, attempt: AttemptId) -> Option<(&Running, &Job)> {
        let running = self.state.attempts.get(attempt)?;
        Some((running, self.state.jobs.get(&running.task.0)?))
    }
}

/// What is said of a doubt that was reported like this, and of why it is not tried again.
fn doubt_message(running: &Running, job: &Job, (message, refused): (String, Option<&str>)) -> String {
    let message = time_limit::doubt(running, job, message);
    match refused {
        Some(why) => format!("{message}; not tried again by itself: {why}"),
        None => message,
    }
}

/// The delay before another try, without its jitter.
fn retry_delay(settings: &ResolvedSettings, task: &TaskRecord) -> Duration {
    // A host that is down for a night is tried again soon after it is back.
    const LONGEST: Duration = Duration::from_secs(3_600);
    let used = u32::from(task.retries).saturating_add(u32::from(task.connect_retries));
    let times = settings.retry_backoff.saturating_pow(used);
    let longest = LONGEST.max(settings.retry_delay);
    settings.retry_delay.saturating_mul(times).min(longest)
}

/// The delay before a host is asked again whose attempts never began so many times in a row, without its jitter.
fn busy_delay(reason: NeverBegan, before: u8) -> Duration {
    const FIRST: Duration = Duration::from_secs(5);
    let longest = match reason {
        // A person brings it, and watches.
        NeverBegan::NotReady => Duration::from_secs(60),
        NeverBegan::Refused
        | NeverBegan::Busy
        | NeverBegan::NotSent
        | NeverBegan::Expired
        | NeverBegan::Cancelled
        | NeverBegan::Restarted => Duration::from_secs(300),
    };
    // At most 2^6: a count that never ends must not shift beyond the number.
    FIRST.saturating_mul(1 << before.min(6)).min(longest)
}

/// A delay below `most`, drawn from the job's seed: the same for the same attempt, different for its neighbours.
fn jitter(seed: u64, attempt: AttemptId, most: Duration) -> Duration {
    let mut hasher = FxHasher::default();
    hasher.write_u64(seed);
    hasher.write_u64(attempt.number());
    let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(hasher.finish() % most.max(1))
}
