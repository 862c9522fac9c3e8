//! The latest durable records, for those who follow closely.

use std::collections::VecDeque;

use crate::journal::{Seq, holds_content};
use crate::scheduler::Record;

/// The records before the journal's end, as many as are worth their memory.
///
/// Without them each of a thousand followers would read and parse every record from the journal by itself.
#[derive(Debug, Default)]
pub(super) struct RecentRecords {
    records: VecDeque<Record>,
    end: Seq,
}

impl RecentRecords {
    /// The most records that are kept: some commits of a busy dispatcher. Whoever is further behind reads the journal.
    const MOST: usize = 8_192;

    /// Takes the records of a commit, which ends there.
    pub(super) fn push(&mut self, records: &[Record], end: Seq) {
        let begin = end.0.saturating_sub(records.len() as u64);
        // A fleet or policy is not kept for longer than the scheduler needs it.
        let kept = match records.iter().rposition(holds_content) {
            Some(last) => records.get(last + 1..).unwrap_or_default(),
            None => records,
        };
        if begin != self.end.0 || kept.len() < records.len() {
            // A gap, as after a record with content: what is here has to be without any, since
            // positions are counted from the end.
            self.records.clear();
        }
        let surplus = (self.records.len() + kept.len()).saturating_sub(Self::MOST);
        self.records.drain(..surplus.min(self.records.len()));
        let kept = kept.get(kept.len().saturating_sub(Self::MOST)..).unwrap_or_default();
        self.records.extend(kept.iter().cloned());
        self.end = end;
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        // Not `clear`: nobody follows, so its memory goes as well.
        self.records = VecDeque::new();
    }

    /// Up to so many records from a position on; none if they are not here.
    pub(super) fn from(&self, at: Seq, most: usize) -> VecDeque<Record> {
        let begin = self.end.0 - self.records.len() as u64;
        match at
            .0
            .checked_sub(begin)
            .and_then(|skipped| usize::try_from(skipped).ok())
        {
            Some(skipped) => self.records.iter().skip(skipped).take(most).cloned().collect(),
            None => VecDeque::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::RecentRecords;
    use crate::Timestamp;
    use crate::journal::Seq;
    use crate::scheduler::{AttemptId, Content, Event, NamespaceEventKind, Outcome, Record};

    /// Records that say their position by their time.
    fn records(from: u64, to: u64) -> Vec<Record> {
        let (attempt, outcome) = (AttemptId::new(1), Outcome::Succeeded);
        let event = Event::of_namespace(NamespaceEventKind::LateReported { attempt, outcome });
        let record = |at| Record {
            at: Timestamp::from_millis(at),
            event: event.clone(),
        };
        (from..to).map(record).collect()
    }

    fn positions(recent: &RecentRecords, at: u64) -> Vec<u64> {
        let records = recent.from(Seq(at), 5_000);
        records.iter().map(|record| record.at.as_millis()).collect()
    }

    #[test]
    fn what_is_there_has_its_position() {
        let mut recent = RecentRecords::default();
        recent.push(&records(10, 20), Seq(20));
        recent.push(&records(20, 25), Seq(25));
        assert_eq!(positions(&recent, 18), (18..25).collect::<Vec<_>>());
        assert_eq!(positions(&recent, 25), Vec::<u64>::new());
        assert_eq!(positions(&recent, 9), Vec::<u64>::new());
        assert_eq!(recent.from(Seq(10), 3).len(), 3);
    }

    #[test]
    fn no_more_is_kept_than_is_worth_its_memory() {
        let mut recent = RecentRecords::default();
        recent.push(&records(0, 6_000), Seq(6_000));
        recent.push(&records(6_000, 9_000), Seq(9_000));
        assert_eq!(positions(&recent, 807), Vec::<u64>::new());
        assert_eq!(positions(&recent, 808), (808..5_808).collect::<Vec<_>>());
        recent.push(&records(9_000, 18_000), Seq(18_000));
        assert_eq!(positions(&recent, 9_807), Vec::<u64>::new());
        assert_eq!(positions(&recent, 9_808), (9_808..14_808).collect::<Vec<_>>());
    }

    #[test]
    fn records_behind_a_gap_begin_anew() {
        let mut recent = RecentRecords::default();
        recent.push(&records(0, 10), Seq(10));
        recent.push(&records(15, 20), Seq(20));
        assert_eq!(positions(&recent, 5), Vec::<u64>::new());
        assert_eq!(positions(&recent, 16), (16..20).collect::<Vec<_>>());
    }

    #[test]
    fn fleets_and_policies_are_not_kept() {
        let configured = Event::of_namespace(NamespaceEventKind::Configured {
            fleet: Content::Loaded(std::sync::Arc::default()),
            policy: Content::Loaded(std::sync::Arc::default()),
        });
        let mut batch = records(10, 14);
        if let Some(record) = batch.get_mut(2) {
            record.event = configured;
        }
        let mut recent = RecentRecords::default();
        recent.push(&records(0, 10), Seq(10));
        recent.push(&batch, Seq(14));
        assert_eq!(positions(&recent, 12), Vec::<u64>::new());
        assert_eq!(positions(&recent, 13), [13]);
    }
}
