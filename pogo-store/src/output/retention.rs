//! How long output and events are kept.

use std::time::Duration;

use pogo_core::scheduler::JobId;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How long output and events are kept, and how much output.
///
/// Each job is kept or removed as a whole, and never before it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retention {
    /// From this time after the last output of a job on, it is removed.
    pub age: Duration,
    /// From this time after the last change of a job's stored events on, they are removed.
    pub events: Duration,
    /// Where all output is larger, the jobs that wrote last longest ago are removed.
    pub bytes: u64,
    /// The most of its disk that all output may take, in percent, where that is less.
    pub disk_percent: u8,
}

impl Default for Retention {
    /// Output for 30 days, and at most 10 GiB or a tenth of the disk, whichever is less; events for a year.
    fn default() -> Self {
        Self {
            age: DAY * 30,
            events: DAY * 365,
            bytes: 10 << 30,
            disk_percent: 10,
        }
    }
}

impl Retention {
    /// Output for 30 days, and at most 10 GiB or a tenth of the disk, whichever is less; events for a year.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps output for so long after its job wrote last.
    pub fn age(mut self, age: Duration) -> Self {
        self.age = age;
        self
    }

    /// Keeps the events of a job for so long after its last one was stored.
    pub fn events(mut self, age: Duration) -> Self {
        self.events = age;
        self
    }

    /// Keeps so many bytes of all jobs together.
    pub fn bytes(mut self, bytes: u64) -> Self {
        self.bytes = bytes;
        self
    }

    /// Keeps no more of all jobs together than this share of the disk.
    pub fn disk_percent(mut self, percent: u8) -> Self {
        self.disk_percent = percent;
        self
    }

    /// The most bytes on a disk of this size.
    pub(super) fn most(&self, disk: u64) -> u64 {
        // Divided first: a disk may be so large that it cannot be multiplied.
        self.bytes.min((disk / 100).saturating_mul(self.disk_percent.into()))
    }
}

/// What was removed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pruned {
    /// The jobs whose output it was.
    pub jobs: Vec<JobId>,
    /// The size of it.
    pub bytes: u64,
}
