//! A journal in memory, each time with another defect.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::future::{BoxFuture, FutureExt, pending, ready};
use pogo_core::journal::{
    Acquire, Commit, Epoch, Journal, JournalError, MemoryJournal, Nonce, OwnedJournal, Owner, OwnerId, Page,
    RestoredStore, Seq, Snapshot,
};
use pogo_core::scheduler::{Incarnation, RestoreId};
use pogo_core::{Digest, Timestamp};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Defect {
    None,
    /// A former owner's commits land.
    NoFence,
    /// Commits land wherever the journal stands.
    NoPlace,
    /// The same commit lands as often as it is appended.
    Twice,
    /// The same commit again is a conflict.
    NotAgain,
    /// Whatever is appended where a commit stands is taken for that commit.
    AnyAgain,
    /// All owners share one epoch.
    OneEpoch,
    /// A page names a wrong position to go on.
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
    /// Whoever asks takes over.
    Steals,
    /// It says that it was held from the beginning.
    WrongSince,
    /// Who waits is not answered when the journal is free.
    NeverFree,
    /// Who waits takes over.
    Impatient,
    /// Who takes over by force waits like anybody else.
    NoForce,
    /// A former owner is not told.
    NeverLost,
    /// An owner is told at once.
    AlwaysLost,
    /// Readers are told at once.
    AlwaysChanged,
    /// Readers are never told.
    NeverChanged,
    /// Epochs are compared, nonces are not.
    NoNonce,
    /// An owner believes that the journal is empty.
    NoEnd,
    /// Nobody knows who owned it before.
    NoPrevious,
    /// It takes less than it says.
    TakesLess,
    /// What is too large lands in part.
    TakesPart,
    /// Content is not there.
    NoContent,
    /// Content is cut.
    CutContent,
    /// Content of another digest is taken.
    AnyContent,
    /// Content that is not there is empty.
    EmptyContent,
    /// What was put first is forgotten.
    OneContent,
    /// Who lost the journal puts content.
    NoContentFence,
    /// Content is gone when it is opened again.
    VolatileContent,
    /// An owner is told of no restore once something was appended.
    ToldOnce,
    /// Each owner is told of a restore, confirmed or not.
    ToldForEver,
    /// Each restore is of the first incarnation.
    OneIncarnation,
    /// What is confirmed does not count.
    ConfirmedForNothing,
    /// All restores have one id.
    OneRestoreId,
    /// A former owner confirms a restore.
    ConfirmedByAnybody,
}

#[derive(Clone)]
pub(super) struct Flawed {
    pub(super) inner: MemoryJournal,
    defect: Defect,
    /// The content that was put last.
    last: Arc<Mutex<Option<Digest>>>,
    /// The restore that was confirmed.
    told: Arc<Mutex<Option<RestoredStore>>>,
    reopened: bool,
}

struct Owned {
    inner: Box<dyn OwnedJournal>,
    journal: Flawed,
}

impl Flawed {
    pub(super) fn new(defect: Defect) -> Self {
        Self {
            inner: MemoryJournal::new().with_max_commit(1 << 20),
            defect,
            last: Arc::default(),
            told: Arc::default(),
            reopened: false,
        }
    }

    /// The same store, opened once more.
    pub(super) fn reopened(&self) -> Self {
        Self {
            reopened: true,
            ..self.clone()
        }
    }

    async fn seize(&self) -> Result<Box<dyn OwnedJournal>, JournalError> {
        let owner = Owner::new(OwnerId("me again".into()), Nonce(u64::MAX), Timestamp::EPOCH);
        self.inner.acquire(owner, Acquire::Force).await
    }
}

#[async_trait]
impl Journal for Flawed {
    async fn acquire(&self, mut owner: Owner, how: Acquire) -> Result<Box<dyn OwnedJournal>, JournalError> {
        let how = match (self.defect, how) {
            (Defect::Steals, Acquire::IfFree) | (Defect::Impatient, Acquire::Wait) => Acquire::Force,
            (Defect::NoForce, Acquire::Force) => Acquire::IfFree,
            (_, how) => how,
        };
        match self.defect {
            Defect::WrongSince => owner.since = Timestamp::EPOCH,
            Defect::NoNonce => owner.nonce = Nonce(7),
            Defect::NeverFree if how == Acquire::Wait => {
                return match self.inner.acquire(owner, Acquire::IfFree).await {
                    Err(JournalError::Held { .. }) => pending().await,
                    free => free,
                };
            }
            _ => {}
        }
        let inner = self.inner.acquire(owner, how).await?;
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

    async fn content(&self, digest: Digest) -> Result<Vec<u8>, JournalError> {
        match (self.defect, self.inner.content(digest).await) {
            (Defect::NoContent, _) => Err(JournalError::NoContent { digest }),
            (Defect::VolatileContent, Ok(_)) if self.reopened => Err(JournalError::NoContent { digest }),
            (Defect::CutContent, Ok(mut bytes)) => {
                bytes.pop();
                Ok(bytes)
            }
            (Defect::EmptyContent, Err(JournalError::NoContent { .. })) => Ok(vec![]),
            (Defect::OneContent, Ok(_)) if self.last.lock().unwrap().is_none_or(|last| last != digest) => {
                Err(JournalError::NoContent { digest })
            }
            (_, answer) => answer,
        }
    }

    async fn changed(&self, after: Seq) -> Result<(), JournalError> {
        match self.defect {
            Defect::AlwaysChanged => Ok(()),
            Defect::NeverChanged => pending().await,
            _ => self.inner.changed(after).await,
        }
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

    fn previous_owner(&self) -> Option<OwnerId> {
        self.inner
            .previous_owner()
            .filter(|_| self.journal.defect != Defect::NoPrevious)
    }

    fn end(&self) -> Seq {
        match self.journal.defect {
            Defect::NoEnd => Seq(0),
            _ => self.inner.end(),
        }
    }

    fn restored(&self) -> Option<RestoredStore> {
        let told = self.inner.restored();
        match self.journal.defect {
            Defect::ToldOnce => told.filter(|_| self.inner.end() <= Seq(3)),
            Defect::ToldForEver => told.or(*self.journal.told.lock().unwrap()),
            Defect::OneRestoreId => told.map(|told| told.identified(RestoreId(7))),
            Defect::OneIncarnation => told.map(|told| told.at_least(Incarnation(1))),
            _ => told,
        }
    }

    async fn confirm_restored(&mut self, incarnation: Incarnation) -> Result<(), JournalError> {
        if let Some(told) = self.inner.restored() {
            *self.journal.told.lock().unwrap() = Some(told);
        }
        let incarnation = match self.journal.defect {
            Defect::ConfirmedForNothing => Incarnation::default(),
            _ => incarnation,
        };
        match (self.journal.defect, self.inner.confirm_restored(incarnation).await) {
            (Defect::ConfirmedByAnybody, Err(JournalError::Fenced)) => {
                self.inner = self.journal.seize().await?;
                self.inner.confirm_restored(incarnation).await
            }
            (_, answer) => answer,
        }
    }

    fn max_commit(&self) -> Option<usize> {
        let max = self.inner.max_commit();
        max.map(|max| {
            if self.journal.defect == Defect::TakesLess {
                2 * max
            } else {
                max
            }
        })
    }

    async fn append(&mut self, commit: &Commit) -> Result<Seq, JournalError> {
        let mut commit = commit.clone();
        match self.journal.defect {
            Defect::NoPlace => commit.at = self.journal.inner.read(commit.at).await?.next,
            Defect::Twice if commit.end() == self.inner.end() => commit.at = self.inner.end(),
            Defect::NotAgain if commit.at < self.inner.end() => {
                return Err(JournalError::Conflict { at: self.inner.end() });
            }
            Defect::AnyAgain if commit.at < self.inner.end() => return Ok(self.inner.end()),
            Defect::LosesFirst if commit.records.len() > 1 => _ = commit.records.remove(0),
            _ => {}
        }
        match (self.journal.defect, self.inner.append(&commit).await) {
            (Defect::NoFence, Err(JournalError::Fenced)) => {
                self.inner = self.journal.seize().await?;
                self.inner.append(&commit).await
            }
            (Defect::Vague, Err(JournalError::Fenced)) => Err(JournalError::Unavailable {
                message: "busy".to_owned(),
            }),
            (Defect::TakesPart, Err(error @ JournalError::TooLarge { .. })) => {
                commit.records.truncate(3);
                self.inner.append(&commit).await?;
                Err(error)
            }
            (Defect::Before, Ok(_)) => Ok(commit.at),
            (_, answer) => answer,
        }
    }

    async fn put_content(&mut self, digest: Digest, bytes: &[u8]) -> Result<(), JournalError> {
        *self.journal.last.lock().unwrap() = Some(digest);
        match (self.journal.defect, self.inner.put_content(digest, bytes).await) {
            (Defect::AnyContent, Err(JournalError::WrongContent { .. })) => Ok(()),
            (Defect::NoContentFence, Err(JournalError::Fenced)) => {
                self.inner = self.journal.seize().await?;
                self.inner.put_content(digest, bytes).await
            }
            (_, answer) => answer,
        }
    }

    fn snapshot(&self, upto: Seq, state: Snapshot) -> BoxFuture<'static, Result<(), JournalError>> {
        let stored = self.journal.inner.latest_snapshot().now_or_never();
        match self.journal.defect {
            Defect::OldSnapshot if !matches!(stored, Some(Ok(None))) => ready(Ok(())).boxed(),
            Defect::EagerSnapshot => self.inner.snapshot(upto.min(Seq(3)), state),
            _ => self.inner.snapshot(upto, state),
        }
    }

    fn lost(&self) -> BoxFuture<'static, ()> {
        match self.journal.defect {
            Defect::NeverLost => pending().boxed(),
            Defect::AlwaysLost => ready(()).boxed(),
            _ => self.inner.lost(),
        }
    }
}
