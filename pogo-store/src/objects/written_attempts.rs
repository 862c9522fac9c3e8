//! The attempts of which there is output.

use std::collections::BTreeMap;

use pogo_core::output::{OutputError, OutputSource};

use super::names::{SegmentId, WriterId};
use super::reader::{ObjectReader, counts};
use super::segment::Segment;
use super::segment_cache::FetchedSegment;

/// What segments say of an attempt.
#[derive(Default)]
struct WrittenAttempt {
    /// Who wrote to it last.
    writer: Option<WriterId>,
    /// Its last end, and how much it has written.
    end: Option<(SegmentId, u64)>,
}

impl ObjectReader {
    /// All attempts that have output, in order, and how much those have written that have ended.
    pub(super) async fn attempts(&self) -> Result<Vec<(OutputSource, Option<u64>)>, OutputError> {
        let mut all: BTreeMap<OutputSource, WrittenAttempt> = BTreeMap::new();
        for job in self.jobs().await? {
            let mut damaged = None;
            self.visit(job, |id, segment| match segment {
                FetchedSegment::Whole(segment) => add(&mut all, id, &segment),
                FetchedSegment::Damaged(why) => damaged = Some(why),
                FetchedSegment::Gone => {}
            })
            .await?;
            if let Some(why) = damaged {
                return Err(OutputError::Unavailable {
                    message: format!("{} is damaged: {why}", self.storage),
                });
            }
        }
        let all = all.into_iter().map(|(source, WrittenAttempt { writer, end })| {
            let end = end.filter(|(id, _)| counts(id.writer, writer));
            (source, end.map(|(_, length)| length))
        });
        Ok(all.collect())
    }
}

fn add(all: &mut BTreeMap<OutputSource, WrittenAttempt>, id: SegmentId, segment: &Segment) {
    let mut last = None;
    for frame in &segment.frames {
        // Frames of an attempt mostly follow each other.
        if last.replace(frame.source.attempt) == Some(frame.source.attempt) {
            continue;
        }
        let known = all.entry((*frame.source).clone()).or_default();
        known.writer = known.writer.max(Some(id.writer));
    }
    for seal in &segment.seals {
        let known = all.entry((*seal.source).clone()).or_default();
        known.end = known.end.max(Some((id, seal.length)));
    }
}
