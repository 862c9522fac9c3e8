//! Hosts that hold slots of a bucket.

use std::collections::{BTreeMap, BTreeSet};

use crate::Timestamp;
use crate::fleet::HostId;
use crate::plan::BucketId;
use crate::scheduler::state::{HostState, State};
use crate::scheduler::{Holder, HolderReason};

impl State {
    /// Who holds slots of a bucket, in fleet order.
    pub(in crate::scheduler) fn holders(&self, bucket: BucketId) -> Vec<Holder> {
        self.holders_of(&BTreeSet::from([bucket]))
            .remove(&bucket)
            .unwrap_or_default()
    }

    /// Who holds slots of several buckets, in one pass over the unavailable hosts.
    pub(in crate::scheduler) fn holders_of(&self, buckets: &BTreeSet<BucketId>) -> BTreeMap<BucketId, Vec<Holder>> {
        let mut held: BTreeMap<BucketId, Vec<Holder>> = BTreeMap::new();
        if buckets.is_empty() {
            return held;
        }
        // Through the unavailable hosts and not through those of the buckets: of a large group few
        // are unavailable.
        for (host, reasons) in self.unavailable() {
            let counting = self.rules.buckets_of(host).iter();
            for bucket in counting.filter(|bucket| buckets.contains(bucket)) {
                let counts = self.usage[bucket.index()].limit.counts_unavailable;
                let runs = |reason: &HolderReason| matches!(reason, HolderReason::Running { .. });
                // A limit on what runs is not held by hosts that have failed.
                let holding = reasons.iter().filter(|(reason, _)| counts || runs(reason));
                let holders = holding.map(|&(ref reason, since)| Holder {
                    host: self.fleet.name(host).clone(),
                    reason: reason.clone(),
                    since,
                });
                held.entry(*bucket).or_default().extend(holders);
            }
        }
        held
    }

    /// Every unavailable host, in fleet order, with each reason and since when.
    fn unavailable(&self) -> BTreeMap<HostId, Vec<(HolderReason, Timestamp)>> {
        let mut hosts: BTreeMap<HostId, Vec<(HolderReason, Timestamp)>> = BTreeMap::new();
        for (_, running) in self.attempts.iter() {
            let reason = HolderReason::Running { job: running.task.0 };
            let host = hosts.entry(running.target.host).or_default();
            host.push((reason, running.started));
        }
        for (host, state) in self.hosts.stuck_states() {
            hosts.entry(host).or_default().extend(self.stuck_reasons(host, state));
        }
        hosts
    }

    /// Why one host is unavailable, each reason for itself; empty if it is available.
    pub(in crate::scheduler) fn reasons_of(&self, host: HostId) -> Vec<Holder> {
        let running = self.running_on(host).map(|running| {
            let reason = HolderReason::Running { job: running.task.0 };
            (reason, running.started)
        });
        let reasons = running.into_iter().chain(self.stuck_reasons(host, &self.host(host)));
        reasons
            .map(|(reason, since)| Holder {
                host: self.fleet.name(host).clone(),
                reason,
                since,
            })
            .collect()
    }

    /// Every reason but running.
    fn stuck_reasons(&self, host: HostId, state: &HostState) -> Vec<(HolderReason, Timestamp)> {
        let failed = self.hosts.earlier(host).iter().chain(&state.failed_attempt);
        let failed = failed.map(|failed_attempt| {
            let job = failed_attempt.job;
            let reason = if failed_attempt.in_doubt {
                HolderReason::InDoubt { job }
            } else {
                HolderReason::Failed { job }
            };
            (reason, failed_attempt.at)
        });
        let down = state.down.map(|since| (HolderReason::Down, since));
        failed.chain(down).chain(self.held_since(host)).collect()
    }

    /// Who holds a host outside of any job, and since when.
    fn held_since(&self, host: HostId) -> Option<(HolderReason, Timestamp)> {
        let hold = self
            .holds
            .in_force(self.fleet.name(host))
            .filter(|_| self.hosts.is_held(host))?;
        let owner = hold.owner.clone();
        Some((HolderReason::Held { owner }, hold.since?))
    }

    /// Why this host holds slots, if it holds any. Of several reasons, running comes first, then a failure, then a
    /// mark, then a hold.
    pub(in crate::scheduler) fn holds(&self, host: HostId) -> Option<HolderReason> {
        let state = self.host(host);
        match (self.lease(host), state.failed_attempt) {
            (Some((job, _)), _) => Some(HolderReason::Running { job }),
            (None, Some(failed_attempt)) if failed_attempt.in_doubt => Some(HolderReason::InDoubt {
                job: failed_attempt.job,
            }),
            (None, Some(failed_attempt)) => Some(HolderReason::Failed {
                job: failed_attempt.job,
            }),
            (None, None) if state.down.is_some() => Some(HolderReason::Down),
            (None, None) => self.held_since(host).map(|(reason, _)| reason),
        }
    }
}
