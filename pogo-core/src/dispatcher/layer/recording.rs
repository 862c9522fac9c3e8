//! What is recorded of an attempt.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::Stream;
use crate::fleet::HostName;
use crate::plan::Command;
use crate::scheduler::{Outcome, Phase};

/// One attempt as it was seen: what [`Record`](super::Record) takes and [`Replay`](super::Replay) gives back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecordedAttempt {
    /// The host that it ran on.
    pub host: HostName,
    /// What it ran.
    pub command: Command,
    /// What the transport reported meanwhile, in order.
    pub reports: Vec<RecordedReport>,
    /// How many bytes of output were reported beyond what is kept.
    #[serde(default)]
    pub dropped_output: u64,
    /// How long it took.
    pub took: Duration,
    /// How it ended.
    pub outcome: Outcome,
}

/// Something that a transport reported during an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecordedReport {
    /// How long after the attempt's start.
    pub after: Duration,
    /// What was reported.
    pub kind: ReportKind,
}

/// What a transport reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ReportKind {
    /// A phase began.
    Phase(Phase),
    /// The host wrote something, or the transport remarked on it.
    Output {
        /// Where it was written to.
        stream: Stream,
        /// What was written.
        bytes: Vec<u8>,
    },
}
