//! Updates the series of limits when hosts change.

use std::collections::BTreeMap;

use super::usage::{Series, Usage};
use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::plan::{Bucket, BucketId};
use pogo_core::scheduler::{BucketView, Scheduler};

/// Keeps the series of all limits in step with the scheduler.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// The series of each bucket.
    series_of: Vec<usize>,
    /// Series by group and rule, and by number for duplicates: so a limit keeps its series when
    /// the policy changes.
    known: BTreeMap<(String, &'static str, usize), usize>,
}

impl Ledger {
    /// Handles a change of fleet or policy.
    pub(super) fn configured(&mut self, at: Timestamp, scheduler: &Scheduler, limits: &mut Vec<Series>) {
        // Limits that a new policy no longer has fall to 0 here, instead of keeping their last
        // value to the end of the picture.
        let mut gone: Vec<bool> = vec![true; limits.len()];
        self.series_of.clear();
        let mut seen: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for bucket in scheduler.rules().buckets() {
            let nth = seen.entry((&bucket.group, bucket.rule.key())).or_default();
            let series = self.series(bucket, *nth, limits);
            *nth += 1;
            self.series_of.push(series);
            if let Some(gone) = gone.get_mut(series) {
                *gone = false;
            }
        }
        for (series, _) in limits.iter_mut().zip(gone).filter(|(_, gone)| *gone) {
            series.note(at, Usage::default());
        }
        for bucket in scheduler.buckets() {
            self.note(at, bucket, limits);
        }
    }

    fn series(&mut self, bucket: &Bucket, nth: usize, limits: &mut Vec<Series>) -> usize {
        let key = (bucket.group.clone(), bucket.rule.key(), nth);
        let found = *self.known.entry(key).or_insert(limits.len());
        if found == limits.len() {
            limits.push(Series::new(bucket.group.clone(), Some(bucket.rule), bucket.hosts));
        }
        if let Some(series) = limits.get_mut(found) {
            // The newest rule, as the number at the right end of the chart is the newest limit.
            (series.rule, series.hosts) = (Some(bucket.rule), bucket.hosts);
        }
        found
    }

    /// Handles a change of a host.
    pub(super) fn host(&self, at: Timestamp, host: &HostName, scheduler: &Scheduler, limits: &mut [Series]) {
        for &bucket in buckets_of(host, scheduler) {
            if let Some(bucket) = scheduler.bucket(bucket) {
                self.note(at, bucket, limits);
            }
        }
    }

    /// Marks the limits of a host of a job.
    pub(super) fn in_job(&self, host: &HostName, scheduler: &Scheduler, limits: &mut [Series]) {
        for bucket in buckets_of(host, scheduler) {
            let series = self.series_of.get(bucket.index());
            if let Some(series) = series.and_then(|&series| limits.get_mut(series)) {
                series.in_job = true;
            }
        }
    }

    fn note(&self, at: Timestamp, bucket: BucketView<'_>, limits: &mut [Series]) {
        let series = self.series_of.get(bucket.id().index());
        let Some(series) = series.and_then(|&series| limits.get_mut(series)) else {
            return;
        };
        let running = bucket.running();
        series.note(
            at,
            Usage {
                running,
                held: bucket.unavailable().saturating_sub(running),
                slots: Some(bucket.bucket().slots),
            },
        );
    }
}

fn buckets_of<'a>(host: &HostName, scheduler: &'a Scheduler) -> &'a [BucketId] {
    let host = scheduler.fleet().id(host.as_str());
    host.map(|host| scheduler.rules().buckets_of(host)).unwrap_or_default()
}
