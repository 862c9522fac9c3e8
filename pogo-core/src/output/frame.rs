//! Pieces of output, as they are stored.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::fleet::HostName;
use crate::scheduler::{AttemptId, JobId};

/// Where output was written to. Displays as it is stored, and is read from that: `stdout`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = OutputStream))]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// Not from the host: a remark of the transport, such as the mark where output was cut.
    Note,
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::Note => "note",
        })
    }
}

impl FromStr for Stream {
    type Err = UnknownStream;

    fn from_str(text: &str) -> Result<Self, UnknownStream> {
        let found = Self::ALL.into_iter().find(|stream| stream.to_string() == text);
        found.ok_or_else(|| UnknownStream { text: text.to_owned() })
    }
}

/// Text that names no [`Stream`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is no stream: give `stdout`, `stderr` or `note`")]
#[non_exhaustive]
pub struct UnknownStream {
    /// The text as given.
    pub text: String,
}

impl Stream {
    /// Every stream.
    pub const ALL: [Self; 3] = [Self::Stdout, Self::Stderr, Self::Note];
}

/// The attempt that wrote something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OutputSource {
    /// The job.
    pub job: JobId,
    /// The host.
    pub host: HostName,
    /// The attempt.
    pub attempt: AttemptId,
}

impl OutputSource {
    /// An attempt of a job on a host.
    pub fn new(job: JobId, host: HostName, attempt: AttemptId) -> Self {
        Self { job, host, attempt }
    }
}

/// A piece of what an attempt wrote to a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputFrame {
    /// Who wrote it.
    pub source: Arc<OutputSource>,
    /// Where to.
    pub stream: Stream,
    /// When it came.
    pub at: Timestamp,
    /// How many bytes the attempt had written to this stream before.
    pub offset: u64,
    /// What was written; any bytes at all.
    pub bytes: Vec<u8>,
}

impl OutputFrame {
    /// What an attempt wrote to a stream at this offset.
    pub fn new(
        source: Arc<OutputSource>,
        stream: Stream,
        offset: u64,
        at: Timestamp,
        bytes: impl Into<Vec<u8>>,
    ) -> Self {
        Self {
            source,
            stream,
            at,
            offset,
            bytes: bytes.into(),
        }
    }

    /// The offset of what follows.
    pub fn end(&self) -> u64 {
        // A length in memory is no more than a u64.
        self.offset.saturating_add(self.bytes.len() as u64)
    }
}
