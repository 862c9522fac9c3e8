//! Invariants over records.

use std::collections::BTreeSet;

use super::recorded::Recorded;
use crate::fleet::{HostName, fold};
use crate::scheduler::{Event, HostEventKind, JobEvent, JobEventKind, JobId, Record, TaskEvent, TaskEventKind};

/// At no moment do more than `most` of these hosts run, over all jobs.
///
/// # Panics
/// They do. The message names the record and the hosts that run.
#[track_caller]
pub fn assert_never_more_than(records: &[Record], hosts: &[HostName], most: usize) {
    let mut now = Recorded::default();
    for (record, at) in records.iter().zip(0_usize..) {
        now.note(record);
        let running: Vec<&HostName> = hosts.iter().filter(|host| now.running.contains_key(*host)).collect();
        assert!(
            running.len() <= most,
            "{} of {} run at once, more than {most}: {}\n{}",
            running.len(),
            fold(hosts),
            fold(running),
            place(record, at)
        );
    }
}

/// No available host is started or held while `most` of these hosts, or more, are unavailable: because they run, have
/// failed, are in doubt, are held or are marked down. Hosts that are unavailable already may be started, and may go on
/// failing.
///
/// # Panics
/// One is. The message names the record and the hosts that were unavailable.
#[track_caller]
pub fn assert_stays_available(records: &[Record], hosts: &[HostName], most: usize) {
    let mut now = Recorded::default();
    for (record, at) in records.iter().zip(0_usize..) {
        let taken = match &record.event {
            Event::Task(event) if event.started().is_some() => Some(&event.host),
            Event::Host(event) => match event.kind {
                HostEventKind::Held { .. } => Some(&event.host),
                // What takes a host away without asking whether it may.
                HostEventKind::MarkedDown { .. }
                | HostEventKind::MarkedUp { .. }
                | HostEventKind::FenceForced { .. }
                | HostEventKind::HoldWaiting { .. }
                | HostEventKind::Released { .. } => None,
            },
            Event::Task(_) | Event::Job(_) | Event::Namespace(_) => None,
        };
        if let Some(host) = taken
            && hosts.contains(host)
            && !now.is_unavailable(host)
        {
            let away: Vec<&HostName> = hosts.iter().filter(|host| now.is_unavailable(host)).collect();
            assert!(
                away.len() < most,
                "{host} is taken out of service although {} of {} are unavailable, and {most} may be: {}\n{}",
                away.len(),
                fold(hosts),
                fold(away),
                place(record, at)
            );
        }
        now.note(record);
    }
}

/// In each job, hosts of `later` start only when every host of `earlier` that the job has was done or skipped.
/// For sequences that allow no failures.
///
/// # Panics
/// One starts before. The message names the record and the hosts it should have waited for.
#[track_caller]
pub fn assert_order(records: &[Record], earlier: &[HostName], later: &[HostName]) {
    let mut open: BTreeSet<(JobId, &HostName)> = BTreeSet::new();
    for (record, at) in records.iter().zip(0_usize..) {
        match &record.event {
            Event::Job(JobEvent { job, kind, .. }) => {
                if let JobEventKind::Submitted { hosts, .. } = kind {
                    let hosts = hosts.iter().filter(|host| earlier.contains(host));
                    open.extend(hosts.map(|host| (*job, host)));
                }
            }
            Event::Task(TaskEvent { job, host, kind, .. }) => match kind {
                TaskEventKind::Succeeded { .. } | TaskEventKind::Skipped => _ = open.remove(&(*job, host)),
                TaskEventKind::Retried { .. } if earlier.contains(host) => _ = open.insert((*job, host)),
                TaskEventKind::Started { .. } if later.contains(host) && !earlier.contains(host) => {
                    let waits_for: Vec<&HostName> =
                        open.iter().filter(|(of, _)| of == job).map(|(_, host)| *host).collect();
                    assert!(
                        waits_for.is_empty(),
                        "{host} starts before {} of {job} is done\n{}",
                        fold(waits_for),
                        place(record, at)
                    );
                }
                TaskEventKind::Started { .. }
                | TaskEventKind::Permitted { .. }
                | TaskEventKind::Fenced { .. }
                | TaskEventKind::NeverBegan { .. }
                | TaskEventKind::PhaseEntered { .. }
                | TaskEventKind::HostKeyRecorded { .. }
                | TaskEventKind::Slow { .. }
                | TaskEventKind::CancelRequested { .. }
                | TaskEventKind::Failed { .. }
                | TaskEventKind::InDoubt { .. }
                | TaskEventKind::Retried { .. }
                | TaskEventKind::Cancelled => {}
            },
            Event::Namespace(_) | Event::Host(_) => {}
        }
    }
}

/// No host runs two attempts at once, no attempt begins or ends twice, and no job runs a host again on which it has
/// succeeded.
///
/// # Panics
/// One does. The message names the record.
#[track_caller]
pub fn assert_once(records: &[Record]) {
    let mut now = Recorded::default();
    let mut begun = BTreeSet::new();
    let mut done: BTreeSet<(JobId, &HostName)> = BTreeSet::new();
    for (record, at) in records.iter().zip(0_usize..) {
        if let Event::Task(TaskEvent { job, host, kind, .. }) = &record.event {
            if let Some(attempt) = record.event.started() {
                let place = || place(record, at);
                assert!(begun.insert(attempt), "{attempt} begins twice\n{}", place());
                assert!(
                    !done.contains(&(*job, host)),
                    "{host} is done in {job} and runs again\n{}",
                    place()
                );
                if let Some((other, earlier)) = now.running.get(host) {
                    panic!("{host} runs {earlier} of {other} and is started again\n{}", place());
                }
            }
            if let Some(attempt) = record.event.ended() {
                assert_runs(&now, record, at, host, (*job, attempt));
            }
            if matches!(kind, TaskEventKind::Succeeded { .. }) {
                done.insert((*job, host));
            }
        }
        now.note(record);
    }
}

#[track_caller]
fn assert_runs(
    now: &Recorded,
    record: &Record,
    at: usize,
    host: &HostName,
    attempt: (JobId, crate::scheduler::AttemptId),
) {
    assert!(
        now.running.get(host) == Some(&attempt),
        "{} ends on {host} without having begun there\n{}",
        attempt.1,
        place(record, at)
    );
}

/// The position and text of a record.
fn place(record: &Record, at: usize) -> String {
    let line = serde_json::to_string(record).unwrap_or_else(|_| format!("{record:?}"));
    format!("record {at}: {line}")
}
