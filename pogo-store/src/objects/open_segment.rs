//! A segment that is not stored yet, or may be written once more.

use std::time::{Duration, Instant};

use pogo_core::output::OutputFrame;

use super::names::{SegmentId, SegmentName};
use super::segment::{Seal, Segment};

/// A segment is full too that was written so often that it cost this much: each time all of it is written.
const FULL_WRITTEN: u64 = 4 << 20;

/// A segment in memory. It is written whole in place of its earlier form until it is full: so there are few objects
/// though output is stored each second.
#[derive(Debug)]
pub(super) struct OpenSegment {
    pub(super) id: SegmentId,
    pub(super) content: Segment,
    bytes: usize,
    /// From this size on it is full.
    full_at: usize,
    /// How often it was added to, and how often when its stored form was made.
    changes: u64,
    stored: u64,
    /// What was written of it so far.
    written: u64,
    written_at: Option<Instant>,
    /// Whether there is an object of its growing form.
    has_growing: bool,
    is_closed: bool,
}

/// A form of a segment on its way to the store.
#[derive(Debug)]
pub(super) struct Upload {
    pub(super) id: SegmentId,
    pub(super) name: SegmentName,
    pub(super) content: Segment,
    pub(super) has_seals: bool,
    changes: u64,
}

impl OpenSegment {
    pub(super) fn new(id: SegmentId, full_at: usize) -> Self {
        Self {
            id,
            content: Segment::default(),
            bytes: 0,
            full_at,
            changes: 0,
            stored: 0,
            written: 0,
            written_at: None,
            has_growing: false,
            is_closed: false,
        }
    }

    pub(super) fn push(&mut self, frame: OutputFrame) {
        self.bytes += frame.bytes.len() + 64;
        self.content.frames.push(frame);
        self.changes += 1;
    }

    pub(super) fn push_seal(&mut self, seal: Seal) {
        self.bytes += 128 + seal.runs.len() * 64;
        self.content.seals.push(seal);
        self.changes += 1;
    }

    /// Takes out pieces that have given way before they were stored.
    pub(super) fn retain(&mut self, is_kept: impl Fn(&OutputFrame) -> bool) {
        self.content.frames.retain(is_kept);
        self.bytes = self.content.frames.iter().map(|frame| frame.bytes.len() + 64).sum();
        self.changes += 1;
    }

    /// What it takes in memory.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn is_empty(&self) -> bool {
        self.content.frames.is_empty() && self.content.seals.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes >= self.full_at || self.written + self.bytes as u64 > FULL_WRITTEN
    }

    /// Nothing is added to it any more.
    pub(super) fn close(&mut self) {
        self.is_closed = true;
        self.changes += 1;
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    pub(super) fn is_stored(&self) -> bool {
        self.stored == self.changes
    }

    /// Whether it is to be written, if that is done so often.
    pub(super) fn is_due(&self, now: Instant, every: Duration) -> bool {
        let rests = self.written_at.is_some_and(|at| now.duration_since(at) < every);
        !self.is_stored() && (self.is_closed || !rests)
    }

    /// Its form now.
    pub(super) fn upload(&mut self, now: Instant) -> Option<Upload> {
        let attempts = self.content.attempts()?;
        self.written += self.bytes as u64;
        self.written_at = Some(now);
        Some(Upload {
            id: self.id,
            name: match self.is_closed {
                true => SegmentName::full(self.id, attempts),
                false => SegmentName::growing(self.id),
            },
            has_seals: !self.content.seals.is_empty(),
            content: self.content.clone(),
            changes: self.changes,
        })
    }

    /// A form of it is stored.
    pub(super) fn note_stored(&mut self, upload: &Upload) {
        self.stored = self.stored.max(upload.changes);
        self.has_growing |= !upload.name.is_full();
    }

    /// The form that the last one stands for.
    pub(super) fn replaced(&self) -> Option<SegmentName> {
        (self.is_closed && self.has_growing).then(|| SegmentName::growing(self.id))
    }
}

#[cfg(test)]
mod tests {
    use super::super::WriterId;
    use super::super::tests::frame;
    use super::*;

    #[test]
    fn a_segment_rests_between_its_forms_until_it_is_closed() {
        let writer = WriterId { epoch: 1, nonce: 10 };
        let mut open = OpenSegment::new(SegmentId { writer, number: 0 }, 1 << 20);
        let (now, every) = (Instant::now(), Duration::from_secs(5));
        open.push(frame(1, 0, "one"));
        assert!(open.is_due(now, every));
        let upload = open.upload(now).unwrap();
        open.note_stored(&upload);
        assert!(!open.is_due(now + every, every), "nothing has come");
        open.push(frame(1, 3, "two"));
        assert!(!open.is_due(now + every / 2, every));
        assert!(open.is_due(now + every, every));
        open.close();
        assert!(open.is_due(now, every));
    }
}
