//! Which host is unavailable, and why.

use std::collections::BTreeMap;

use fixedbitset::FixedBitSet;

use crate::Timestamp;
use crate::fleet::HostId;
use crate::saturating::saturating_u32;
use crate::scheduler::JobId;

/// What is known of one host, over all jobs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct HostState {
    /// A task runs here, and no other may.
    pub(crate) leased: bool,
    /// Somebody holds it outside of any job.
    pub(crate) held: bool,
    /// How its last attempt ended, when that was not well.
    pub(crate) failed_attempt: Option<FailedAttempt>,
    /// Marked down from outside, at this moment.
    pub(crate) down: Option<Timestamp>,
    /// When it was taken out of the fleet, while it was still needed.
    pub(crate) left: Option<Timestamp>,
    /// Since when it is unavailable.
    pub(crate) since: Timestamp,
}

/// An attempt that did not end well, and leaves its host unavailable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FailedAttempt {
    /// The job whose attempt it was.
    pub(crate) job: JobId,
    /// Unknown rather than failed.
    pub(crate) in_doubt: bool,
    /// When it ended.
    pub(crate) at: Timestamp,
}

impl HostState {
    /// Unavailable for another reason than running.
    pub(crate) fn is_stuck(&self) -> bool {
        self.failed_attempt.is_some() || self.is_kept_out()
    }

    /// Unavailable however its attempts end: held, or marked down.
    pub(crate) fn is_kept_out(&self) -> bool {
        self.held || self.down.is_some()
    }

    /// It is unavailable.
    pub(crate) fn is_unavailable(&self) -> bool {
        self.leased || self.is_stuck()
    }
}

/// Every host, in two bits for each that is well: whether it runs a task, and whether there is more to know.
///
/// Starting and ending a task look at its host each time. Bits for a million hosts stay in a cache, and records of
/// them would not.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Hosts {
    leased: FixedBitSet,
    is_noted: FixedBitSet,
    /// Hosts of which more is to know than that a task runs there, unavailable since that began.
    noted: BTreeMap<HostId, HostState>,
    /// How many of these were taken out of the fleet.
    removed: usize,
    /// Attempts of other jobs that did not end well either, before the one that a host's state names. Few hosts have
    /// any.
    earlier: BTreeMap<HostId, Vec<FailedAttempt>>,
}

impl Hosts {
    pub(in crate::scheduler) fn new(hosts: usize) -> Self {
        Self {
            leased: FixedBitSet::with_capacity(hosts),
            is_noted: FixedBitSet::with_capacity(hosts),
            noted: BTreeMap::new(),
            removed: 0,
            earlier: BTreeMap::new(),
        }
    }

    pub(crate) fn is_leased(&self, host: HostId) -> bool {
        self.leased.contains(host.index())
    }

    pub(crate) fn is_stuck(&self, host: HostId) -> bool {
        self.note(host).is_some_and(HostState::is_stuck)
    }

    pub(crate) fn is_unavailable(&self, host: HostId) -> bool {
        self.is_leased(host) || self.is_stuck(host)
    }

    pub(crate) fn is_removed(&self, host: HostId) -> bool {
        self.left(host).is_some()
    }

    pub(crate) fn is_held(&self, host: HostId) -> bool {
        self.note(host).is_some_and(|host| host.held)
    }

    /// When a host left the fleet, if it did.
    pub(crate) fn left(&self, host: HostId) -> Option<Timestamp> {
        self.note(host)?.left
    }

    /// Hosts that run a task.
    pub(crate) fn leased(&self) -> impl Iterator<Item = HostId> {
        self.leased.ones().map(|host| HostId::new(saturating_u32(host)))
    }

    /// Hosts that are unavailable for another reason than running a task, in fleet order.
    pub(crate) fn stuck(&self) -> impl Iterator<Item = HostId> {
        let stuck = self.noted.iter().filter(|(_, host)| host.is_stuck());
        stuck.map(|(&host, _)| host)
    }

    /// [`stuck`](Self::stuck) hosts, with all that is known of them.
    pub(crate) fn stuck_states(&self) -> impl Iterator<Item = (HostId, &HostState)> {
        let noted = self.noted.iter().map(|(&host, state)| (host, state));
        noted.filter(|(_, host)| host.is_stuck())
    }

    /// Hosts that were taken out of the fleet, in fleet order.
    pub(crate) fn removed(&self) -> impl Iterator<Item = HostId> {
        let removed = self.noted.iter().filter(|(_, host)| host.left.is_some());
        removed.map(|(&host, _)| host)
    }

    /// Whether there are any of these.
    pub(crate) fn any_removed(&self) -> bool {
        self.removed > 0
    }

    /// Hosts of which there is anything to know, in fleet order.
    pub(super) fn known(&self) -> impl Iterator<Item = HostId> {
        let known = &self.leased | &self.is_noted;
        let known: Vec<usize> = known.ones().collect();
        known.into_iter().map(|host| HostId::new(saturating_u32(host)))
    }

    /// All of it that is not said by the attempts under way.
    #[cfg(feature = "testing")]
    pub(crate) fn notes(&self) -> (&BTreeMap<HostId, HostState>, &BTreeMap<HostId, Vec<FailedAttempt>>) {
        (&self.noted, &self.earlier)
    }

    /// What other jobs left behind on a host before the one that its state names, the latest last.
    pub(crate) fn earlier(&self, host: HostId) -> &[FailedAttempt] {
        self.earlier.get(&host).map_or(&[], Vec::as_slice)
    }

    pub(in crate::scheduler) fn set_earlier(&mut self, host: HostId, earlier: Vec<FailedAttempt>) {
        if earlier.is_empty() {
            self.earlier.remove(&host);
        } else {
            self.earlier.insert(host, earlier);
        }
    }

    /// A host leaves the fleet, and is still needed.
    pub(in crate::scheduler) fn remove(&mut self, host: HostId, at: Timestamp) {
        let removed = HostState {
            left: Some(at),
            ..HostState::default()
        };
        self.set(host, removed, Timestamp::EPOCH);
    }

    pub(super) fn note(&self, host: HostId) -> Option<&HostState> {
        if self.is_noted.contains(host.index()) {
            self.noted.get(&host)
        } else {
            None
        }
    }

    /// A host; when it runs a task, that began at `begun`.
    pub(super) fn get(&self, host: HostId, begun: Timestamp) -> HostState {
        let leased = self.is_leased(host);
        self.note(host).copied().unwrap_or(HostState {
            leased,
            since: if leased { begun } else { Timestamp::EPOCH },
            ..HostState::default()
        })
    }

    pub(in crate::scheduler) fn set(&mut self, host: HostId, state: HostState, begun: Timestamp) {
        self.removed -= usize::from(self.is_removed(host));
        self.removed += usize::from(state.left.is_some());
        self.leased.set(host.index(), state.leased);
        // A host that had failed and was marked up while its repair runs: its attempt does not
        // say since when it is unavailable.
        let since_before = state.leased && state.since != begun;
        let noted = state.is_stuck() || state.left.is_some() || since_before;
        if noted {
            self.noted.insert(host, state);
        } else if self.is_noted.contains(host.index()) {
            self.noted.remove(&host);
        }
        self.is_noted.set(host.index(), noted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_have_left_are_known_until_they_are_back() {
        let (mut hosts, host) = (Hosts::new(2), HostId::new(1));
        (0..2).for_each(|_| hosts.remove(host, Timestamp::EPOCH));
        assert!(hosts.any_removed() && hosts.removed().eq([host]));
        hosts.set(host, HostState::default(), Timestamp::EPOCH);
        assert!(!hosts.any_removed() && hosts.removed().next().is_none());
    }
}
