//! What the answers of hosts change of attempts in doubt.

use super::host_changes::HostChange;
use super::{AttemptTimes, Doubt, DoubtAt, Effect, Effects, FailedAttempt, Job, Running, State, Target, TaskAt};
use crate::Timestamp;
use crate::fleet::{HostId, HostName};
use crate::scheduler::{
    AttemptId, FenceAnswer, FenceState, JobId, JobStatus, OrderKind, Outcome, Permission, Phase, TaskState,
};

impl State {
    /// The attempt that keeps a host in doubt for a job, if it has not been fenced.
    pub(in crate::scheduler) fn unfenced(&self, job: JobId, host: &HostName) -> Option<&Doubt> {
        self.doubts.of(job, host).filter(|doubt| !doubt.fence.is_fenced())
    }

    /// The attempts for which a host holds slots in doubt, and which have not been fenced.
    pub(in crate::scheduler) fn unfenced_on(&self, host: HostId) -> impl Iterator<Item = (DoubtAt, &Doubt)> {
        let latest = self.host(host).failed_attempt;
        let attempts = self.hosts.earlier(host).iter().copied().chain(latest);
        let name = self.fleet.name(host);
        attempts
            .filter(|attempt| attempt.in_doubt)
            .filter_map(move |attempt| Some(((name.clone(), attempt.job), self.unfenced(attempt.job, name)?)))
    }

    /// The task of an attempt in doubt whose end can follow now: nothing else runs on its host, and its job still fits
    /// the policy.
    pub(in crate::scheduler) fn may_reopen(&self, (host, id): &DoubtAt) -> Option<TaskAt> {
        let fits = |job: &Job| job.status != JobStatus::Finished || job.fits;
        let job = self.jobs.get(id).filter(|job| fits(job))?;
        let host = self
            .fleet
            .id(host.as_str())
            .filter(|host| !self.hosts.is_leased(*host))?;
        Some((*id, job.task_of(host)?))
    }

    /// A host has answered for an attempt.
    pub(super) fn fence(&mut self, attempt: AttemptId, answer: &FenceAnswer, reopens: bool, effects: &mut Effects) {
        let fence = FenceState::of(answer);
        if let Some(running) = self.attempts.get_mut(attempt) {
            // Its end is not reported yet: the host was asked first.
            running.fence = fence;
            return;
        }
        let Some(at) = self.doubts.of_attempt(attempt).cloned() else {
            return;
        };
        self.doubts.set(&at, fence);
        if reopens {
            if let Some(task) = self.may_reopen(&at) {
                self.reopen(task, &at, effects);
            }
        } else if self.retired.holds(at.1, &at.0) {
            self.end_in_remnant(&at, answer, effects);
        }
    }

    /// What its host says of an attempt whose job has retired: there is no task that could end, only slots that are
    /// kept.
    fn end_in_remnant(&mut self, at @ (name, job): &DoubtAt, answer: &FenceAnswer, effects: &mut Effects) {
        let (Some(host), Some(doubt)) = (self.fleet.id(name.as_str()), self.doubts.of(*job, name).copied()) else {
            return;
        };
        match answer.outcome() {
            Some(Outcome::Succeeded) => self.clear_failure(host, *job, effects),
            Some(Outcome::NeverBegan { .. }) => match doubt.before {
                None => self.clear_failure(host, *job, effects),
                Some(before) => {
                    self.replace_failure(host, before, effects);
                    self.doubts.forget(at);
                }
            },
            Some(Outcome::Failed(failure)) => {
                let failed = FailedAttempt {
                    job: *job,
                    in_doubt: false,
                    at: self.at,
                };
                self.replace_failure(host, failed, effects);
                self.retired.set_failure(*job, name, failure);
                self.doubts.forget(at);
            }
            // Nothing of it runs, and how it ended nobody knows.
            Some(Outcome::InDoubt { .. }) | None => {}
        }
    }

    /// An operator answers for every attempt in doubt on a host.
    pub(super) fn force_fence(&mut self, host: &HostName) {
        let unfenced = self.doubts.on(host).filter(|(_, doubt)| !doubt.fence.is_fenced());
        let there: Vec<DoubtAt> = unfenced.map(|(at, _)| at.clone()).collect();
        there.iter().for_each(|at| self.doubts.set(at, FenceState::Forced));
    }

    /// An attempt in doubt is under way again until its end follows, as if it had never been reported to be in doubt.
    fn reopen(&mut self, task: TaskAt, (host, job): &DoubtAt, effects: &mut Effects) {
        let Some(doubt) = self.doubts.of(*job, host).copied() else {
            return;
        };
        let (id, at) = task;
        self.reopen_job(id, doubt.attempt, effects);
        self.move_task(task, TaskState::Running, effects);
        let Some(job) = self.jobs.get_mut(&id) else { return };
        job.tasks[at as usize].attempt = doubt.attempt;
        let times = job.tasks[at as usize].times.since(job.submitted);
        // Where its times went beyond what a task can keep, its end is recorded with no duration.
        let started = times.map_or(self.at, |(began, _)| began);
        job.tasks[at as usize].times = AttemptTimes::UNKNOWN;
        let target = job.target(at).clone();
        let running = Running {
            task,
            target: target.clone(),
            // At least that: it was permitted to begin.
            phase: Phase::Command,
            permission: Permission::Given {
                host_lock: doubt.host_lock,
                fences: true,
            },
            fence: doubt.fence,
            started,
            since: self.at,
            cancelling: None,
            // Its end follows at once, so nobody is to hear that it was slow.
            slow: true,
        };
        self.attempts.reopen(doubt.attempt, running);
        self.lease_as_before((id, &target), started, doubt.before, effects);
        // It may be failed because of an earlier job as before, and is about to be mended.
        effects.push(Effect::HostChanged(target.host));
        effects.push(Effect::JobChanged(id));
    }

    /// A job is under way again because one of its attempts is.
    fn reopen_job(&mut self, id: JobId, attempt: AttemptId, effects: &mut Effects) {
        match self.jobs.get(&id).map(|job| job.status) {
            Some(JobStatus::Finished) => {
                if self.precedes_restore(attempt) {
                    // It is paused at once, by an event that says no reason.
                    let why = self.restorations.last().map(|last| last.pause_reason().into());
                    self.note_steering(id, OrderKind::Pause, (None, why));
                }
                self.set_status(id, JobStatus::Running, effects);
                effects.push(Effect::Rebuild);
            }
            // Something of it runs, as when it was halted.
            Some(JobStatus::Halted) => self.set_status(id, JobStatus::Halting, effects),
            // Those go on as they are; one that has retired keeps no status.
            Some(
                JobStatus::Running | JobStatus::Waiting | JobStatus::Blocked | JobStatus::Paused | JobStatus::Halting,
            )
            | None => {}
        }
    }

    /// Takes back what a doubt of this job had made of its host: what had failed there before it stands again.
    fn lease_as_before(
        &mut self,
        (job, target): (JobId, &Target),
        started: Timestamp,
        before: Option<FailedAttempt>,
        effects: &mut Effects,
    ) {
        let mut earlier = self.hosts.earlier(target.host).to_vec();
        self.change_host(HostChange::of(job, target, started), effects, |host| {
            host.leased = true;
            let of_job = |attempt: &FailedAttempt| attempt.job == job;
            if host.failed_attempt.is_some_and(|attempt| of_job(&attempt)) {
                host.failed_attempt = before.or_else(|| earlier.pop());
            } else if let Some(before) = before {
                let own = earlier.iter_mut().filter(|attempt| of_job(attempt));
                own.for_each(|attempt| *attempt = before);
            } else {
                earlier.retain(|attempt| !of_job(attempt));
            }
        });
        self.hosts.set_earlier(target.host, earlier);
    }
}
