//! A journal in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use event_listener::Event as Notification;
use futures::future::{BoxFuture, FutureExt};

use super::{
    Acquire, Commit, ContentLoader, Epoch, Journal, JournalError, Nonce, OwnedJournal, Owner, OwnerId, Page,
    RestoredStore, Seq, stored_len,
};
use crate::Digest;
use crate::scheduler::{Incarnation, Record, RestoreCause, RestoreId, Snapshot};

/// A journal in memory, for tests and for jobs that need not survive their process. Clones share their records.
/// Records are never compacted.
#[derive(Debug, Clone, Default)]
pub struct MemoryJournal {
    shared: Arc<Mutex<Shared>>,
    changes: Arc<Notification>,
    max_commit: Option<usize>,
}

#[derive(Debug, Clone, Default)]
struct Shared {
    epoch: Epoch,
    owner: Option<Owner>,
    previous: Option<OwnerId>,
    records: Vec<Record>,
    /// Position of the last commit.
    last: Option<Seq>,
    snapshot: Option<(Seq, Snapshot)>,
    content: BTreeMap<Digest, Arc<[u8]>>,
    /// How often a copy was put here, which no copy has.
    restores: u64,
    restored: Option<RestoredStore>,
}

impl Shared {
    fn end(&self) -> Seq {
        Seq(u64::try_from(self.records.len()).unwrap_or(u64::MAX))
    }

    fn is_owned_by(&self, (epoch, nonce): (Epoch, Nonce)) -> bool {
        self.epoch == epoch && self.owner.as_ref().is_some_and(|owner| owner.nonce == nonce)
    }

    fn check_owner(&self, claim: (Epoch, Nonce)) -> Result<(), JournalError> {
        self.is_owned_by(claim).then_some(()).ok_or(JournalError::Fenced)
    }

    /// Whether it is the commit that was appended last.
    fn is_last(&self, commit: &Commit) -> bool {
        let from = usize::try_from(commit.at.0).unwrap_or(usize::MAX);
        self.last == Some(commit.at) && self.records.get(from..) == Some(&commit.records)
    }

    fn append(&mut self, commit: &Commit) -> Result<Seq, JournalError> {
        // An owner that did not hear the answer proposes its commit again.
        if self.is_last(commit) {
            return Ok(self.end());
        }
        if commit.at != self.end() {
            return Err(JournalError::Conflict { at: self.end() });
        }
        self.last = Some(commit.at);
        self.records.extend(commit.records.iter().cloned());
        Ok(self.end())
    }

    fn held(&self, owner: &Owner) -> JournalError {
        JournalError::Held {
            owner: owner.id.clone(),
            epoch: self.epoch,
            since: owner.since,
        }
    }
}

impl MemoryJournal {
    /// Creates an empty journal.
    pub fn new() -> Self {
        Self::default()
    }

    /// Refuses commits whose records take more bytes than this, as many stores do.
    pub fn with_max_commit(mut self, bytes: usize) -> Self {
        self.max_commit = Some(bytes);
        self
    }

    /// All records so far, oldest first, with the content that they name.
    pub fn records(&self) -> Vec<Record> {
        let mut records = self.with(|shared| shared.records.clone());
        // A journal in memory never waits. What it does not have stays named.
        let loaded = ContentLoader::new().load(self, &mut records).now_or_never();
        debug_assert!(loaded.is_some(), "a journal in memory answers at once");
        records
    }

    /// A copy as it is now, which nobody owns.
    pub fn backup(&self) -> Self {
        let copy = self.with(|shared| Shared {
            owner: None,
            ..shared.clone()
        });
        Self {
            shared: Arc::new(Mutex::new(copy)),
            changes: Arc::default(),
            max_commit: self.max_commit,
        }
    }

    /// Puts a copy in place of what is here: what came after it is lost, and so is any ownership. The next owner is
    /// [notified](OwnedJournal::restored).
    pub fn restore(&self, backup: &Self) {
        let copy = backup.backup().with(std::mem::take);
        self.change(|shared| {
            let restores = shared.restores.max(copy.restores) + 1;
            let restored = RestoredStore::new(RestoreCause::Copied).at_least(Incarnation(restores));
            // Higher than that of any restore that the copy has on record.
            let restored = restored.identified(RestoreId(restores));
            *shared = Shared {
                restores,
                restored: Some(restored),
                ..copy
            };
        });
    }

    fn with<T>(&self, act: impl FnOnce(&mut Shared) -> T) -> T {
        // A panic elsewhere cannot leave half a commit: each change is one statement.
        act(&mut self.shared.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn change<T>(&self, act: impl FnOnce(&mut Shared) -> T) -> T {
        let done = self.with(act);
        self.changes.notify(usize::MAX);
        done
    }

    /// Waits until this gives something.
    async fn until<T>(&self, mut look: impl FnMut(&mut Shared) -> Option<T> + Send) -> T {
        loop {
            // Listens before it looks: what changes meanwhile must wake it too.
            let changed = self.changes.listen();
            if let Some(found) = self.with(&mut look) {
                return found;
            }
            changed.await;
        }
    }

    fn take(&self, owner: Owner, force: bool) -> Result<Owned, JournalError> {
        let nonce = owner.nonce;
        let (epoch, previous, end, restored) = self.change(|shared| {
            if let Some(holder) = shared.owner.as_ref().filter(|_| !force) {
                return Err(shared.held(holder));
            }
            shared.epoch = Epoch(shared.epoch.0 + 1);
            let previous = shared.previous.replace(owner.id.clone());
            shared.owner = Some(owner);
            Ok((shared.epoch, previous, shared.end(), shared.restored))
        })?;
        Ok(Owned {
            journal: self.clone(),
            claim: (epoch, nonce),
            previous,
            end,
            restored,
        })
    }
}

#[async_trait]
impl Journal for MemoryJournal {
    async fn acquire(&self, owner: Owner, how: Acquire) -> Result<Box<dyn OwnedJournal>, JournalError> {
        loop {
            match self.take(owner.clone(), how == Acquire::Force) {
                Err(JournalError::Held { .. }) if how == Acquire::Wait => {
                    self.until(|shared| shared.owner.is_none().then_some(())).await;
                }
                taken => return taken.map(|owned| Box::new(owned) as _),
            }
        }
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

    async fn content(&self, digest: Digest) -> Result<Vec<u8>, JournalError> {
        let bytes = self.with(|shared| shared.content.get(&digest).cloned());
        bytes.map_or(Err(JournalError::NoContent { digest }), |bytes| Ok(bytes.to_vec()))
    }

    async fn changed(&self, after: Seq) -> Result<(), JournalError> {
        self.until(|shared| (shared.end() > after).then_some(())).await;
        Ok(())
    }
}

struct Owned {
    journal: MemoryJournal,
    claim: (Epoch, Nonce),
    previous: Option<OwnerId>,
    end: Seq,
    restored: Option<RestoredStore>,
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.journal.change(|shared| {
            // Only its own: after a forced takeover the journal is another's, and freeing it would
            // let a third one in.
            if shared.is_owned_by(self.claim) {
                shared.owner = None;
            }
        });
    }
}

#[async_trait]
impl OwnedJournal for Owned {
    fn epoch(&self) -> Epoch {
        self.claim.0
    }

    fn previous_owner(&self) -> Option<OwnerId> {
        self.previous.clone()
    }

    fn end(&self) -> Seq {
        self.end
    }

    fn restored(&self) -> Option<RestoredStore> {
        self.restored
    }

    async fn confirm_restored(&mut self, incarnation: Incarnation) -> Result<(), JournalError> {
        self.journal.with(|shared| {
            shared.check_owner(self.claim)?;
            shared.restores = shared.restores.max(incarnation.0);
            shared.restored = None;
            Ok(())
        })?;
        self.restored = None;
        Ok(())
    }

    fn max_commit(&self) -> Option<usize> {
        self.journal.max_commit
    }

    async fn append(&mut self, commit: &Commit) -> Result<Seq, JournalError> {
        if let Some(max) = self.journal.max_commit
            && commit.records.iter().map(stored_len).sum::<usize>() > max
        {
            return Err(JournalError::TooLarge { max });
        }
        self.end = self.journal.change(|shared| {
            shared.check_owner(self.claim)?;
            shared.append(commit)
        })?;
        Ok(self.end)
    }

    async fn put_content(&mut self, digest: Digest, bytes: &[u8]) -> Result<(), JournalError> {
        if Digest::of(bytes) != digest {
            return Err(JournalError::WrongContent { digest });
        }
        self.journal.with(|shared| {
            shared.check_owner(self.claim)?;
            shared.content.entry(digest).or_insert_with(|| bytes.into());
            Ok(())
        })
    }

    fn snapshot(&self, upto: Seq, state: Snapshot) -> BoxFuture<'static, Result<(), JournalError>> {
        let (journal, claim) = (self.journal.clone(), self.claim);
        let store = move |shared: &mut Shared| {
            shared.check_owner(claim)?;
            // A snapshot of records that are not here would let a replay begin behind the end.
            if upto > shared.end() {
                return Err(JournalError::Conflict { at: shared.end() });
            }
            shared.snapshot = Some((upto, state));
            Ok(())
        };
        async move { journal.with(store) }.boxed()
    }

    fn lost(&self) -> BoxFuture<'static, ()> {
        let (journal, claim) = (self.journal.clone(), self.claim);
        async move {
            let gone = |shared: &mut Shared| (!shared.is_owned_by(claim)).then_some(());
            journal.until(gone).await;
        }
        .boxed()
    }
}
