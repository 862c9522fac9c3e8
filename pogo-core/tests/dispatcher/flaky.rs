//! A journal that misbehaves on purpose.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use pogo_core::journal::{
    Commit, CommitId, Epoch, Journal, JournalError, MemoryJournal, OwnedJournal, OwnerId, Page, Seq, Snapshot,
};

/// What becomes of one append.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fate {
    Lands,
    /// It lands, and the answer is lost.
    LandsUnknown,
    /// It does not land, and the answer is lost.
    LostUnknown,
    /// The store is away.
    Unavailable,
    /// It lands, and the answer is that the store is away.
    LandsUnavailable,
    Fenced,
}

/// A memory journal whose appends meet these fates, one after the other, and then land.
pub(crate) struct Flaky {
    inner: MemoryJournal,
    fates: Arc<Mutex<VecDeque<Fate>>>,
    /// Records from here on have been dropped, as it says.
    compacted: Option<Seq>,
}

impl Flaky {
    pub(crate) fn new(fates: &[Fate]) -> (Arc<Self>, MemoryJournal) {
        Self::over(fates, None)
    }

    /// It has nothing but its beginning.
    pub(crate) fn unreadable() -> (Arc<Self>, MemoryJournal) {
        Self::over(&[], Some(Seq(1)))
    }

    fn over(fates: &[Fate], compacted: Option<Seq>) -> (Arc<Self>, MemoryJournal) {
        let inner = MemoryJournal::new();
        let fates = Arc::new(Mutex::new(fates.iter().copied().collect()));
        let journal = Self {
            inner: inner.clone(),
            fates,
            compacted,
        };
        (Arc::new(journal), inner)
    }
}

#[async_trait]
impl Journal for Flaky {
    async fn acquire(&self, owner: OwnerId) -> Result<Box<dyn OwnedJournal>, JournalError> {
        let inner = self.inner.acquire(owner).await?;
        let fates = Arc::clone(&self.fates);
        Ok(Box::new(Owned { inner, fates }))
    }

    async fn latest_snapshot(&self) -> Result<Option<(Seq, Snapshot)>, JournalError> {
        self.inner.latest_snapshot().await
    }

    async fn read(&self, from: Seq) -> Result<Page, JournalError> {
        match self.compacted {
            Some(first) if from >= first => Err(JournalError::Compacted { first }),
            _ => self.inner.read(from).await,
        }
    }
}

struct Owned {
    inner: Box<dyn OwnedJournal>,
    fates: Arc<Mutex<VecDeque<Fate>>>,
}

#[async_trait]
impl OwnedJournal for Owned {
    fn epoch(&self) -> Epoch {
        self.inner.epoch()
    }

    async fn append(&mut self, commit: &Commit) -> Result<Seq, JournalError> {
        let fate = self.fates.lock().unwrap().pop_front().unwrap_or(Fate::Lands);
        let away = || JournalError::Unavailable {
            message: "away".to_owned(),
        };
        match fate {
            Fate::Lands => self.inner.append(commit).await,
            Fate::LandsUnknown => {
                self.inner.append(commit).await?;
                Err(JournalError::Unknown(commit.id))
            }
            Fate::LostUnknown => Err(JournalError::Unknown(commit.id)),
            Fate::Unavailable => Err(away()),
            Fate::LandsUnavailable => {
                self.inner.append(commit).await?;
                Err(away())
            }
            Fate::Fenced => Err(JournalError::Fenced),
        }
    }

    async fn resolve(&mut self, id: CommitId) -> Result<Option<Seq>, JournalError> {
        self.inner.resolve(id).await
    }

    async fn snapshot(&mut self, upto: Seq, state: Snapshot) -> Result<(), JournalError> {
        self.inner.snapshot(upto, state).await
    }
}
