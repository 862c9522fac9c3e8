//! A journal in memory, each time with another defect.

use std::sync::Arc;

use async_trait::async_trait;
use futures::executor::block_on;
use pogo_core::journal::{
    Commit, CommitId, Epoch, Journal, JournalError, MemoryJournal, OwnedJournal, OwnerId, Page, Seq, Snapshot,
};
use pogo_core::testing::conformance::{self, ConformanceReport, JournalFixture};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    None,
    /// A former owner's commits land.
    NoFence,
    /// Commits land wherever the journal stands.
    NoPlace,
    /// It does not know what became of commits.
    Forgets,
    /// It says of every commit that it landed.
    Optimistic,
    /// All owners share one epoch.
    OneEpoch,
    /// A page tells a wrong place to go on.
    WrongNext,
    /// Pages repeat their last record.
    Repeats,
    /// The first record of each commit is lost.
    LosesFirst,
    /// The position before a commit instead of the one after it.
    Before,
    /// The first snapshot stays.
    OldSnapshot,
    /// Snapshots of what is not there yet.
    EagerSnapshot,
    /// Forgets all when it is opened again.
    Volatile,
    /// A former owner is told that the store is away.
    Vague,
}

#[derive(Clone)]
struct Flawed {
    inner: MemoryJournal,
    defect: Defect,
}

struct Owned {
    inner: Box<dyn OwnedJournal>,
    journal: Flawed,
}

impl Flawed {
    fn new(defect: Defect) -> Self {
        let inner = MemoryJournal::new();
        Self { inner, defect }
    }
}

#[async_trait]
impl Journal for Flawed {
    async fn acquire(&self, owner: OwnerId) -> Result<Box<dyn OwnedJournal>, JournalError> {
        let inner = self.inner.acquire(owner).await?;
        let journal = self.clone();
        Ok(Box::new(Owned { inner, journal }))
    }

    async fn latest_snapshot(&self) -> Result<Option<(Seq, Snapshot)>, JournalError> {
        self.inner.latest_snapshot().await
    }

    async fn read(&self, from: Seq) -> Result<Page, JournalError> {
        let mut page = self.inner.read(from).await?;
        match self.defect {
            Defect::WrongNext if !page.records.is_empty() => page.next = Seq(page.next.0 + 1),
            Defect::Repeats if page.records.len() == 2 => page.records[1] = page.records[0].clone(),
            _ => {}
        }
        Ok(page)
    }
}

#[async_trait]
impl OwnedJournal for Owned {
    fn epoch(&self) -> Epoch {
        match self.journal.defect {
            Defect::OneEpoch => Epoch(1),
            _ => self.inner.epoch(),
        }
    }

    async fn append(&mut self, commit: &Commit) -> Result<Seq, JournalError> {
        let mut commit = commit.clone();
        match self.journal.defect {
            Defect::NoPlace => commit.at = self.journal.inner.read(commit.at).await?.next,
            Defect::LosesFirst if commit.records.len() > 1 => _ = commit.records.remove(0),
            _ => {}
        }
        match (self.journal.defect, self.inner.append(&commit).await) {
            (Defect::NoFence, Err(JournalError::Fenced)) => {
                self.inner = self.journal.inner.acquire(OwnerId("me again".into())).await?;
                self.inner.append(&commit).await
            }
            (Defect::Vague, Err(JournalError::Fenced)) => Err(JournalError::Unavailable {
                message: "busy".to_owned(),
            }),
            (Defect::Before, Ok(_)) => Ok(commit.at),
            (_, answer) => answer,
        }
    }

    async fn resolve(&mut self, id: CommitId) -> Result<Option<Seq>, JournalError> {
        match self.journal.defect {
            Defect::Forgets => Ok(None),
            Defect::Optimistic => Ok(Some(Seq(5))),
            _ => self.inner.resolve(id).await,
        }
    }

    async fn snapshot(&mut self, upto: Seq, state: Snapshot) -> Result<(), JournalError> {
        match self.journal.defect {
            Defect::OldSnapshot if self.journal.latest_snapshot().await?.is_some() => Ok(()),
            Defect::EagerSnapshot => self.inner.snapshot(upto.min(Seq(3)), state).await,
            _ => self.inner.snapshot(upto, state).await,
        }
    }
}

fn hold(defect: Defect) -> ConformanceReport {
    let fixture = async || {
        let journal = Flawed::new(defect);
        let same = journal.clone();
        JournalFixture::new(Arc::new(journal)).reopened(move || {
            let again = match defect {
                Defect::Volatile => Flawed::new(defect),
                _ => same.clone(),
            };
            async { Arc::new(again) as Arc<dyn Journal> }
        })
    };
    block_on(conformance::journal(fixture))
}

#[test]
fn a_journal_without_defects_passes_every_case() {
    let report = hold(Defect::None);
    report.assert_passed();
    report.assert_skipped(&[]);
}

#[test]
fn each_planted_defect_is_found_by_the_case_of_its_rule() {
    let planted = [
        (Defect::NoFence, "a_former_owner_appends_nothing"),
        (Defect::NoPlace, "a_commit_that_does_not_stand_at_the_end_is_refused"),
        (Defect::Forgets, "a_commit_that_landed_is_resolved_to_its_end"),
        (Defect::Optimistic, "a_commit_that_never_landed_is_resolved_to_none"),
        (Defect::OneEpoch, "every_ownership_has_a_higher_epoch"),
        (Defect::WrongNext, "pages_follow_each_other_to_the_end"),
        (Defect::Repeats, "reading_begins_at_any_record"),
        (Defect::LosesFirst, "an_append_returns_the_position_after_it"),
        (Defect::Before, "an_append_returns_the_position_after_it"),
        (Defect::OldSnapshot, "the_latest_snapshot_is_kept_as_it_was"),
        (Defect::EagerSnapshot, "a_snapshot_ahead_of_the_end_is_refused"),
        (Defect::Volatile, "what_was_appended_outlives_its_journal"),
        (Defect::Vague, "a_former_owner_appends_nothing"),
    ];
    for (defect, name) in planted {
        let report = hold(defect);
        assert!(
            report.failed().contains(&name),
            "{defect:?} is not found by {name}\n{report}"
        );
    }
}
