//! The recording of an attempt.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::Stream;
use crate::fleet::HostName;
use crate::plan::RemoteCommand;
use crate::scheduler::{Outcome, Phase};

/// A recorded attempt: [`RecordAttempts`](super::RecordAttempts) writes it, [`Replay`](super::Replay) plays it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecordedAttempt {
    /// The host that it ran on.
    pub host: HostName,
    /// What it ran.
    pub command: RemoteCommand,
    /// The transport's reports, in order.
    pub reports: Vec<RecordedReport>,
    /// How many bytes of output were reported beyond what is kept.
    #[serde(default)]
    pub dropped_output: u64,
    /// How long it took.
    pub took: Duration,
    /// How it ended.
    pub outcome: Outcome,
}

/// A recorded report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecordedReport {
    /// Time since the attempt's start.
    pub after: Duration,
    /// What was reported.
    pub kind: ReportKind,
}

/// The kind of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReportKind {
    /// A phase began.
    Phase(Phase),
    /// Output of the host, or a remark of the transport.
    Output {
        /// Where it was written to.
        stream: Stream,
        /// What was written.
        bytes: Vec<u8>,
    },
}
