//! Counters of a run, kept while it runs so that its events need not be.

use std::time::Duration;

use super::run::{GroupUse, Run};
use crate::Timestamp;
use crate::fleet::HostName;
use crate::plan::BucketId;
use crate::scheduler::{
    Event, HostEvent, HostEventKind, JobId, JobStatus, NamespaceEventKind, Record, Scheduler, TaskEvent, TaskEventKind,
};

/// The counters of one run.
#[derive(Debug)]
pub(super) struct Tracker {
    job: JobId,
    submitted: Timestamp,
    last_end: Timestamp,
    running: u32,
    peak_running: u32,
    groups: Vec<TrackedLimit>,
}

/// One limit. Areas are in milliseconds times slots.
#[derive(Debug, Clone, Copy, Default)]
struct TrackedLimit {
    since: Timestamp,
    free: u32,
    peak: u32,
    idle: u64,
    idle_until_last_start: u64,
    last_start: Option<Timestamp>,
}

impl Tracker {
    /// Of a job that is submitted while so many tasks run.
    pub(super) fn new(job: JobId, running: u32) -> Self {
        Self {
            job,
            submitted: Timestamp::EPOCH,
            last_end: Timestamp::EPOCH,
            running,
            peak_running: 0,
            groups: vec![],
        }
    }

    pub(super) fn note(&mut self, scheduler: &Scheduler, records: &[Record]) {
        for Record { at, event } in records {
            match event {
                Event::Namespace(event) => match event.kind {
                    NamespaceEventKind::Configured { .. } => self.configured(*at, scheduler),
                    NamespaceEventKind::OwnerChanged { .. }
                    | NamespaceEventKind::Restored { .. }
                    | NamespaceEventKind::Ordered { .. }
                    | NamespaceEventKind::HostsFrozen { .. }
                    | NamespaceEventKind::HostsThawed { .. }
                    | NamespaceEventKind::LateReported { .. } => {}
                },
                Event::Host(HostEvent { host, kind, .. }) => match kind {
                    HostEventKind::MarkedDown { .. }
                    | HostEventKind::MarkedUp { .. }
                    | HostEventKind::Held { .. }
                    | HostEventKind::Released { .. } => self.host(*at, host, false, scheduler),
                    HostEventKind::HoldWaiting { .. } | HostEventKind::FenceForced { .. } => {}
                },
                Event::Job(_) => {
                    if event.submitted() == Some(self.job) {
                        (self.submitted, self.last_end) = (*at, *at);
                        self.configured(*at, scheduler);
                    }
                }
                Event::Task(event) => self.task(*at, event, scheduler),
            }
        }
    }

    fn task(&mut self, at: Timestamp, TaskEvent { job, host, kind, .. }: &TaskEvent, scheduler: &Scheduler) {
        match kind {
            TaskEventKind::Started { .. } => {
                self.running += 1;
                self.peak_running = self.peak_running.max(self.running);
                self.host(at, host, true, scheduler);
            }
            TaskEventKind::Succeeded { .. }
            | TaskEventKind::Failed { .. }
            | TaskEventKind::InDoubt { .. }
            | TaskEventKind::NeverBegan { .. } => {
                self.running = self.running.saturating_sub(1);
                if *job == self.job {
                    self.last_end = at;
                }
                self.host(at, host, false, scheduler);
            }
            TaskEventKind::Fenced { reopens: true, .. } => self.running += 1,
            TaskEventKind::Skipped => self.host(at, host, false, scheduler),
            TaskEventKind::PhaseEntered { .. }
            | TaskEventKind::Permitted { .. }
            | TaskEventKind::Fenced { .. }
            | TaskEventKind::HostKeyRecorded { .. }
            | TaskEventKind::Slow { .. }
            | TaskEventKind::CancelRequested { .. }
            | TaskEventKind::Retried { .. }
            | TaskEventKind::Cancelled => {}
        }
    }

    pub(super) fn finish(self, seed: u64, scheduler: &Scheduler) -> Run {
        let job = scheduler.job(self.job);
        let buckets = scheduler.rules().buckets();
        let groups = self.groups.iter().zip(buckets).map(|(group, bucket)| {
            let span = group.last_start.map_or(0, |last| (last - self.submitted).as_millis());
            let offered = u64::try_from(span)
                .unwrap_or(u64::MAX)
                .saturating_mul(bucket.slots.into());
            GroupUse {
                peak: group.peak,
                idle: Duration::from_millis(group.idle_until_last_start),
                offered: Duration::from_millis(offered),
            }
        });
        Run {
            seed,
            status: job.map_or(JobStatus::Waiting, |job| job.status()),
            makespan: self.last_end - self.submitted,
            tally: job.map(|job| job.tally()).unwrap_or_default(),
            peak_running: self.peak_running,
            groups: groups.collect(),
        }
    }

    /// Resets the counters, when the job is submitted or the limits change.
    fn configured(&mut self, at: Timestamp, scheduler: &Scheduler) {
        let buckets = scheduler.rules().buckets();
        // From the beginning: areas of limits that are no longer in force would be compared with
        // slots of new ones.
        self.groups = buckets
            .iter()
            .zip((0..).map(BucketId))
            .map(|(bucket, id)| {
                let unavailable = scheduler.usage(id).1;
                TrackedLimit {
                    since: at,
                    free: bucket.slots.saturating_sub(unavailable),
                    peak: unavailable,
                    ..TrackedLimit::default()
                }
            })
            .collect();
    }

    fn host(&mut self, at: Timestamp, host: &HostName, started: bool, scheduler: &Scheduler) {
        let rules = scheduler.rules();
        let Some(host) = scheduler.fleet().id(host.as_str()) else {
            return;
        };
        for &id in rules.buckets_of(host) {
            let (Some(group), Some(bucket)) = (self.groups.get_mut(id.index()), rules.buckets().get(id.index())) else {
                continue;
            };
            let span = u64::try_from((at - group.since).as_millis()).unwrap_or(u64::MAX);
            group.idle = group.idle.saturating_add(span.saturating_mul(group.free.into()));
            let unavailable = scheduler.usage(id).1;
            group.since = at;
            group.free = bucket.slots.saturating_sub(unavailable);
            group.peak = group.peak.max(unavailable);
            if started {
                // Slots that stand idle after the last host of the group has started cost the job
                // nothing.
                group.idle_until_last_start = group.idle;
                group.last_start = Some(at);
            }
        }
    }
}
