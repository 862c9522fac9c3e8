//! The limits of a job that has ended: how far each was used, for a person and for a program.

use std::io;

use pogo_core::Timestamp;
use pogo_core::policy::Rule;
use pogo_core::scheduler::Record;
use serde::Serialize;

use super::group::Group;
use super::{JobProgress, json_line};

impl JobProgress {
    /// The limits on hosts of the job, those first that held hosts back longest.
    pub(super) fn limits(&self) -> Vec<&Group> {
        let own = self.total.iter().filter(|total| total.limit.is_some());
        let groups = self.groups.iter().filter(|group| group.hosts > 0);
        let mut limits: Vec<&Group> = own.chain(groups).collect();
        limits.sort_by_key(|group| std::cmp::Reverse(group.full_for));
        limits
    }

    /// The last line of an event log: the table of limits. `None` where there was no job.
    pub(super) fn limits_line(&self) -> io::Result<Option<String>> {
        if self.job.is_none() {
            return Ok(None);
        }
        let line = LimitsRecord {
            at: self.now,
            summary: "limits",
            version: VERSION,
            limits: self.limits().into_iter().filter_map(UsedLimit::of).collect(),
        };
        json_line(&line).map(Some)
    }
}

/// That line, for records that are all there.
pub(crate) fn limits_of(records: &[Record]) -> io::Result<String> {
    let mut progress = JobProgress::default();
    records.iter().for_each(|record| _ = progress.note(record));
    Ok(progress.limits_line()?.unwrap_or_default())
}

/// Readers of logs skip lines of a version above that of output, also those that know nothing of this one.
const VERSION: u32 = 2;

#[derive(Serialize)]
struct LimitsRecord<'w> {
    at: Timestamp,
    summary: &'static str,
    version: u32,
    limits: Vec<UsedLimit<'w>>,
}

#[derive(Serialize)]
struct UsedLimit<'w> {
    group: &'w str,
    rule: Rule,
    /// Hosts of the job that it counts.
    hosts: u32,
    slots: u32,
    /// The most that ran at once.
    peak: u32,
    /// How often hosts came to wait because every slot was taken.
    times_full: u32,
    /// For how many milliseconds they waited, all times together.
    full_for: u64,
}

impl<'w> UsedLimit<'w> {
    fn of(group: &'w Group) -> Option<Self> {
        let (rule, slots) = group.limit?;
        Some(Self {
            group: group.name(),
            rule,
            hosts: group.hosts,
            slots,
            peak: group.widest,
            times_full: group.times_full,
            full_for: u64::try_from(group.full_for.as_millis()).unwrap_or(u64::MAX),
        })
    }
}
