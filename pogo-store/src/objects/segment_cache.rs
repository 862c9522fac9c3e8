//! Segments that were read last.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use pogo_core::scheduler::AttemptId;

use super::segment::Segment;

/// Segments in memory, so that hosts of one segment do not fetch it again and again.
const CACHE_BYTES: usize = 32 << 20;

/// A segment that was fetched.
#[derive(Debug, Clone)]
pub(super) enum FetchedSegment {
    Whole(Arc<Segment>),
    /// It is not as it was written: why.
    Damaged(Arc<str>),
    /// It was replaced or removed meanwhile.
    Gone,
}

impl FetchedSegment {
    /// What it has of an attempt alone, so that whoever reads one attempt does not keep the output of thousands; and
    /// whether it has nothing else.
    pub(super) fn only(self, attempt: AttemptId) -> (Self, bool) {
        let Self::Whole(segment) = self else {
            return (self, false);
        };
        if segment.attempts() == Some((attempt, attempt)) {
            return (Self::Whole(segment), true);
        }
        let seals = segment.seals.iter().filter(|seal| seal.source.attempt == attempt);
        let part = Segment {
            frames: segment.frames_of(attempt).cloned().collect(),
            seals: seals.cloned().collect(),
        };
        (Self::Whole(Arc::new(part)), false)
    }
}

#[derive(Debug, Default)]
pub(super) struct SegmentCache {
    segments: BTreeMap<String, (String, FetchedSegment, usize)>,
    oldest: VecDeque<String>,
    bytes: usize,
}

impl SegmentCache {
    /// An object, if it was fetched in this version.
    pub(super) fn get(&self, name: &str, version: &str) -> Option<FetchedSegment> {
        let (known, segment, _) = self.segments.get(name)?;
        (known == version).then(|| segment.clone())
    }

    pub(super) fn put(&mut self, name: String, version: String, segment: FetchedSegment, bytes: usize) {
        if let Some((_, _, before)) = self.segments.insert(name.clone(), (version, segment, bytes)) {
            self.bytes -= before;
        } else {
            self.oldest.push_back(name);
        }
        self.bytes += bytes;
        while self.bytes > CACHE_BYTES
            && let Some(oldest) = self.oldest.pop_front()
        {
            if let Some((_, _, bytes)) = self.segments.remove(&oldest) {
                self.bytes -= bytes;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use pogo_core::Timestamp;
    use pogo_core::output::{OutputFrame, OutputSource, Stream};
    use pogo_core::scheduler::JobId;

    use super::*;

    #[test]
    fn of_a_segment_the_part_of_an_attempt_is_kept_alone() {
        let frame = |attempt| {
            let source = OutputSource::new(JobId::new(7), "web1".parse().unwrap(), AttemptId::new(attempt));
            OutputFrame::new(Arc::new(source), Stream::Stdout, 0, Timestamp::EPOCH, b"text")
        };
        let segment = |frames| FetchedSegment::Whole(Arc::new(Segment { frames, seals: vec![] }));
        let (FetchedSegment::Whole(part), false) = segment(vec![frame(1), frame(2)]).only(AttemptId::new(2)) else {
            panic!("it has two attempts")
        };
        assert_eq!(part.frames, [frame(2)]);
        assert!(segment(vec![frame(2)]).only(AttemptId::new(2)).1);
        assert!(!segment(vec![frame(2)]).only(AttemptId::new(3)).1);
    }

    #[test]
    fn a_cache_forgets_what_is_oldest_and_knows_versions() {
        let mut cache = SegmentCache::default();
        let part = CACHE_BYTES / 3;
        for name in ["a", "b", "c"] {
            cache.put(name.to_owned(), "1".to_owned(), FetchedSegment::Gone, part);
        }
        assert!(cache.get("a", "1").is_some() && cache.get("a", "2").is_none());
        // In place of itself it takes no more.
        cache.put("b".to_owned(), "2".to_owned(), FetchedSegment::Gone, part);
        assert!(cache.get("a", "1").is_some() && cache.get("b", "2").is_some());
        cache.put("d".to_owned(), "1".to_owned(), FetchedSegment::Gone, part);
        assert!(cache.get("a", "1").is_none() && cache.get("c", "1").is_some());
        assert!(cache.bytes <= CACHE_BYTES);
    }
}
