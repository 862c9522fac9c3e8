//! Which bytes of an attempt count, and the frames that have them.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use pogo_core::output::{OutputFrame, Stream};
use pogo_core::scheduler::AttemptId;

use super::names::SegmentId;
use super::segment::{Run, Segment};

/// Segments at hand.
pub(super) type Segments = BTreeMap<SegmentId, Arc<Segment>>;

/// The part of a frame that is within a range.
pub(super) fn clipped(frame: &OutputFrame, range: &Range<u64>) -> Option<OutputFrame> {
    let from = range.start.clamp(frame.offset, frame.end());
    let to = range.end.clamp(from, frame.end());
    // Both are within the frame.
    let index = |offset: u64| usize::try_from(offset - frame.offset).unwrap_or(usize::MAX);
    let bytes = frame
        .bytes
        .get(index(from)..index(to))
        .filter(|bytes| !bytes.is_empty())?;
    Some(OutputFrame::new(
        Arc::clone(&frame.source),
        frame.stream,
        from,
        frame.at,
        bytes,
    ))
}

/// Everything that there is of an attempt that has not ended, once. Several owners may have written the same of it.
pub(super) fn all_runs(segments: &Segments, attempt: AttemptId) -> Vec<Run> {
    let mut frames: Vec<(SegmentId, &OutputFrame)> = vec![];
    for (id, segment) in segments {
        frames.extend(segment.frames_of(attempt).map(|frame| (*id, frame)));
    }
    frames.sort_by_key(|(id, frame)| (frame.stream, frame.offset, *id));
    let mut runs = Runs::default();
    for (segment, frame) in frames {
        let from = runs.end(frame.stream).max(frame.offset);
        runs.add(segment, frame.stream, from..frame.end());
    }
    runs.all
}

/// Runs that are put together from pieces, of each stream in the order of offsets.
#[derive(Debug, Default)]
pub(super) struct Runs {
    pub(super) all: Vec<Run>,
}

impl Runs {
    /// Where the last run of a stream ends.
    fn end(&self, stream: Stream) -> u64 {
        let last = self.all.iter().rev().find(|run| run.stream == stream);
        last.map_or(0, Run::end)
    }

    pub(super) fn add(&mut self, segment: SegmentId, stream: Stream, piece: Range<u64>) {
        if piece.is_empty() {
            return;
        }
        let length = piece.end - piece.start;
        match self.all.last_mut() {
            Some(last) if last.segment == segment && last.stream == stream && last.end() == piece.start => {
                last.length += length;
            }
            _ => self.all.push(Run {
                segment,
                stream,
                offset: piece.start,
                length,
            }),
        }
    }
}

/// What is kept of a stream within a range, in the order of its offsets. `Err` has a segment that is not at hand.
pub(super) fn frames_within(
    runs: &[Run],
    segments: &Segments,
    (attempt, stream): (AttemptId, Stream),
    range: &Range<u64>,
) -> Result<Vec<OutputFrame>, SegmentId> {
    let mut frames: Vec<OutputFrame> = vec![];
    let mut wanted: Vec<&Run> = runs.iter().filter(|run| run.stream == stream).collect();
    wanted.sort_by_key(|run| run.offset);
    for run in wanted {
        let within = run.offset.max(range.start)..run.end().min(range.end);
        if within.is_empty() {
            continue;
        }
        let segment = segments.get(&run.segment).ok_or(run.segment)?;
        let mut of_run: Vec<_> = segment
            .frames_of(attempt)
            .filter(|frame| frame.stream == stream)
            .filter_map(|frame| clipped(frame, &within))
            .collect();
        of_run.sort_by_key(|frame| frame.offset);
        frames.extend(of_run);
    }
    Ok(frames)
}

/// The length of a stream of which these runs are kept.
pub(super) fn length(runs: &[Run], stream: Stream) -> u64 {
    let of_stream = runs.iter().filter(|run| run.stream == stream);
    of_stream.map(Run::end).max().unwrap_or_default()
}
