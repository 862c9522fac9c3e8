//! What a host writes, on a stream that brings it.

use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::output::Stream;
use pogo_core::scheduler::{AttemptId, JobId};
use serde::{Deserialize, Serialize};

use super::document::Version;
use super::output_bytes::OutputBytes;

/// A piece of what a host writes, as it comes. As JSON, `text` where it is UTF-8, and `base64` otherwise.
///
/// Pieces of one stream of an attempt come in order. Where [`offset`](Self::offset) is behind what has come of it, what
/// is between them was left out, because the connection was new or too slow: it is [read](super::output_path) from
/// where output is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct HostOutput {
    #[cfg_attr(feature = "openapi", schema(value_type = u32))]
    version: Version,
    /// The job.
    pub job: JobId,
    /// The host that wrote it.
    pub host: HostName,
    /// The attempt that wrote it.
    pub attempt: AttemptId,
    /// The stream it was written to.
    pub stream: Stream,
    /// When it came.
    pub at: Timestamp,
    /// How many bytes the attempt had written to this stream before; `None` if it began under an earlier dispatcher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    #[serde(flatten)]
    bytes: OutputBytes,
}

impl HostOutput {
    /// What an attempt of a job wrote on a host to this stream at a time.
    pub fn new(
        (job, host, attempt): (JobId, HostName, AttemptId),
        stream: Stream,
        at: Timestamp,
        bytes: impl Into<Vec<u8>>,
    ) -> Self {
        Self {
            version: Version,
            job,
            host,
            attempt,
            stream,
            at,
            offset: None,
            bytes: OutputBytes(bytes.into()),
        }
    }

    /// Says how many bytes the attempt had written to this stream before.
    #[must_use]
    pub fn at_offset(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    /// What was written; any bytes at all.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes.0
    }
}
