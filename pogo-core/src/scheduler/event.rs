//! Events: what happened, in the past tense, as plain data.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Alteration, AttemptId, Failure, JobId, Obstacle, Outcome, Phase, Tally};
use crate::Timestamp;
use crate::fleet::{Fleet, HostName, Selector};
use crate::plan::JobSpec;
use crate::policy::Policy;

/// An event and the time it was decided.
///
/// This is a line of the job log, of the live stream and of the journal:
/// `{"at":5,"event":"task_started","job":1,"host":"web1","attempt":17}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// When it was decided; never decreases along a log.
    pub at: Timestamp,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// Something that the scheduler decided or took note of.
///
/// Events are all there is: applying them in order gives the scheduler's state, and [`Event::TaskStarted`] and
/// [`Event::CancelRequested`] are the orders to the transport.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// The namespace took this fleet and policy; the first event of every log.
    NamespaceConfigured {
        /// All hosts and tags.
        fleet: Arc<Fleet>,
        /// All sequences and constraints.
        policy: Arc<Policy>,
    },
    /// A job was taken on.
    JobSubmitted {
        /// Its number.
        job: JobId,
        /// What was asked for.
        spec: Arc<JobSpec>,
        /// Its hosts, in listed order.
        hosts: Arc<[HostName]>,
    },
    /// An attempt begins: the order to the transport to run it.
    TaskStarted {
        /// The job.
        job: JobId,
        /// The host.
        host: HostName,
        /// The attempt.
        attempt: AttemptId,
    },
    /// An attempt entered a further phase.
    TaskPhaseEntered {
        /// The job.
        job: JobId,
        /// The host.
        host: HostName,
        /// The attempt.
        attempt: AttemptId,
        /// The phase that begins.
        phase: Phase,
    },
    /// A host is done.
    TaskSucceeded {
        /// The job.
        job: JobId,
        /// The host.
        host: HostName,
        /// The attempt that succeeded.
        attempt: AttemptId,
    },
    /// An attempt failed; the host keeps its slots.
    TaskFailed {
        /// The job.
        job: JobId,
        /// The host.
        host: HostName,
        /// The attempt that failed.
        attempt: AttemptId,
        /// What failed.
        #[serde(flatten)]
        failure: Failure,
    },
    /// An attempt ended unknown; the host keeps its slots.
    TaskInDoubt {
        /// The job.
        job: JobId,
        /// The host.
        host: HostName,
        /// The attempt whose end is unknown.
        attempt: AttemptId,
        /// What was seen last.
        message: String,
        /// What led to it. `None` in logs from before it was recorded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<DoubtCause>,
    },
    /// An attempt has run for longer than is usual. It goes on.
    TaskSlow {
        /// The job.
        job: JobId,
        /// The host.
        host: HostName,
        /// The attempt.
        attempt: AttemptId,
        /// After how long it counts as slow, in milliseconds.
        #[serde(with = "crate::time::millis")]
        after: std::time::Duration,
    },
    /// A failed or in-doubt host is to be tried again, by its retry budget or an operator's order.
    TaskRetried {
        /// The job.
        job: JobId,
        /// The host.
        host: HostName,
        /// Not before this moment.
        not_before: Timestamp,
        /// Whether an operator ordered it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        ordered: bool,
        /// Whether it counts against the retries of connecting.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        after_connect: bool,
    },
    /// An operator took a host out of the job; it counts as done and gives its places back.
    TaskSkipped {
        /// The job.
        job: JobId,
        /// The host.
        host: HostName,
    },
    /// A host that waited will not be run in this job.
    TaskCancelled {
        /// The job.
        job: JobId,
        /// The host.
        host: HostName,
    },
    /// A running attempt is to end: the order to the transport to cancel it.
    CancelRequested {
        /// The job.
        job: JobId,
        /// The host.
        host: HostName,
        /// The attempt to end.
        attempt: AttemptId,
        /// Why.
        reason: CancelReason,
    },
    /// An attempt that was given up has answered after all. It changes nothing.
    LateReported {
        /// The attempt.
        attempt: AttemptId,
        /// What it said.
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// The next wave of a job may begin.
    WaveOpened {
        /// The job.
        job: JobId,
        /// The wave, from 1; wave 0 is open from the start.
        wave: u32,
        /// Whether an operator ordered it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        ordered: bool,
    },
    /// More of a job's hosts failed in a group than its budget allows; the job starts no more there.
    FailureBudgetExceeded {
        /// The job.
        job: JobId,
        /// The group.
        group: String,
        /// How many failed.
        failures: u32,
        /// How many were allowed.
        allowed: u32,
    },
    /// Nothing of the job runs and nothing can start; only an operator can help.
    JobBlocked {
        /// The job.
        job: JobId,
        /// Exactly what is in the way, each with what would clear it.
        reasons: Vec<Obstacle>,
    },
    /// Nothing of the job runs; it goes on when other jobs give back hosts or places.
    JobWaiting {
        /// The job.
        job: JobId,
    },
    /// The job goes on after it was waiting or blocked.
    JobUnblocked {
        /// The job.
        job: JobId,
    },
    /// An operator paused the job: it starts no more until resumed.
    JobPaused {
        /// The job.
        job: JobId,
    },
    /// An operator let a paused, halted or blocked job go on.
    JobResumed {
        /// The job.
        job: JobId,
    },
    /// The job starts no more; what runs may end.
    JobHalting {
        /// The job.
        job: JobId,
        /// Why, for a person.
        reason: String,
        /// Whether the job is given up: what waits is cancelled, and it ends when nothing runs.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        abort: bool,
        /// What led to it. `None` in logs from before it was recorded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<HaltCause>,
    },
    /// The last running attempt of a halting job has ended.
    JobHalted {
        /// The job.
        job: JobId,
    },
    /// An operator changed limits of a job.
    JobAltered {
        /// The job.
        job: JobId,
        /// What changed.
        #[serde(flatten)]
        change: Alteration,
    },
    /// Every task of the job has ended.
    JobFinished {
        /// The job.
        job: JobId,
        /// How many ended how.
        #[serde(flatten)]
        tally: Tally,
    },
    /// An operator froze these hosts: nothing more is started there, in any job, until they are thawed.
    HostsFrozen {
        /// The hosts, now and later.
        hosts: Selector,
        /// Who ordered it.
        by: String,
        /// Why.
        reason: String,
    },
    /// An operator ended a freeze.
    HostsThawed {
        /// The selector of the freeze.
        hosts: Selector,
        /// Who ordered it.
        by: String,
        /// Why.
        reason: String,
    },
    /// A host was found down, or taken down, outside of any job: it counts as unavailable.
    HostMarkedDown {
        /// The host.
        host: HostName,
        /// Why.
        reason: String,
    },
    /// A host is available again: it gives back every slot it held outside of running tasks.
    HostMarkedUp {
        /// The host.
        host: HostName,
        /// Why.
        reason: String,
    },
}

impl Event {
    /// The job it speaks of, if it speaks of one.
    pub fn job(&self) -> Option<JobId> {
        match self {
            Self::JobSubmitted { job, .. }
            | Self::TaskStarted { job, .. }
            | Self::TaskPhaseEntered { job, .. }
            | Self::TaskSucceeded { job, .. }
            | Self::TaskFailed { job, .. }
            | Self::TaskInDoubt { job, .. }
            | Self::TaskSlow { job, .. }
            | Self::TaskRetried { job, .. }
            | Self::TaskSkipped { job, .. }
            | Self::TaskCancelled { job, .. }
            | Self::CancelRequested { job, .. }
            | Self::WaveOpened { job, .. }
            | Self::FailureBudgetExceeded { job, .. }
            | Self::JobBlocked { job, .. }
            | Self::JobWaiting { job }
            | Self::JobUnblocked { job }
            | Self::JobPaused { job }
            | Self::JobResumed { job }
            | Self::JobHalting { job, .. }
            | Self::JobHalted { job }
            | Self::JobAltered { job, .. }
            | Self::JobFinished { job, .. } => Some(*job),
            Self::NamespaceConfigured { .. }
            | Self::LateReported { .. }
            | Self::HostsFrozen { .. }
            | Self::HostsThawed { .. }
            | Self::HostMarkedDown { .. }
            | Self::HostMarkedUp { .. } => None,
        }
    }

    /// The host it speaks of, if it speaks of one.
    pub fn host(&self) -> Option<&HostName> {
        match self {
            Self::TaskStarted { host, .. }
            | Self::TaskPhaseEntered { host, .. }
            | Self::TaskSucceeded { host, .. }
            | Self::TaskFailed { host, .. }
            | Self::TaskInDoubt { host, .. }
            | Self::TaskSlow { host, .. }
            | Self::TaskRetried { host, .. }
            | Self::TaskSkipped { host, .. }
            | Self::TaskCancelled { host, .. }
            | Self::CancelRequested { host, .. }
            | Self::HostMarkedDown { host, .. }
            | Self::HostMarkedUp { host, .. } => Some(host),
            _ => None,
        }
    }
}

/// What led to the halt of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HaltCause {
    /// Somebody ordered it.
    Order,
    /// More of its hosts failed than `max_failures` allows.
    MaxFailures,
    /// Its time limit ran out.
    JobTimeout,
}

/// What led to an attempt's being in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DoubtCause {
    /// Its transport reported it so.
    Reported,
    /// Its dispatcher died while it ran.
    Restarted,
    /// It was told to end, and no answer came.
    Abandoned,
}

/// Why a running attempt is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelReason {
    /// Its own time limit ran out.
    AttemptTimeout,
    /// The job's time limit ran out.
    JobTimeout,
    /// An operator aborted the job.
    Abort,
}
