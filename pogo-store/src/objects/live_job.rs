//! A job whose output this process writes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pogo_core::Digest;
use pogo_core::output::{OutputDigester, OutputError, OutputFrame, OutputSource};
use pogo_core::scheduler::AttemptId;

use super::live_attempt::{AfterGivingWay, LiveAttempt};
use super::names::{SegmentId, SegmentName, WriterId};
use super::open_segment::{OpenSegment, Upload};
use super::reader::{Listing, StoredAttempt};
use super::runs::Segments;
use super::segment::{Run, Seal, Segment};
use crate::remote::PieceChanges;

/// Sizes of segments: of what many attempts wrote, and of what one wrote at its end.
const SHARED: usize = 256 << 10;
const TAIL: usize = 64 << 10;
/// Output is stored so often, and the end of one that may give way yet.
const STORE_EVERY: Duration = Duration::from_secs(1);
const STORE_TAIL_EVERY: Duration = Duration::from_secs(5);
/// A job that nobody writes to is looked up again after that; with attempts that have not ended, later.
const IDLE: Duration = Duration::from_secs(60);
const IDLE_LIVE: Duration = Duration::from_secs(600);

/// What is to be stored now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Due {
    /// What is full.
    Full,
    /// That, and what is a second old.
    Timely,
    /// That, and what attempts have ended with.
    Sealed,
    /// Everything.
    All,
}

/// What is not stored yet, and what there is of attempts that may still write.
#[derive(Debug)]
pub(super) struct LiveJob {
    writer: WriterId,
    /// The number of the next segment.
    next: u64,
    /// The segments that were there before.
    pub(super) earlier: Arc<Listing>,
    attempts: BTreeMap<AttemptId, LiveAttempt>,
    sealed: BTreeMap<AttemptId, Digest>,
    shared: Option<OpenSegment>,
    /// Full, and not stored yet.
    closed: BTreeMap<SegmentId, OpenSegment>,
    /// Objects that nothing needs.
    unneeded: Vec<SegmentName>,
    used: Instant,
}

impl LiveJob {
    pub(super) fn new(writer: WriterId, earlier: Arc<Listing>, now: Instant) -> Self {
        let own = earlier.keys().filter(|id| id.writer == writer);
        Self {
            writer,
            next: own.map(|id| id.number + 1).max().unwrap_or_default(),
            earlier,
            attempts: BTreeMap::new(),
            sealed: BTreeMap::new(),
            shared: None,
            closed: BTreeMap::new(),
            unneeded: Vec::new(),
            used: now,
        }
    }

    /// Somebody is about to write to it.
    pub(super) fn touch(&mut self, now: Instant) {
        self.used = now;
    }

    pub(super) fn knows(&self, attempt: AttemptId) -> bool {
        self.attempts.contains_key(&attempt) || self.sealed.contains_key(&attempt)
    }

    /// Whether an attempt that it does not know may have been begun by another owner, or by this one long ago.
    pub(super) fn may_have_been_written(&self, attempt: AttemptId) -> bool {
        self.earlier.values().any(|(name, _)| name.may_have(attempt))
    }

    /// An attempt that nobody has written to.
    pub(super) fn insert_new(&mut self, attempt: AttemptId) {
        self.attempts.insert(attempt, LiveAttempt::new());
    }

    /// An attempt as it was found.
    pub(super) fn insert(&mut self, attempt: AttemptId, found: &StoredAttempt, most: usize, now: Instant) {
        if let Some(digest) = found.sealed {
            self.sealed.insert(attempt, digest);
            return;
        }
        // A former owner that does not know yet that it is none removes what gives way in segments of one attempt:
        // what an end is to name is copied from them.
        let is_foreign = |id: &SegmentId| id.writer != self.writer;
        if found.alone.iter().any(is_foreign) {
            self.insert_new(attempt);
            // It has not ended, so all of them are taken.
            let _ = self.push(&found.frames(attempt), most, now);
        } else {
            self.attempts
                .insert(attempt, LiveAttempt::found(found.runs.clone(), most));
        }
    }

    /// Takes no more of an attempt, of which nobody learns that it has ended.
    pub(super) fn give_up(&mut self, attempt: AttemptId) {
        let tail = self.attempts.remove(&attempt).and_then(|mut live| live.close_tail());
        if let Some(tail) = tail {
            self.insert_closed(tail);
        }
    }

    pub(super) fn sealed(&self, attempt: AttemptId) -> Option<Digest> {
        self.sealed.get(&attempt).copied()
    }

    /// Keeps these frames, of attempts that it knows, of each attempt at most so many bytes.
    pub(super) fn push<'a>(
        &mut self,
        frames: impl IntoIterator<Item = &'a OutputFrame>,
        most: usize,
        now: Instant,
    ) -> Result<(), OutputError> {
        self.used = now;
        let (mut kept_all, mut changes) = (Ok(()), PieceChanges::default());
        for frame in frames {
            match self.attempts.get_mut(&frame.source.attempt) {
                Some(attempt) => attempt.pieces.push(frame, most, &mut changes),
                None => {
                    kept_all = Err(OutputError::Sealed {
                        attempt: frame.source.attempt,
                    });
                }
            }
        }
        for (_, attempt, stream, offset) in changes.gone {
            let gone = self
                .attempts
                .get_mut(&attempt)
                .map(|live| live.give_way(stream, offset));
            if let Some(AfterGivingWay::Unneeded(segment)) = gone {
                self.remove_tail(segment, attempt);
            }
        }
        for ((_, _, stream, offset), piece) in changes.new {
            let frame = OutputFrame::new(piece.source, stream, offset, piece.at, piece.bytes);
            match piece.is_tail {
                true => self.push_tail(frame),
                false => self.push_head(frame),
            }
        }
        kept_all
    }

    /// The number of the next segment.
    fn next_id(&self) -> SegmentId {
        SegmentId {
            writer: self.writer,
            number: self.next,
        }
    }

    fn shared(&mut self) -> &mut OpenSegment {
        let id = self.next_id();
        let shared = self.shared.get_or_insert_with(|| OpenSegment::new(id, SHARED));
        self.next += u64::from(shared.id == id);
        shared
    }

    fn insert_closed(&mut self, closed: OpenSegment) {
        // All of it may have given way before it was full.
        match closed.is_empty() {
            true => self.unneeded.extend(closed.replaced()),
            false => _ = self.closed.insert(closed.id, closed),
        }
    }

    fn push_head(&mut self, frame: OutputFrame) {
        let segment = self.shared().id;
        if let Some(attempt) = self.attempts.get_mut(&frame.source.attempt) {
            attempt.keep_head(segment, &frame);
        }
        self.shared().push(frame);
        self.close_shared_if(OpenSegment::is_full);
    }

    fn close_shared_if(&mut self, is_closed: impl Fn(&OpenSegment) -> bool) {
        if let Some(mut full) = self.shared.take_if(|shared| is_closed(shared)) {
            full.close();
            self.insert_closed(full);
        }
    }

    fn push_tail(&mut self, frame: OutputFrame) {
        let id = self.next_id();
        let Some(attempt) = self.attempts.get_mut(&frame.source.attempt) else {
            return;
        };
        let tail = attempt.tail.get_or_insert_with(|| OpenSegment::new(id, TAIL));
        self.next += u64::from(tail.id == id);
        let segment = tail.id;
        tail.push(frame.clone());
        let is_full = tail.is_full();
        attempt.keep_tail(segment, &frame);
        if is_full && let Some(full) = attempt.close_tail() {
            self.insert_closed(full);
        }
    }

    /// Nothing in a segment of an attempt's own is kept any more.
    fn remove_tail(&mut self, id: SegmentId, attempt: AttemptId) {
        let full = SegmentName::full(id, (attempt, attempt));
        match self.closed.remove(&id) {
            // Its last form was never stored.
            Some(closed) => self.unneeded.extend(closed.replaced()),
            None => self.unneeded.push(full),
        }
    }

    /// What the digest of an attempt is made of.
    pub(super) fn digested(&self, attempt: AttemptId) -> (OutputDigester, Vec<Run>) {
        let live = self.attempts.get(&attempt);
        live.map_or_else(|| (OutputDigester::default(), vec![]), LiveAttempt::digested)
    }

    /// Takes no more of an attempt.
    pub(super) fn seal(&mut self, source: &Arc<OutputSource>, length: u64, digest: Digest, now: Instant) {
        self.used = now;
        let mut live = self.attempts.remove(&source.attempt).unwrap_or_else(LiveAttempt::new);
        if let Some(tail) = live.close_tail() {
            self.insert_closed(tail);
        }
        let seal = Seal {
            source: Arc::clone(source),
            length,
            digest,
            runs: live.runs(),
        };
        self.shared().push_seal(seal);
        self.sealed.insert(source.attempt, digest);
        self.close_shared_if(OpenSegment::is_full);
    }

    /// Where everything is that is kept of an attempt that may still write, and what of it is in memory.
    pub(super) fn view(&self, attempt: AttemptId) -> Option<(Vec<Run>, Segments)> {
        let live = self.attempts.get(&attempt)?;
        let open = self.shared.iter().chain(self.closed.values()).chain(&live.tail);
        let in_memory = open.map(|open| {
            let frames = open.content.frames_of(attempt).cloned().collect();
            let segment = Segment { frames, seals: vec![] };
            (open.id, Arc::new(segment))
        });
        Some((live.runs(), in_memory.collect()))
    }

    fn open_segments(&mut self) -> impl Iterator<Item = (&mut OpenSegment, Duration)> {
        let tails = self.attempts.values_mut().filter_map(|live| live.tail.as_mut());
        let tails = tails.map(|tail| (tail, STORE_TAIL_EVERY));
        let others = self.shared.iter_mut().chain(self.closed.values_mut());
        others.map(|open| (open, STORE_EVERY)).chain(tails)
    }

    /// The bytes that are not stored.
    pub(super) fn waiting(&self) -> usize {
        let tails = self.attempts.values().filter_map(|live| live.tail.as_ref());
        let all = self.shared.iter().chain(self.closed.values()).chain(tails);
        all.filter(|open| !open.is_stored()).map(OpenSegment::bytes).sum()
    }

    pub(super) fn has_full(&self) -> bool {
        !self.closed.is_empty()
    }

    /// The forms of segments that are to be stored.
    pub(super) fn uploads(&mut self, due: Due, now: Instant) -> Vec<Upload> {
        let open = self.open_segments().filter(|(open, every)| match due {
            _ if open.is_stored() => false,
            Due::Full => open.is_closed(),
            Due::Timely => open.is_due(now, *every),
            // Its own end is closed by then.
            Due::Sealed => *every == STORE_EVERY || open.is_closed(),
            Due::All => true,
        });
        open.filter_map(|(open, _)| open.upload(now)).collect()
    }

    /// This form of a segment is stored.
    pub(super) fn note_stored(&mut self, upload: &Upload) {
        let stored = self.open_segments().find(|(open, _)| open.id == upload.id);
        match stored {
            Some((open, _)) => open.note_stored(upload),
            // It has given way meanwhile.
            None => self.unneeded.push(upload.name),
        }
        let unneeded = &mut self.unneeded;
        self.closed.retain(|_, closed| {
            if closed.is_stored() {
                unneeded.extend(closed.replaced());
            }
            !closed.is_stored()
        });
    }

    /// Objects that nothing needs any more.
    pub(super) fn take_unneeded(&mut self) -> Vec<SegmentName> {
        std::mem::take(&mut self.unneeded)
    }

    /// Gives all segments their last form, by which readers pass over them that look for other attempts.
    pub(super) fn close(&mut self) {
        self.close_shared_if(|shared| !shared.is_empty());
        let tails: Vec<_> = self.attempts.values_mut().filter_map(LiveAttempt::close_tail).collect();
        tails.into_iter().for_each(|tail| self.insert_closed(tail));
    }

    /// Whether nobody has written to it for a while.
    pub(super) fn is_idle(&self, now: Instant) -> bool {
        let idle = match self.attempts.is_empty() {
            true => IDLE,
            false => IDLE_LIVE,
        };
        now.duration_since(self.used) >= idle
    }

    /// Whether all of it is stored, in its last form.
    pub(super) fn is_done(&self) -> bool {
        let has_tail = self.attempts.values().any(|live| live.tail.is_some());
        self.shared.is_none() && self.closed.is_empty() && self.unneeded.is_empty() && !has_tail
    }
}
