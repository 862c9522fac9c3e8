//! The last commits of the owner in this process, in memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pogo_core::journal::{Commit, Page, Seq};

/// What was appended last. Whoever follows reads each commit right after it is durable: from here that takes no file,
/// no thread and no parser, however many follow.
#[derive(Debug, Default)]
pub(crate) struct RecentCommits {
    kept: Mutex<KeptCommits>,
}

#[derive(Debug, Default)]
struct KeptCommits {
    /// One after the other, without a gap.
    commits: VecDeque<KeptCommit>,
    bytes: usize,
}

#[derive(Debug)]
struct KeptCommit {
    commit: Arc<Commit>,
    end: Seq,
    bytes: usize,
}

impl RecentCommits {
    /// The most bytes of lines that are kept, but for a last commit that has more: some thousands of records.
    const BYTES: usize = 1 << 20;

    /// Keeps a commit that is durable, and takes so many bytes as lines.
    pub(crate) fn push(&self, commit: &Arc<Commit>, end: Seq, bytes: usize) {
        let mut kept = self.kept();
        match kept.end() {
            // It was appended again.
            Some(last) if end <= last => return,
            Some(last) if commit.at != last => kept.clear(),
            _ => {}
        }
        kept.bytes += bytes;
        kept.commits.push_back(KeptCommit {
            commit: Arc::clone(commit),
            end,
            bytes,
        });
        // The last one stays whatever its size: everybody who follows is about to read it.
        while kept.bytes > Self::BYTES && kept.commits.len() > 1 {
            kept.drop_first();
        }
    }

    /// Forgets all of them, at the end of an ownership.
    pub(crate) fn clear(&self) {
        self.kept().clear();
    }

    /// The records from a position on; `None` where the files have to be read.
    pub(crate) fn read(&self, from: Seq) -> Option<Page> {
        let mut page = Page::new(vec![], from);
        // Records are copied after the lock is released: many may follow, and the owner does not wait for them.
        for (commit, end) in self.commits_from(from)? {
            let passed = usize::try_from(page.next.0.saturating_sub(commit.at.0)).unwrap_or(usize::MAX);
            page.records.extend(commit.records.iter().skip(passed).cloned());
            page.next = end;
        }
        Some(page)
    }

    /// The commits that end behind a position, with their ends. `None` where the first of them is not kept.
    fn commits_from(&self, from: Seq) -> Option<Vec<(Arc<Commit>, Seq)>> {
        let kept = self.kept();
        let first = kept.commits.partition_point(|kept| kept.end <= from);
        let begins_before = kept.commits.get(first).is_some_and(|kept| kept.commit.at <= from);
        let kept = (begins_before || kept.end() == Some(from)).then(|| kept.commits.range(first..))?;
        Some(kept.map(|kept| (Arc::clone(&kept.commit), kept.end)).collect())
    }

    fn kept(&self) -> MutexGuard<'_, KeptCommits> {
        // No change under the lock can be left half done.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeptCommits {
    fn end(&self) -> Option<Seq> {
        self.commits.back().map(|commit| commit.end)
    }

    fn clear(&mut self) {
        *self = Self::default();
    }

    fn drop_first(&mut self) {
        if let Some(first) = self.commits.pop_front() {
            self.bytes -= first.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use pogo_core::Timestamp;
    use pogo_core::scheduler::{AttemptId, Event, NamespaceEventKind, Outcome, Record};

    use super::*;

    fn records(seqs: std::ops::Range<u64>) -> Vec<Record> {
        let record = |attempt| {
            let (attempt, outcome) = (AttemptId::new(attempt), Outcome::Succeeded);
            let event = Event::of_namespace(NamespaceEventKind::LateReported { attempt, outcome });
            Record::new(Timestamp::EPOCH, event)
        };
        seqs.map(record).collect()
    }

    fn push(recent: &RecentCommits, seqs: std::ops::Range<u64>, bytes: usize) {
        let commit = Commit::new(Seq(seqs.start), records(seqs.clone()));
        recent.push(&Arc::new(commit), Seq(seqs.end), bytes);
    }

    fn read(recent: &RecentCommits, from: u64) -> Option<(Vec<Record>, u64)> {
        recent.read(Seq(from)).map(|page| (page.records, page.next.0))
    }

    #[test]
    fn what_was_appended_last_is_read_from_any_of_its_records_on() {
        let recent = RecentCommits::default();
        assert_eq!(read(&recent, 0), None);
        push(&recent, 10..12, 1);
        push(&recent, 12..15, 1);
        // The same commit again.
        push(&recent, 12..15, 1);
        assert_eq!(read(&recent, 9), None);
        for from in 10..=15 {
            assert_eq!(read(&recent, from), Some((records(from..15), 15)), "from {from}");
        }
        assert_eq!(read(&recent, 16), None);
        recent.clear();
        assert_eq!(read(&recent, 15), None);
    }

    #[test]
    fn of_more_than_there_is_room_for_the_last_is_kept() {
        let recent = RecentCommits::default();
        push(&recent, 0..1, RecentCommits::BYTES);
        push(&recent, 1..2, 1);
        assert_eq!(read(&recent, 0), None);
        assert_eq!(read(&recent, 1), Some((records(1..2), 2)));
        push(&recent, 2..3, 2 * RecentCommits::BYTES);
        assert_eq!(read(&recent, 1), None);
        assert_eq!(read(&recent, 2), Some((records(2..3), 3)));
    }

    #[test]
    fn what_does_not_follow_takes_the_place_of_what_was_there() {
        let recent = RecentCommits::default();
        push(&recent, 0..2, 1);
        push(&recent, 5..6, 1);
        assert_eq!(read(&recent, 0), None);
        assert_eq!(read(&recent, 5), Some((records(5..6), 6)));
    }
}
