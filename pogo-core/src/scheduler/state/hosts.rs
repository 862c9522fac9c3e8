//! The ledger: which host is unavailable and why, and how much of each bucket that uses.

use super::{Effect, Effects, State, TaskAt};
use crate::Timestamp;
use crate::fleet::HostId;
use crate::scheduler::JobId;

/// What is known of one host, over all jobs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct HostState {
    /// The one task that may run here.
    pub(crate) lease: Option<TaskAt>,
    /// How its last attempt ended, when that was not well.
    pub(crate) bad: Option<Bad>,
    /// Marked down from outside.
    pub(crate) down: bool,
    /// Taken out of the fleet while it was still needed.
    pub(crate) removed: bool,
    /// Since when it is unavailable.
    pub(crate) since: Timestamp,
}

/// An attempt that did not end well, and leaves its host unavailable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Bad {
    /// The job whose attempt it was.
    pub(crate) job: JobId,
    /// Unknown rather than failed.
    pub(crate) in_doubt: bool,
}

impl HostState {
    /// Unavailable for another reason than running.
    pub(crate) fn is_stuck(&self) -> bool {
        self.bad.is_some() || self.down
    }

    /// It may not be serving.
    pub(crate) fn is_unavailable(&self) -> bool {
        self.lease.is_some() || self.is_stuck()
    }
}

/// How much of one bucket is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Hosts that run a task.
    pub(crate) running: u32,
    /// Hosts that may not be serving; the running ones among them.
    pub(crate) unavailable: u32,
}

impl State {
    /// Changes one host and keeps the ledger in step. All changes to a host go through here.
    pub(in crate::scheduler) fn change_host(
        &mut self,
        host: HostId,
        effects: &mut Effects,
        change: impl FnOnce(&mut HostState),
    ) {
        let before = self.hosts[host.index()];
        let entry = &mut self.hosts[host.index()];
        change(entry);
        if !before.is_unavailable() && entry.is_unavailable() {
            entry.since = self.at;
        } else if !entry.is_unavailable() {
            entry.since = Timestamp::EPOCH;
        }
        let after = *entry;
        self.count(host, before, after);
        match (before.is_stuck(), after.is_stuck()) {
            (false, true) => _ = self.stuck.insert(host),
            (true, false) => _ = self.stuck.remove(&host),
            _ => {}
        }
        let freed = before.lease.is_some() && after.lease.is_none();
        if freed || (before.is_unavailable() && !after.is_unavailable()) {
            effects.push(Effect::HostFreed(host, before.lease.map(|(job, _)| job)));
        } else if before.is_stuck() != after.is_stuck() {
            effects.push(Effect::HostChanged(host));
        }
    }

    fn count(&mut self, host: HostId, before: HostState, after: HostState) {
        let profile = self.rules.profile(self.rules.profile_of(host));
        let running = (before.lease.is_some(), after.lease.is_some());
        let unavailable = (before.is_unavailable(), after.is_unavailable());
        if running.0 == running.1 && unavailable.0 == unavailable.1 {
            return;
        }
        for bucket in profile.buckets {
            let usage = &mut self.usage[bucket.index()];
            step(&mut usage.running, running);
            step(&mut usage.unavailable, unavailable);
        }
    }
}

fn step(counter: &mut u32, change: (bool, bool)) {
    match change {
        (false, true) => *counter += 1,
        (true, false) => *counter -= 1,
        _ => {}
    }
}
