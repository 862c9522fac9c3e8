//! Reads what an owner has stored, and what it has in memory.

use std::collections::BTreeSet;
use std::ops::Range;

use pogo_core::Digest;
use pogo_core::output::{OutputBatch, OutputDigester, OutputError, OutputPage, Stream};
use pogo_core::scheduler::{AttemptId, JobId};

use super::reader::{TRIES, not_there, page};
use super::runs::{Segments, frames_within};
use super::segment::Run;
use super::writer::ObjectWriter;

impl ObjectWriter {
    /// Goes on with a digest over these runs.
    pub(super) async fn digest(
        &self,
        (job, attempt): (JobId, AttemptId),
        mut digester: OutputDigester,
        runs: Vec<Run>,
    ) -> Result<Digest, OutputError> {
        if runs.is_empty() {
            return Ok(digester.digest());
        }
        let view = self.state().jobs.get(&job).and_then(|live| live.view(attempt));
        let in_memory = view.map(|(_, in_memory)| in_memory).unwrap_or_default();
        let segments = self
            .with_stored((job, attempt), (&runs, &(0..u64::MAX)), in_memory)
            .await?;
        for stream in Stream::ALL {
            let frames = frames_within(&runs, &segments, (attempt, stream), &(0..u64::MAX));
            for frame in frames.map_err(|missing| not_there(attempt, missing))? {
                digester.add(stream, frame.offset, &frame.bytes);
            }
        }
        Ok(digester.digest())
    }

    /// The segments in memory, and those that are stored which have something of a range.
    async fn with_stored(
        &self,
        (job, attempt): (JobId, AttemptId),
        (runs, range): (&[Run], &Range<u64>),
        mut segments: Segments,
    ) -> Result<Segments, OutputError> {
        let is_wanted = |run: &&Run| run.offset < range.end && run.end() > range.start;
        let wanted = runs.iter().filter(is_wanted).map(|run| run.segment);
        let missing: BTreeSet<_> = wanted.filter(|id| !segments.contains_key(id)).collect();
        if !missing.is_empty() {
            segments.extend(self.reader.segments((job, attempt), missing).await?);
        }
        Ok(segments)
    }

    /// What is kept of a stream within a range: of an attempt that may still write, what is in memory too.
    pub(super) async fn read(
        &self,
        (job, attempt): (JobId, AttemptId),
        stream: Stream,
        range: Range<u64>,
    ) -> Result<OutputPage, OutputError> {
        let mut failed = None;
        for _ in 0..TRIES {
            let view = self.state().jobs.get(&job).and_then(|live| live.view(attempt));
            let Some((runs, in_memory)) = view else {
                return self.reader.read((job, attempt), stream, range).await;
            };
            let segments = self.with_stored((job, attempt), (&runs, &range), in_memory).await?;
            match page((&runs, &segments, false), (attempt, stream), &range) {
                Ok(page) => return Ok(page),
                // It may have given way while it was read.
                Err(error) => failed = Some(error),
            }
        }
        Err(failed.unwrap_or_else(|| self.reader.moving()))
    }

    /// What several attempts wrote, each of them whole, up to so many bytes.
    pub(super) async fn read_batch(&self, job: JobId, attempts: &[AttemptId], most: u64) -> OutputBatch {
        let mut batch = OutputBatch::new(most);
        for attempt in attempts {
            let Some(room) = batch.room() else {
                batch.leave_out(*attempt);
                continue;
            };
            let mut pages = Vec::with_capacity(Stream::ALL.len());
            for stream in Stream::ALL {
                let page = self.read((job, *attempt), stream, 0..room).await;
                pages.extend(page.map(|page| (stream, page)));
            }
            match pages.len() == Stream::ALL.len() {
                true => batch.add(*attempt, pages),
                false => batch.leave_out(*attempt),
            }
        }
        batch
    }
}
