//! An attempt that may still write, by its owner.

use std::collections::BTreeMap;

use pogo_core::output::{OutputDigester, OutputFrame, Stream};

use super::names::SegmentId;
use super::open_segment::OpenSegment;
use super::runs::Runs;
use super::segment::Run;
use crate::remote::{AttemptPieces, FoundPiece};

/// The bytes that are kept of an attempt, with what each piece costs.
pub(crate) const PER_ATTEMPT: usize = 1 << 20;

/// What is kept of an attempt, and where.
#[derive(Debug)]
pub(super) struct LiveAttempt {
    pub(super) pieces: AttemptPieces,
    kept: BTreeMap<(Stream, u64), KeptPiece>,
    /// What may give way is in segments of this attempt alone, which are removed when all of it has: this one grows.
    pub(super) tail: Option<OpenSegment>,
    /// How many pieces of the others are kept.
    tails: BTreeMap<SegmentId, usize>,
    /// Of the beginning, so that it is not read again. `None` of an attempt that another owner began.
    head: Option<OutputDigester>,
}

#[derive(Debug, Clone, Copy)]
struct KeptPiece {
    segment: SegmentId,
    length: u64,
    is_tail: bool,
}

/// What is left of a segment after a piece in it has given way.
pub(super) enum AfterGivingWay {
    /// It has others.
    Needed,
    /// Nothing.
    Unneeded(SegmentId),
}

impl LiveAttempt {
    pub(super) fn new() -> Self {
        Self {
            pieces: AttemptPieces::default(),
            kept: BTreeMap::new(),
            tail: None,
            tails: BTreeMap::new(),
            head: Some(OutputDigester::default()),
        }
    }

    /// One of which there is something already.
    pub(super) fn found(mut runs: Vec<Run>, most: usize) -> Self {
        // About as they came: segments of one owner are numbered by time.
        runs.sort_by_key(|run| (run.segment, run.offset));
        let pieces = runs.iter().map(|run| FoundPiece {
            stream: run.stream,
            offset: run.offset,
            len: usize::try_from(run.length).unwrap_or(usize::MAX),
        });
        let kept = runs.iter().map(|run| {
            let piece = KeptPiece {
                segment: run.segment,
                length: run.length,
                is_tail: true,
            };
            ((run.stream, run.offset), piece)
        });
        Self {
            pieces: AttemptPieces::found(pieces, most),
            kept: kept.collect(),
            head: runs.is_empty().then(OutputDigester::default),
            ..Self::new()
        }
    }

    /// A piece of its beginning is in this segment.
    pub(super) fn keep_head(&mut self, segment: SegmentId, frame: &OutputFrame) {
        if let Some(head) = &mut self.head {
            head.add(frame.stream, frame.offset, &frame.bytes);
        }
        let length = frame.bytes.len() as u64;
        // Lines of one segment that follow each other are one piece: a slow command has thousands of them.
        let before = self.kept.range_mut(..(frame.stream, frame.offset)).next_back();
        if let Some(((stream, offset), piece)) = before
            && *stream == frame.stream
            && offset + piece.length == frame.offset
            && piece.segment == segment
            && !piece.is_tail
        {
            piece.length += length;
            return;
        }
        let piece = KeptPiece {
            segment,
            length,
            is_tail: false,
        };
        self.kept.insert((frame.stream, frame.offset), piece);
    }

    /// A piece that may give way is in this segment.
    pub(super) fn keep_tail(&mut self, segment: SegmentId, frame: &OutputFrame) {
        let piece = KeptPiece {
            segment,
            length: frame.bytes.len() as u64,
            is_tail: true,
        };
        self.kept.insert((frame.stream, frame.offset), piece);
    }

    /// The segment of its tail is full; it is stored in its last form.
    pub(super) fn close_tail(&mut self) -> Option<OpenSegment> {
        let mut tail = self.tail.take()?;
        tail.close();
        self.tails.insert(tail.id, tail.content.frames.len());
        Some(tail)
    }

    /// A piece has given way.
    pub(super) fn give_way(&mut self, stream: Stream, offset: u64) -> AfterGivingWay {
        let Some(piece) = self.kept.remove(&(stream, offset)) else {
            return AfterGivingWay::Needed;
        };
        if let Some(tail) = self.tail.as_mut().filter(|tail| tail.id == piece.segment) {
            tail.retain(|frame| (frame.stream, frame.offset) != (stream, offset));
            return AfterGivingWay::Needed;
        }
        match self.tails.get_mut(&piece.segment) {
            Some(1) => {
                self.tails.remove(&piece.segment);
                AfterGivingWay::Unneeded(piece.segment)
            }
            Some(pieces) => {
                *pieces -= 1;
                AfterGivingWay::Needed
            }
            // A segment of others too, or of another owner.
            None => AfterGivingWay::Needed,
        }
    }

    /// Where everything is that is kept.
    pub(super) fn runs(&self) -> Vec<Run> {
        let mut runs = Runs::default();
        for ((stream, offset), piece) in &self.kept {
            runs.add(piece.segment, *stream, *offset..offset + piece.length);
        }
        runs.all
    }

    /// What its digest is made of: the digest of its beginning, and where the rest is, which has to be read.
    pub(super) fn digested(&self) -> (OutputDigester, Vec<Run>) {
        let Some(head) = &self.head else {
            return (OutputDigester::default(), self.runs());
        };
        let mut rest = Runs::default();
        for ((stream, offset), piece) in self.kept.iter().filter(|(_, piece)| piece.is_tail) {
            rest.add(piece.segment, *stream, *offset..offset + piece.length);
        }
        (head.clone(), rest.all)
    }
}
