//! A journal that lasts as long as its process.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::{Commit, CommitId, Epoch, Journal, JournalError, OwnedJournal, OwnerId, Page, Seq};
use crate::scheduler::{Record, Snapshot};

/// A journal in memory: for tests, and for jobs that need not survive their process. Clones share their records.
/// It drops none, snapshot or not.
#[derive(Debug, Clone, Default)]
pub struct MemoryJournal {
    shared: Arc<Mutex<Shared>>,
}

#[derive(Debug, Default)]
struct Shared {
    epoch: Epoch,
    records: Vec<Record>,
    landed: Vec<(CommitId, Seq)>,
    snapshot: Option<(Seq, Snapshot)>,
}

impl Shared {
    fn end(&self) -> Seq {
        Seq(u64::try_from(self.records.len()).unwrap_or(u64::MAX))
    }
}

impl MemoryJournal {
    /// An empty journal.
    pub fn new() -> Self {
        Self::default()
    }

    /// All records so far, oldest first.
    pub fn records(&self) -> Vec<Record> {
        self.with(|shared| shared.records.clone())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Shared) -> T) -> T {
        // A panic elsewhere cannot leave half a commit: each change is one statement.
        act(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn acquire(&self, _owner: OwnerId) -> Result<Box<dyn OwnedJournal>, JournalError> {
        let epoch = self.with(|shared| {
            shared.epoch = Epoch(shared.epoch.0 + 1);
            shared.epoch
        });
        Ok(Box::new(Owned {
            journal: self.clone(),
            epoch,
        }))
    }

    async fn latest_snapshot(&self) -> Result<Option<(Seq, Snapshot)>, JournalError> {
        Ok(self.with(|shared| shared.snapshot.clone()))
    }

    async fn read(&self, from: Seq) -> Result<Page, JournalError> {
        const PAGE: usize = 10_000;
        Ok(self.with(|shared| {
            let from = usize::try_from(from.0).unwrap_or(usize::MAX);
            let records: Vec<Record> = shared.records.iter().skip(from).take(PAGE).cloned().collect();
            let next = Seq(u64::try_from(from.min(shared.records.len()) + records.len()).unwrap_or(u64::MAX));
            Page { records, next }
        }))
    }
}

struct Owned {
    journal: MemoryJournal,
    epoch: Epoch,
}

#[async_trait]
impl OwnedJournal for Owned {
    fn epoch(&self) -> Epoch {
        self.epoch
    }

    async fn append(&mut self, commit: &Commit) -> Result<Seq, JournalError> {
        self.journal.with(|shared| {
            if shared.epoch != self.epoch {
                return Err(JournalError::Fenced);
            }
            if commit.at != shared.end() {
                return Err(JournalError::Conflict { at: shared.end() });
            }
            shared.records.extend(commit.records.iter().cloned());
            shared.landed.push((commit.id, shared.end()));
            Ok(shared.end())
        })
    }

    async fn resolve(&mut self, id: CommitId) -> Result<Option<Seq>, JournalError> {
        self.journal.with(|shared| {
            if shared.epoch != self.epoch {
                return Err(JournalError::Fenced);
            }
            Ok(shared
                .landed
                .iter()
                .rev()
                .find(|(landed, _)| *landed == id)
                .map(|&(_, end)| end))
        })
    }

    async fn snapshot(&mut self, upto: Seq, state: Snapshot) -> Result<(), JournalError> {
        self.journal.with(|shared| {
            if shared.epoch != self.epoch {
                return Err(JournalError::Fenced);
            }
            if upto > shared.end() {
                return Err(JournalError::Conflict { at: shared.end() });
            }
            shared.snapshot = Some((upto, state));
            Ok(())
        })
    }
}
