//! Where classes wait that cannot start now.

use std::collections::BinaryHeap;
use std::hash::BuildHasher;

use fixedbitset::FixedBitSet;
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use super::class::Entry;
use super::lot::Lot;
use super::{ClassId, Key};
use crate::plan::BucketId;
use crate::scheduler::JobId;
use crate::scheduler::by_job::FastMap;

/// Classes by their urgency, of which some entries are out of date.
#[derive(Debug, Clone, Default)]
pub(super) struct Queue {
    pub(super) heap: BinaryHeap<Entry>,
    /// How many were put right, or are known to be left over, since all of it was.
    pub(super) corrected: u32,
    /// Which queue of a bucket it is; no matter for others.
    position: u32,
}

const _: () = assert!(size_of::<Queue>() == 32, "where racks are small there are many");

impl Queue {
    /// So many entries are put right one by one, however short the queue is.
    pub(super) const MANY: usize = 8;

    /// Whether so much of it was put right one by one that the rest is put right at once.
    pub(super) fn is_out_of_date(&self) -> bool {
        self.corrected as usize > Self::MANY + self.heap.len() / 8
    }

    /// Takes all of it, to be put right at once.
    pub(super) fn take(&mut self) -> Vec<Entry> {
        self.corrected = 0;
        std::mem::take(&mut self.heap).into_vec()
    }
}

/// A queue for each thing that can stop a class and gives way without the job changing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Parking {
    /// Of each bucket that ever stopped something, by position: classes that need an available host's slot, and classes
    /// that repair. Nobody goes through them, so that they need no order.
    buckets: HashTable<Queue>,
    /// Whether anything waits in them, by position: a freed slot asks that of each of its buckets.
    occupied: FixedBitSet,
    jobs: FastMap<JobId, Queue>,
    /// Queues that may have a class that can start.
    awake: Vec<Awake>,
}

/// A queue that may have a class that can start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Awake {
    pub(crate) lot: Lot,
    /// The front of the queue as last looked up. Urgency only decreases, so the true one is not more urgent, unless
    /// something was queued since; then this is `None`.
    pub(crate) top: Option<(Key, ClassId)>,
    /// Whether it was looked up since the state last changed.
    pub(crate) is_current: bool,
}

impl Parking {
    pub(super) fn new(buckets: usize) -> Self {
        let mut parking = Self::default();
        parking.occupied.grow(2 * buckets);
        parking
    }

    pub(super) fn park(&mut self, lot: Lot, entry: Entry) {
        self.queue(lot).heap.push(entry);
        if let Lot::Bucket { bucket, repair } = lot {
            self.occupied.insert(position(bucket, repair) as usize);
        }
    }

    pub(super) fn queue(&mut self, lot: Lot) -> &mut Queue {
        match lot {
            Lot::Bucket { bucket, repair } => self.queue_at(position(bucket, repair)),
            Lot::Job(job) => self.jobs.entry(job).or_default(),
        }
    }

    fn queue_at(&mut self, position: u32) -> &mut Queue {
        let hash = |position: u32| FxBuildHasher.hash_one(position);
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
                let lot = Lot::Bucket { bucket, repair };
                if !self.is_occupied(lot) {
                    continue;
                }
                if self.queue(lot).heap.is_empty() {
                    self.occupied.remove(position(bucket, repair) as usize);
                } else {
                    self.wake(lot);
                }
            }
        }
    }

    /// Whether anything may wait there.
    pub(super) fn is_occupied(&self, lot: Lot) -> bool {
        match lot {
            Lot::Bucket { bucket, repair } => self.occupied.contains(position(bucket, repair) as usize),
            Lot::Job(job) => self.jobs.contains_key(&job),
        }
    }

    /// A job runs fewer tasks than before.
    pub(super) fn wake_job(&mut self, job: JobId) {
        if self.jobs.get(&job).is_some_and(|queue| !queue.heap.is_empty()) {
            self.wake(Lot::Job(job));
        }
    }

    /// A job has finished.
    pub(super) fn forget_job(&mut self, job: JobId) {
        self.jobs.remove(&job);
    }

    fn wake(&mut self, lot: Lot) {
        if !self.awake.iter().any(|awake| awake.lot == lot) {
            self.awake.push(Awake {
                lot,
                top: None,
                is_current: false,
            });
        }
    }

    /// Something more urgent than its front may have been queued.
    pub(super) fn forget_top(&mut self, lot: Lot) {
        for awake in &mut self.awake {
            if awake.lot == lot {
                awake.top = None;
            }
        }
    }

    pub(super) fn awake(&mut self) -> &mut Vec<Awake> {
        &mut self.awake
    }
}

fn position(bucket: BucketId, repair: bool) -> u32 {
    2 * bucket.0 + u32::from(repair)
}
