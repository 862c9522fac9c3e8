//! The ledger: what a change of a host does to how much of each bucket is used.

use super::{Effect, Effects, FailedAttempt, HostState, Running, State, Target, TaskAt};
use crate::Timestamp;
use crate::fleet::HostId;
use crate::scheduler::limits::Change;
use crate::scheduler::{JobId, TaskState};

/// A host that changes.
#[derive(Debug, Clone, Copy)]
pub(super) struct HostChange {
    host: HostId,
    profile: u32,
    /// When the attempt on it began, if there is one.
    begun: Timestamp,
    /// The job of that attempt.
    by: Option<JobId>,
}

impl HostChange {
    /// The host of a task whose attempt begins or ends.
    pub(super) fn of(job: JobId, target: &Target, begun: Timestamp) -> Self {
        Self {
            host: target.host,
            profile: target.profile,
            begun,
            by: Some(job),
        }
    }
}

impl State {
    /// All that is known of one host.
    pub(crate) fn host(&self, host: HostId) -> HostState {
        let running = self.running_on(host);
        let begun = running.map_or(Timestamp::EPOCH, |running| running.started);
        self.hosts.get(host, begun)
    }

    /// The one task that runs on a host.
    pub(crate) fn lease(&self, host: HostId) -> Option<TaskAt> {
        Some(self.running_on(host)?.task)
    }

    /// The attempt under way on a host.
    pub(in crate::scheduler) fn running_on(&self, host: HostId) -> Option<&Running> {
        let tasks = self.jobs_on(host).map(|(job, task)| &job.tasks[task as usize]);
        // Whether one runs stands beside its number, so that nothing is looked up for those that have ended.
        tasks
            .filter(|task| task.record.state == TaskState::Running)
            .find_map(|task| self.attempts.get(task.attempt))
    }

    /// A host that changes for another reason than an attempt on it.
    pub(super) fn changing(&self, host: HostId) -> HostChange {
        let running = self.running_on(host);
        HostChange {
            host,
            profile: self.rules.profile_of(host),
            begun: running.map_or(Timestamp::EPOCH, |running| running.started),
            by: running.map(|running| running.task.0),
        }
    }

    /// Changes one host and keeps the ledger in step. All changes to a host go through here.
    pub(super) fn change_host(
        &mut self,
        changing: HostChange,
        effects: &mut Effects,
        change: impl FnOnce(&mut HostState),
    ) {
        let HostChange {
            host,
            profile,
            begun,
            by,
        } = changing;
        let before = self.hosts.get(host, begun);
        let mut after = before;
        change(&mut after);
        if !before.is_unavailable() && after.is_unavailable() {
            after.since = self.at;
        } else if !after.is_unavailable() {
            // The same for each host that is well: states are compared with those that a replay
            // gives.
            after.since = Timestamp::EPOCH;
        }
        self.hosts.set(host, after, begun);
        self.count(profile, before, after);
        // Freed even where it stays unavailable: it runs nothing more, and limits of what runs have
        // a slot again.
        let freed = before.leased && !after.leased;
        if freed || (before.is_unavailable() && !after.is_unavailable()) {
            let by = by.filter(|_| before.leased);
            effects.push(Effect::HostFreed { host, profile, by });
        } else if before.is_stuck() != after.is_stuck() {
            effects.push(Effect::HostChanged(host));
        }
    }

    /// An attempt has ended on a host where `before` had failed. What failed there in other jobs counts until the host
    /// succeeds.
    pub(super) fn keep_earlier(
        &mut self,
        host: HostId,
        before: Option<FailedAttempt>,
        failed_attempt: Option<FailedAttempt>,
    ) {
        let all = self.hosts.earlier(host).iter().copied().chain(before);
        let earlier = match failed_attempt {
            Some(failed_attempt) => all.filter(|earlier| earlier.job != failed_attempt.job).collect(),
            None => vec![],
        };
        self.hosts.set_earlier(host, earlier);
    }

    /// An operator answers for what this job left behind on a host, and for nothing else.
    pub(super) fn clear_failure(&mut self, host: HostId, job: JobId, effects: &mut Effects) {
        let blamed = self.blamed_on(host);
        let mut earlier = self.hosts.earlier(host).to_vec();
        earlier.retain(|earlier| earlier.job != job);
        let changing = self.changing(host);
        self.change_host(changing, effects, |state| {
            if state
                .failed_attempt
                .is_some_and(|failed_attempt| failed_attempt.job == job)
            {
                state.failed_attempt = earlier.pop();
            }
        });
        self.hosts.set_earlier(host, earlier);
        self.release_from_remnants(host, blamed);
    }

    /// What a job left behind on a host is known better now.
    pub(super) fn replace_failure(&mut self, host: HostId, attempt: FailedAttempt, effects: &mut Effects) {
        let mut earlier = self.hosts.earlier(host).to_vec();
        let changing = self.changing(host);
        self.change_host(changing, effects, |state| {
            let attempts = state.failed_attempt.iter_mut().chain(&mut earlier);
            attempts.filter(|of| of.job == attempt.job).for_each(|of| *of = attempt);
        });
        self.hosts.set_earlier(host, earlier);
    }

    /// Puts a host where it already is, in a state that is being put together.
    pub(in crate::scheduler) fn put_host(&mut self, host: HostId, state: HostState) {
        let HostChange { profile, begun, .. } = self.changing(host);
        let before = self.hosts.get(host, begun);
        self.hosts.set(host, state, begun);
        self.count(profile, before, state);
    }

    fn count(&mut self, profile: u32, before: HostState, after: HostState) {
        let running = Change {
            was: before.leased,
            is: after.leased,
        };
        let unavailable = Change {
            was: before.is_unavailable(),
            is: after.is_unavailable(),
        };
        // A host that fails again, or is marked down while it has failed, takes no second slot.
        if running.is_none() && unavailable.is_none() {
            return;
        }
        for bucket in self.rules.profile(profile).buckets {
            self.usage[bucket.index()].count(running, unavailable);
        }
    }
}
