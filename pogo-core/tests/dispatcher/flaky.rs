//! A journal that misbehaves on purpose.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::future::BoxFuture;
use pogo_core::journal::{
    Acquire, Commit, Epoch, Journal, JournalError, MemoryJournal, OwnedJournal, Owner, OwnerId, Page, Seq, Snapshot,
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
    async fn acquire(&self, owner: Owner, how: Acquire) -> Result<Box<dyn OwnedJournal>, JournalError> {
        let inner = self.inner.acquire(owner, how).await?;
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

    async fn changed(&self, after: Seq) -> Result<(), JournalError> {
        self.inner.changed(after).await
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

    fn previous_owner(&self) -> Option<OwnerId> {
        self.inner.previous_owner()
    }

    fn end(&self) -> Seq {
        self.inner.end()
    }

    async fn append(&mut self, commit: &Commit) -> Result<Seq, JournalError> {
        let fate = self.fates.lock().unwrap().pop_front().unwrap_or(Fate::Lands);
        let away = || JournalError::Unavailable {
            message: "away".to_owned(),
        };
        let unknown = || JournalError::Unknown {
            message: "no answer".to_owned(),
        };
        match fate {
            Fate::Lands => self.inner.append(commit).await,
            Fate::LandsUnknown => {
                self.inner.append(commit).await?;
                Err(unknown())
            }
            Fate::LostUnknown => Err(unknown()),
            Fate::Unavailable => Err(away()),
            Fate::LandsUnavailable => {
                self.inner.append(commit).await?;
                Err(away())
            }
            Fate::Fenced => Err(JournalError::Fenced),
        }
    }

    fn snapshot(&self, upto: Seq, state: Snapshot) -> BoxFuture<'static, Result<(), JournalError>> {
        self.inner.snapshot(upto, state)
    }

    fn lost(&self) -> BoxFuture<'static, ()> {
        self.inner.lost()
    }
}
