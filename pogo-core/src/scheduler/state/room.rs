//! The buckets of a host, and whether they have room for it.

use super::State;
use crate::plan::BucketId;
use crate::scheduler::limits::{Usage, has_room};

impl State {
    /// The buckets of a profile with their usage.
    pub(in crate::scheduler) fn usages(&self, profile: u32) -> impl Iterator<Item = (BucketId, Usage)> {
        let buckets = self.rules.profile(profile).buckets.iter();
        buckets.map(|&bucket| (bucket, self.usage[bucket.index()]))
    }

    /// The buckets that have no room for one more available host that somebody takes out of service and runs nothing
    /// on.
    pub(in crate::scheduler) fn full_for_hold(&self, profile: u32) -> impl Iterator<Item = BucketId> {
        // A limit of what runs says nothing of a host on which nothing does.
        let full = self
            .usages(profile)
            .filter(|(_, usage)| usage.limit.counts_unavailable && !has_room(*usage, false));
        full.map(|(bucket, _)| bucket)
    }
}
