//! Attempts of a log, and the times they took.

use std::collections::BTreeMap;
use std::time::Duration;

use super::indexed::Indexed;
use crate::Timestamp;
use crate::fleet::HostName;
use crate::scheduler::{AttemptId, Event, JobId, Outcome, Phase, Record, TaskEvent, TaskEventKind};

/// How long each attempt of a past job took, host by host.
///
/// An attempt's time is from its start to its transport's report: hooks and time limits are in it, the settle time is
/// not, because the scheduler adds it anew.
///
/// ```
/// use std::sync::Arc;
/// use std::time::Duration;
/// use pogo_core::fleet::Fleet;
/// use pogo_core::plan::{JobSpec, RemoteCommand};
/// use pogo_core::policy::Policy;
/// use pogo_core::sim::{PastTimes, TaskTimes, World};
///
/// let fleet = Arc::new(Fleet::builder().tagged("web", "web[1-40]").build()?);
/// let policy = Arc::new(Policy::default());
/// let uniform = TaskTimes::Uniform { from: Duration::from_secs(1), to: Duration::from_secs(60) };
/// let mut world = World::new(Arc::clone(&fleet), Arc::clone(&policy))?.task_times(uniform);
/// world.submit(JobSpec::new("$web".parse()?, RemoteCommand::shell("restart")))?;
/// let past = world.run(); // or the log of a real job
///
/// let times = TaskTimes::Logged(Arc::new(PastTimes::of(&past.records)?));
/// let mut world = World::new(fleet, policy)?.task_times(times);
/// world.submit(JobSpec::new("$web".parse()?, RemoteCommand::shell("restart")))?;
/// assert_eq!(world.run().makespan(), past.makespan());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PastTimes {
    times: BTreeMap<HostName, Vec<Duration>>,
    median: Duration,
}

/// A log without task times.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PastError {
    /// No attempt ended in the log, so that no time is known.
    #[error("the log has no attempt that has ended; take the log of a job that ran, with all its events")]
    NoAttempts,
}

impl PastTimes {
    /// The times of every host in the log. Of several jobs that ran a host, the last counts.
    ///
    /// # Errors
    /// No attempt of the log has ended.
    pub fn of(records: &[Record]) -> Result<Self, PastError> {
        let mut times: BTreeMap<HostName, (JobId, Vec<Duration>)> = BTreeMap::new();
        let mut all = Vec::new();
        for attempt in attempts(records) {
            all.push(attempt.took);
            let of_host = times.entry(attempt.host).or_insert((attempt.job, vec![]));
            // Times of an older job would say how long an older version took.
            if of_host.0 != attempt.job {
                *of_host = (attempt.job, vec![]);
            }
            of_host.1.push(attempt.took);
        }
        if all.is_empty() {
            return Err(PastError::NoAttempts);
        }
        let middle = all.len() / 2;
        // The median, so that one host that hung does not make all unknown ones slow.
        let median = *all.select_nth_unstable(middle).1;
        Ok(Self {
            times: times.into_iter().map(|(host, (_, times))| (host, times)).collect(),
            median,
        })
    }

    /// How long this attempt of a host took; the first is 1. An attempt beyond those of the log takes as long as the
    /// host's last.
    pub fn of_attempt(&self, host: &HostName, attempt: u32) -> Option<Duration> {
        let times = self.times.get(host)?;
        let at = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
        times.get(at).or(times.last()).copied()
    }

    /// Half of the attempts took less; a host that is not in the log takes as long.
    pub fn median(&self) -> Duration {
        self.median
    }

    /// How many hosts are in the log.
    pub fn hosts(&self) -> usize {
        self.times.len()
    }
}

/// An attempt that has ended.
#[derive(Debug)]
pub(super) struct PastAttempt {
    pub(super) job: JobId,
    pub(super) host: HostName,
    /// The first of the host in the job is 1.
    pub(super) number: u32,
    pub(super) took: Duration,
    pub(super) outcome: Outcome,
    /// If it was cancelled: how long it took from then on.
    pub(super) lingered: Option<Duration>,
    /// Position in the log of what was reported.
    pub(super) reported: usize,
}

/// An attempt that has not ended.
struct OpenAttempt {
    number: u32,
    started: Timestamp,
    /// When it was reported to have succeeded, and the record that says so.
    settles: Option<(Timestamp, usize)>,
    cancelled_at: Option<Timestamp>,
}

/// The attempts of a log, as it is read.
#[derive(Default)]
struct LogReader {
    open: Indexed<AttemptId, OpenAttempt>,
    /// How many attempts each host of a job has begun.
    begun: Indexed<(JobId, HostName), u32>,
    ended: Vec<PastAttempt>,
}

/// Every attempt of a log that has ended, in the order of the ends.
pub(super) fn attempts(records: &[Record]) -> Vec<PastAttempt> {
    let mut reader = LogReader::default();
    for (record, at) in records.iter().zip(0..) {
        if let Event::Task(event) = &record.event {
            reader.read(record.at, at, event);
        }
    }
    reader.ended
}

impl LogReader {
    fn read(&mut self, now: Timestamp, at: usize, event: &TaskEvent) {
        match &event.kind {
            TaskEventKind::Started { attempt, .. } => {
                let number = self.begun.entry((event.job, event.host.clone())).or_default();
                *number += 1;
                let open = OpenAttempt {
                    number: *number,
                    started: now,
                    settles: None,
                    cancelled_at: None,
                };
                self.open.insert(*attempt, open);
            }
            TaskEventKind::PhaseEntered { attempt, phase, .. } => {
                if let Some(open) = self.open.get_mut(attempt).filter(|_| *phase == Phase::Settle) {
                    open.settles = Some((now, at));
                }
            }
            TaskEventKind::CancelRequested { attempt, .. } => {
                if let Some(open) = self.open.get_mut(attempt) {
                    open.cancelled_at = Some(now);
                }
            }
            TaskEventKind::Succeeded { attempt, .. } => self.end((now, at), event, *attempt, Outcome::Succeeded),
            TaskEventKind::Failed { attempt, failure, .. } => {
                self.end((now, at), event, *attempt, Outcome::Failed(failure.clone()));
            }
            TaskEventKind::InDoubt { attempt, message, .. } => {
                self.end((now, at), event, *attempt, Outcome::in_doubt(message.as_str()));
            }
            TaskEventKind::NeverBegan { attempt, .. } => {
                // Nothing was run, so this says nothing of how long the host takes.
                if self.open.swap_remove(attempt).is_some()
                    && let Some(number) = self.begun.get_mut(&(event.job, event.host.clone()))
                {
                    *number -= 1;
                }
            }
            TaskEventKind::Permitted { .. }
            // It ended when it came to be in doubt; what its host said later does not change how long it took.
            | TaskEventKind::Fenced { .. }
            | TaskEventKind::HostKeyRecorded { .. }
            | TaskEventKind::Slow { .. }
            | TaskEventKind::Retried { .. }
            | TaskEventKind::Skipped
            | TaskEventKind::Cancelled => {}
        }
    }

    fn end(&mut self, ends: (Timestamp, usize), event: &TaskEvent, attempt: AttemptId, outcome: Outcome) {
        let Some(open) = self.open.swap_remove(&attempt) else {
            return;
        };
        // To what the transport reported: the time to settle is added again when the job is run
        // again.
        let (end, reported) = open.settles.unwrap_or(ends);
        self.ended.push(PastAttempt {
            job: event.job,
            host: event.host.clone(),
            number: open.number,
            took: end - open.started,
            outcome,
            lingered: open.cancelled_at.map(|cancelled| end - cancelled),
            reported,
        });
    }
}
