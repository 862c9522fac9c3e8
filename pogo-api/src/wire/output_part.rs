//! Parts of output.

use std::sync::Arc;

use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::output::{OutputBatch, OutputFrame, OutputPage, OutputSource, Stream};
use pogo_core::scheduler::{AttemptId, JobId};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::document::document;
use super::output_bytes::{OutputBytes, OutputSlice};

document! {
    /// A part of what an attempt wrote to one stream, in the order of its offsets. Where a piece begins behind the end
    /// of the last, what is between them was lost or not kept.
    OutputPart {
        /// The host that wrote it, if there is anything of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        host: Option<HostName>,
        /// What is kept.
        pieces: Vec<OutputPiece>,
        /// Where to read on.
        next: u64,
        /// How many bytes have come in all, what is missing included.
        length: u64,
        /// Whether nothing more comes.
        sealed: bool,
    }
}

document! {
    /// What several attempts of a job wrote, each of them whole.
    JobOutput {
        /// What each wrote to each of its streams, if anything; attempts in the order in which they were asked for.
        streams: Vec<StreamOutput>,
        /// Attempts that are not in it, whatever they wrote: the answer is full, or the store cannot read them. Each is
        /// asked for by itself.
        left_out: Vec<AttemptId>,
    }
}

/// What an attempt wrote to a stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct StreamOutput {
    /// The attempt.
    pub attempt: AttemptId,
    /// The stream.
    pub stream: Stream,
    /// All of it.
    pub part: OutputPart,
}

/// A piece of output. As JSON, `text` where it is UTF-8, and `base64` otherwise: `{"at":5,"offset":0,"text":"done\n"}`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputPiece {
    /// When it came.
    pub at: Timestamp,
    /// How many bytes the attempt had written to this stream before.
    pub offset: u64,
    /// What was written; any bytes at all.
    pub bytes: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename = "OutputPiece")]
struct WrittenPiece<B> {
    at: Timestamp,
    offset: u64,
    #[serde(flatten)]
    bytes: B,
}

#[cfg(feature = "openapi")]
crate::openapi::schema_as!(OutputPiece as WrittenPiece<OutputBytes>, "OutputPiece");

impl Serialize for OutputPiece {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (at, offset, bytes) = (self.at, self.offset, OutputSlice(&self.bytes));
        WrittenPiece { at, offset, bytes }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for OutputPiece {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let WrittenPiece { at, offset, bytes } = WrittenPiece::<OutputBytes>::deserialize(deserializer)?;
        let OutputBytes(bytes) = bytes;
        Ok(Self { at, offset, bytes })
    }
}

impl OutputPart {
    /// A page of a store, as it travels.
    pub fn of(page: OutputPage) -> Self {
        // Once for the page: all frames of a page are of one attempt.
        let host = page.frames.first().map(|frame| frame.source.host.clone());
        let pieces = page.frames.into_iter().map(|frame| OutputPiece {
            at: frame.at,
            offset: frame.offset,
            bytes: frame.bytes,
        });
        Self::new(host, pieces.collect(), page.next, page.length, page.sealed)
    }

    /// The page that it was, of this attempt and stream.
    pub fn into_page(self, (job, attempt): (JobId, AttemptId), stream: Stream) -> OutputPage {
        let source = self.host.map(|host| Arc::new(OutputSource::new(job, host, attempt)));
        let frame = |piece: OutputPiece| {
            let source = Arc::clone(source.as_ref()?);
            Some(OutputFrame::new(source, stream, piece.offset, piece.at, piece.bytes))
        };
        let frames = self.pieces.into_iter().filter_map(frame).collect();
        OutputPage::new(frames, self.next, self.length, self.sealed)
    }
}

impl JobOutput {
    /// What a store has read, as it travels.
    pub fn of(batch: OutputBatch) -> Self {
        let streams = batch.pages.into_iter().map(|(attempt, stream, page)| StreamOutput {
            attempt,
            stream,
            part: OutputPart::of(page),
        });
        Self::new(streams.collect(), batch.left_out)
    }

    /// What was read of this job.
    pub fn into_batch(self, job: JobId) -> OutputBatch {
        let mut batch = OutputBatch::default();
        let page = |output: StreamOutput| {
            let (attempt, stream) = (output.attempt, output.stream);
            (attempt, stream, output.part.into_page((job, attempt), stream))
        };
        batch.pages = self.streams.into_iter().map(page).collect();
        batch.left_out = self.left_out;
        batch
    }
}
