//! Queues of classes that cannot start now, one for each reason.

use std::hash::BuildHasher;

use fixedbitset::FixedBitSet;
use hashbrown::HashTable;

use super::class::Entry;
use super::priority_queue::PriorityQueue;
use super::wait_reason::WaitReason;
use super::{ClassId, Key};
use crate::plan::BucketId;
use crate::scheduler::collections::{DenseHash, FastMap};
use crate::scheduler::ids::JobIndex;

/// Classes by their urgency. Some entries are out of date: see [`Queue::corrected`].
#[derive(Debug, Clone, Default)]
pub(super) struct Queue {
    pub(super) entries: PriorityQueue<Entry>,
    /// How many entries were corrected one by one, or are known to stand for nothing, since all of them were corrected.
    /// Those that only went to the end are not counted: they cost no more than they would among all.
    pub(super) corrected: u32,
    /// Which queue of a bucket it is; unused in others.
    position: u32,
}

const _: () = assert!(size_of::<Queue>() == 32, "where racks are small there are many");

impl Queue {
    /// So many entries are corrected one by one, however short the queue is.
    pub(super) const MANY: usize = 8;

    /// Whether so many entries were corrected one by one that the rest is corrected at once.
    // An eighth, so that correcting all of them costs a constant for each one that was corrected
    // before, however many there are.
    pub(super) fn is_out_of_date(&self) -> bool {
        self.corrected as usize > Self::MANY + self.entries.len() / 8
    }

    /// Takes all entries, to be corrected at once.
    pub(super) fn take(&mut self) -> Vec<Entry> {
        self.corrected = 0;
        self.entries.take()
    }
}

/// A queue for each reason to wait that can end without the job changing.
#[derive(Debug, Clone, Default)]
pub(crate) struct WaitQueues {
    /// Of each bucket in which something ever waited: classes that need an available host's slot, and classes that
    /// repair.
    // Found by a hash that is not stored: where racks are small there are more buckets than fit into a cache.
    buckets: HashTable<Queue>,
    /// Whether anything waits in them, by position. A freed slot asks this of each of its buckets, most of which have
    /// nobody.
    occupied: FixedBitSet,
    jobs: FastMap<JobIndex, Queue>,
    /// Queues that may have a class that can start. Few at a time, so that they are searched from end to end.
    woken: Vec<WokenQueue>,
}

/// A queue that may have a class that can start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WokenQueue {
    pub(crate) reason: WaitReason,
    /// The front of the queue as last found. Urgency only decreases, and nothing more urgent is queued while tasks are
    /// picked, so the true one is not more urgent. `None` before the first look.
    pub(crate) top: Option<(Key, ClassId)>,
    /// Whether it was found since the state last changed.
    pub(crate) is_current: bool,
}

impl WaitQueues {
    pub(super) fn new(buckets: usize) -> Self {
        let mut wait_queues = Self::default();
        wait_queues.occupied.grow(2 * buckets);
        wait_queues
    }

    pub(super) fn push(&mut self, reason: WaitReason, entry: Entry) {
        self.queue(reason).entries.push(entry);
        if let WaitReason::Bucket { bucket, repair } = reason {
            self.occupied.insert(position(bucket, repair) as usize);
        }
    }

    pub(super) fn queue(&mut self, reason: WaitReason) -> &mut Queue {
        match reason {
            WaitReason::Bucket { bucket, repair } => self.queue_at(position(bucket, repair)),
            WaitReason::Job(job) => self.jobs.entry(job).or_default(),
        }
    }

    fn queue_at(&mut self, position: u32) -> &mut Queue {
        // Keeps neighbours together: jobs that report in turn wait for neighbouring buckets.
        let hash = |position: u32| DenseHash::default().hash_one(position);
        let is_it = |queue: &Queue| queue.position == position;
        let entry = self.buckets.entry(hash(position), is_it, |queue| hash(queue.position));
        let fresh = || Queue {
            position,
            ..Queue::default()
        };
        entry.or_insert_with(fresh).into_mut()
    }

    /// These buckets may have room.
    pub(super) fn wake_buckets(&mut self, buckets: &[BucketId]) {
        for &bucket in buckets {
            for repair in [false, true] {
                let reason = WaitReason::Bucket { bucket, repair };
                if !self.is_occupied(reason) {
                    continue;
                }
                // The bit is only cleared when somebody comes by: clearing it at each pop would
                // cost a look at the queue's end there.
                if self.queue(reason).entries.is_empty() {
                    self.occupied.remove(position(bucket, repair) as usize);
                } else {
                    self.wake(reason);
                }
            }
        }
    }

    /// Whether anything may wait there.
    pub(super) fn is_occupied(&self, reason: WaitReason) -> bool {
        match reason {
            WaitReason::Bucket { bucket, repair } => self.occupied.contains(position(bucket, repair) as usize),
            WaitReason::Job(job) => self.jobs.contains_key(&job),
        }
    }

    /// A job runs fewer tasks than before.
    pub(super) fn wake_job(&mut self, job: JobIndex) {
        if self.jobs.get(&job).is_some_and(|queue| !queue.entries.is_empty()) {
            self.wake(WaitReason::Job(job));
        }
    }

    /// A job has finished.
    pub(super) fn forget_job(&mut self, job: JobIndex) {
        self.jobs.remove(&job);
    }

    fn wake(&mut self, reason: WaitReason) {
        if !self.woken.iter().any(|woken| woken.reason == reason) {
            self.woken.push(WokenQueue {
                reason,
                top: None,
                is_current: false,
            });
        }
    }

    pub(super) fn woken(&mut self) -> &mut Vec<WokenQueue> {
        &mut self.woken
    }
}

fn position(bucket: BucketId, repair: bool) -> u32 {
    2 * bucket.0 + u32::from(repair)
}
