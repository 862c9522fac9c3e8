//! What is kept of an attempt that may still write: its beginning, and the end in turn.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use pogo_core::Timestamp;
use pogo_core::output::{OutputFrame, OutputSource, Stream};
use pogo_core::scheduler::{AttemptId, JobId};

/// The most bytes of a piece.
const PIECE: usize = 32 << 10;
/// What a piece takes beside its bytes.
const OVERHEAD: usize = 64;
/// Bytes that are written at once and came within so many milliseconds share their time.
const SAME_TIME: u64 = 1_000;

/// An attempt that may still write.
#[derive(Debug, Default)]
pub(crate) struct AttemptPieces {
    lengths: BTreeMap<Stream, u64>,
    /// What the beginning takes, which stays.
    head: usize,
    /// What comes after it: the oldest gives way.
    tail: VecDeque<TailPiece>,
    tail_bytes: usize,
}

#[derive(Debug, Clone, Copy)]
struct TailPiece {
    stream: Stream,
    offset: u64,
    cost: usize,
}

/// A piece that is there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FoundPiece {
    pub(crate) stream: Stream,
    pub(crate) offset: u64,
    pub(crate) len: usize,
}

/// Which piece.
pub(crate) type PieceId = (JobId, AttemptId, Stream, u64);

/// Pieces that are to be written and removed.
#[derive(Debug, Default)]
pub(crate) struct PieceChanges {
    pub(crate) new: BTreeMap<PieceId, NewPiece>,
    pub(crate) gone: Vec<PieceId>,
    /// The last piece of each stream, which may grow.
    open: BTreeMap<(JobId, AttemptId, Stream), u64>,
}

#[derive(Debug)]
pub(crate) struct NewPiece {
    pub(crate) source: Arc<OutputSource>,
    pub(crate) at: Timestamp,
    pub(crate) bytes: Vec<u8>,
    /// Whether it may give way to what comes later.
    pub(crate) is_tail: bool,
}

impl AttemptPieces {
    /// An attempt of which these pieces are there, in the order in which they came.
    pub(crate) fn found(pieces: impl IntoIterator<Item = FoundPiece>, most: usize) -> Self {
        let mut attempt = Self::default();
        for FoundPiece { stream, offset, len } in pieces {
            let length = attempt.lengths.entry(stream).or_default();
            *length = (*length).max(offset + len as u64);
            let cost = len + OVERHEAD;
            if attempt.tail.is_empty() && attempt.head + cost <= most / 2 {
                attempt.head += cost;
            } else {
                attempt.tail.push_back(TailPiece { stream, offset, cost });
                attempt.tail_bytes += cost;
            }
        }
        attempt
    }

    /// Takes what is new of a frame, in at most so many bytes for the attempt.
    pub(crate) fn push(&mut self, frame: &OutputFrame, most: usize, changes: &mut PieceChanges) {
        let length = self.lengths.entry(frame.stream).or_default();
        let known = usize::try_from(length.saturating_sub(frame.offset)).unwrap_or(usize::MAX);
        let new = frame.bytes.get(known..).unwrap_or_default();
        if new.is_empty() {
            return;
        }
        let mut offset = frame.end() - new.len() as u64;
        *length = frame.end();
        for bytes in new.chunks(PIECE) {
            self.push_piece(frame, (offset, bytes), most, changes);
            offset += bytes.len() as u64;
        }
    }

    fn push_piece(
        &mut self,
        frame: &OutputFrame,
        (offset, bytes): (u64, &[u8]),
        most: usize,
        changes: &mut PieceChanges,
    ) {
        let OutputSource { job, attempt, .. } = *frame.source;
        let stream = (job, attempt, frame.stream);
        if let Some(last) = changes.growing(stream, offset, frame.at, bytes.len()) {
            if !last.is_tail && self.head + bytes.len() <= most / 2 {
                last.bytes.extend_from_slice(bytes);
                self.head += bytes.len();
                return;
            }
            if last.is_tail {
                last.bytes.extend_from_slice(bytes);
                let of_stream = self.tail.iter_mut().rev().find(|piece| piece.stream == frame.stream);
                if let Some(piece) = of_stream {
                    piece.cost += bytes.len();
                }
                self.tail_bytes += bytes.len();
                self.give_way(most, (job, attempt), changes);
                return;
            }
        }
        let cost = bytes.len() + OVERHEAD;
        let is_tail = !self.tail.is_empty() || self.head + cost > most / 2;
        if is_tail {
            self.tail.push_back(TailPiece {
                stream: frame.stream,
                offset,
                cost,
            });
            self.tail_bytes += cost;
        } else {
            self.head += cost;
        }
        changes.open.insert(stream, offset);
        let piece = NewPiece {
            source: Arc::clone(&frame.source),
            at: frame.at,
            bytes: bytes.to_vec(),
            is_tail,
        };
        changes.new.insert((job, attempt, frame.stream, offset), piece);
        self.give_way(most, (job, attempt), changes);
    }

    /// Gives up what is too much.
    fn give_way(&mut self, most: usize, (job, attempt): (JobId, AttemptId), changes: &mut PieceChanges) {
        while self.tail_bytes > most - most / 2 && self.tail.len() > 1 {
            let taken = |stream: &Stream| -> usize {
                let of_stream = self.tail.iter().filter(|piece| piece.stream == *stream);
                of_stream.map(|piece| piece.cost).sum()
            };
            // The stream with the most of it gives way, so that a talkative one hides no other.
            let longest = Stream::ALL.into_iter().max_by_key(taken);
            let Some(index) = self.tail.iter().position(|piece| Some(piece.stream) == longest) else {
                return;
            };
            let Some(piece) = self.tail.remove(index) else { return };
            self.tail_bytes -= piece.cost;
            let id = (job, attempt, piece.stream, piece.offset);
            // One that was never written needs no removal: a talkative command makes and drops many
            // between two statements.
            if changes.new.remove(&id).is_none() {
                changes.gone.push(id);
            }
        }
    }
}

impl PieceChanges {
    /// The last piece of a stream, if this goes on with it.
    fn growing(
        &mut self,
        (job, attempt, stream): (JobId, AttemptId, Stream),
        offset: u64,
        at: Timestamp,
        len: usize,
    ) -> Option<&mut NewPiece> {
        let begin = *self.open.get(&(job, attempt, stream))?;
        let last = self.new.get_mut(&(job, attempt, stream, begin))?;
        let follows = begin + last.bytes.len() as u64 == offset && last.bytes.len() + len <= PIECE;
        let is_same_time = at.as_millis().abs_diff(last.at.as_millis()) < SAME_TIME;
        (follows && is_same_time).then_some(last)
    }

    #[cfg(feature = "postgres")]
    pub(crate) fn is_empty(&self) -> bool {
        self.new.is_empty() && self.gone.is_empty()
    }
}
