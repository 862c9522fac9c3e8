//! What a store in memory keeps of one stream.

use std::collections::VecDeque;
use std::ops::Range;

use crate::Timestamp;

/// A beginning and an end, each in pieces of a few kilobytes.
#[derive(Debug, Clone, Default)]
pub(super) struct KeptStream {
    head: VecDeque<Piece>,
    tail: VecDeque<Piece>,
    /// Nothing more is kept in the head.
    head_is_full: bool,
    head_bytes: usize,
    tail_bytes: usize,
    /// The offset of what comes next.
    pub(super) length: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) at: Timestamp,
    pub(super) offset: u64,
    pub(super) bytes: Vec<u8>,
}

impl Piece {
    fn end(&self) -> u64 {
        self.offset + self.bytes.len() as u64
    }

    fn within(&self, range: &Range<u64>) -> Option<(u64, &[u8])> {
        let from = range.start.clamp(self.offset, self.end());
        let to = range.end.clamp(from, self.end());
        // Both are within the piece.
        let index = |offset| usize::try_from(offset - self.offset).unwrap_or(usize::MAX);
        let bytes = self.bytes.get(index(from)..index(to))?;
        (!bytes.is_empty()).then_some((from, bytes))
    }
}

impl KeptStream {
    /// Pieces grow up to this size, so that a stream of single bytes does not cost many times its length.
    const PIECE: usize = 4 << 10;

    pub(super) fn kept(&self) -> usize {
        self.head_bytes + self.tail_bytes
    }

    pub(super) fn head_bytes(&self) -> usize {
        self.head_bytes
    }

    pub(super) fn tail_bytes(&self) -> usize {
        self.tail_bytes
    }

    /// Appends what is not there yet: to the head as far as there is room in it, and to the tail.
    pub(super) fn push(&mut self, at: Timestamp, offset: u64, bytes: &[u8], head_room: usize) {
        let known = usize::try_from(self.length.saturating_sub(offset)).unwrap_or(usize::MAX);
        let Some(new) = bytes.get(known..).filter(|new| !new.is_empty()) else {
            return;
        };
        let offset = offset.max(self.length);
        let room = if self.head_is_full { 0 } else { head_room };
        let (head, tail) = new.split_at(room.min(new.len()));
        extend(&mut self.head, at, offset, head);
        extend(&mut self.tail, at, offset + head.len() as u64, tail);
        self.head_bytes += head.len();
        self.tail_bytes += tail.len();
        // The head is one run of bytes: what comes after a part of the tail cannot go on with it.
        self.head_is_full |= !tail.is_empty();
        self.length = offset + new.len() as u64;
    }

    /// Drops so many bytes from the front of the tail.
    pub(super) fn cut_front(&mut self, mut bytes: usize) {
        while bytes > 0
            && let Some(first) = self.tail.front_mut()
        {
            let cut = bytes.min(first.bytes.len());
            first.bytes.drain(..cut);
            first.offset += cut as u64;
            self.tail_bytes -= cut;
            bytes -= cut;
            if first.bytes.is_empty() {
                self.tail.pop_front();
            }
        }
    }

    /// Drops everything.
    pub(super) fn clear(&mut self) {
        *self = Self {
            head_is_full: true,
            length: self.length,
            ..Self::default()
        };
    }

    pub(super) fn pieces(&self) -> impl Iterator<Item = &Piece> {
        self.head.iter().chain(&self.tail)
    }

    /// What is kept within a range: when it came, its offset, its bytes.
    pub(super) fn within(&self, range: Range<u64>) -> impl Iterator<Item = (Timestamp, u64, &[u8])> {
        self.pieces().filter_map(move |piece| {
            let (offset, bytes) = piece.within(&range)?;
            Some((piece.at, offset, bytes))
        })
    }
}

fn extend(pieces: &mut VecDeque<Piece>, at: Timestamp, offset: u64, bytes: &[u8]) {
    if bytes.is_empty() {
        return;
    }
    match pieces.back_mut() {
        Some(last) if last.end() == offset && last.bytes.len() + bytes.len() <= KeptStream::PIECE => {
            last.bytes.extend_from_slice(bytes);
        }
        _ => pieces.push_back(Piece {
            at,
            offset,
            bytes: bytes.to_vec(),
        }),
    }
}
