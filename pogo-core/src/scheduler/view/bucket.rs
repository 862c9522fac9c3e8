//! Views of limits.

use std::fmt;

use crate::plan::{Bucket, BucketId};
use crate::scheduler::Holder;
use crate::scheduler::state::State;

/// A bucket and its usage.
#[derive(Debug, Clone, Copy)]
pub struct BucketView<'a> {
    state: &'a State,
    bucket: &'a Bucket,
    id: BucketId,
}

impl<'a> BucketView<'a> {
    /// Its position among the [`Rules`](crate::plan::Rules).
    pub fn id(&self) -> BucketId {
        self.id
    }

    /// The limit.
    pub fn bucket(&self) -> &'a Bucket {
        self.bucket
    }

    /// Hosts of it that run a task.
    pub fn running(&self) -> u32 {
        self.state.bucket(self.id).1.running
    }

    /// Its unavailable hosts, running ones included.
    pub fn unavailable(&self) -> u32 {
        self.state.bucket(self.id).1.unavailable
    }

    /// The hosts that hold its slots, why and since when, in fleet order; a host once for each reason.
    pub fn holders(&self) -> Vec<Holder> {
        self.state.holders(self.id)
    }
}

/// The limit and its usage: `$web: max_parallel: 25% (5 slots), 3 used, 2 running`.
impl fmt::Display for BucketView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {} used, {} running",
            self.bucket,
            self.unavailable(),
            self.running()
        )
    }
}

impl State {
    pub(in crate::scheduler) fn bucket_views(&self) -> impl Iterator<Item = BucketView<'_>> {
        let buckets = self.rules.buckets().iter().zip((0..).map(BucketId));
        buckets.map(|(bucket, id)| BucketView {
            state: self,
            bucket,
            id,
        })
    }

    pub(in crate::scheduler) fn bucket_view(&self, id: BucketId) -> Option<BucketView<'_>> {
        let bucket = self.rules.buckets().get(id.index())?;
        Some(BucketView {
            state: self,
            bucket,
            id,
        })
    }
}
