//! The trait `OwnedJournal` over PostgreSQL.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::{BoxFuture, FutureExt};
use sqlx::PgConnection;

use pogo_core::Digest;
use pogo_core::journal::{
    Acquire, Commit, Epoch, JournalError, OwnedJournal, Owner, OwnerId, RestoredStore, Seq, Snapshot,
};
use pogo_core::scheduler::{Incarnation, RestoreCause, RestoreId};

use super::acquire::Asking;
use super::commits::{EncodedCommit, owned_end};
use super::error::Failed;
use super::heartbeat::count;
use super::history::keep_list;
use super::hold::Hold;
use super::holder::NamespaceRow;
use super::namespace::Shared;
use super::place::Place;
use super::snapshots::latest_position;
use crate::commit_text::MAX_COMMIT;

/// How long the end of an ownership waits until the store knows of it. A store that is away finds out by itself.
const GIVE_BACK_WITHIN: Duration = Duration::from_secs(2);

/// A journal that this process owns.
pub(super) struct Owned {
    hold: Arc<Hold>,
    previous: Option<OwnerId>,
    end: Seq,
    restored: Option<RestoredStore>,
}

impl Owned {
    /// Acquires the journal.
    pub(super) async fn acquire(shared: Arc<Shared>, owner: Owner, how: Acquire) -> Result<Self, JournalError> {
        let asking = Asking {
            address: &shared.store.address,
            name: &shared.name,
            pace: shared.store.pace,
            owner: &owner,
            machine: &shared.store.machine,
        };
        let mut taken = asking.take(how).await?;
        let end = owned_end(&mut taken.connection, taken.fence).await;
        let end = end.map_err(Failed::unavailable)?.ok_or(JournalError::Fenced)?.seq;
        check_snapshot(&mut taken.connection, taken.fence.namespace, end).await?;
        let restored = restored(&taken.row, &taken.place);
        shared.growth.set(Some(end));
        let previous = taken.previous.take();
        let (sender, appended) = tokio::sync::mpsc::unbounded_channel();
        let hold = Arc::new(Hold::new(shared, taken, end, sender));
        hold.shared.hold(&hold);
        hold.shared.store.runtime.spawn({
            let hold = Arc::clone(&hold);
            move || count(hold)
        });
        hold.shared.store.runtime.spawn({
            let hold = Arc::clone(&hold);
            move || keep_list(hold, appended)
        });
        Ok(Self {
            hold,
            previous,
            end,
            restored,
        })
    }

    /// Does this on the thread of the store, to its end.
    async fn run<T, F>(&self, work: impl FnOnce(Arc<Hold>) -> F + Send + 'static) -> Result<T, JournalError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, JournalError>> + 'static,
    {
        let hold = Arc::clone(&self.hold);
        let done = self.hold.shared.store.runtime.run(move || work(hold)).await;
        done.map_err(Failed::unavailable)?
    }
}

/// Appending before a snapshot would give other records the numbers of those that it stands for.
async fn check_snapshot(connection: &mut PgConnection, namespace: i64, end: Seq) -> Result<(), JournalError> {
    let latest = latest_position(connection, namespace)
        .await
        .map_err(Failed::unavailable)?;
    match latest {
        Some(upto) if upto > end => Err(JournalError::Corrupt {
            at: end,
            message: format!("there is a snapshot of {upto}, so the records from {end} on are lost"),
        }),
        _ => Ok(()),
    }
}

/// What happened to the store since its last owner, if anything did.
fn restored(row: &NamespaceRow, place: &Place) -> Option<RestoredStore> {
    let copied = row.copied_from.as_ref().map(|_| RestoreCause::Copied);
    let cause = copied.or_else(|| place.changed_since(&row.place))?;
    Some(RestoredStore::new(cause).identified(restore_id(row, place)))
}

/// The same until it is confirmed, which stores the new place and removes the mark of a copy.
fn restore_id(row: &NamespaceRow, place: &Place) -> RestoreId {
    let copied = row.copied_from.as_deref().unwrap_or_default();
    let digest = Digest::of(format!("{} > {} < {copied}", row.place, place.stored()).as_bytes());
    let bytes = digest.as_bytes().iter().take(8);
    RestoreId(bytes.fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

impl Drop for Owned {
    fn drop(&mut self) {
        let (said, heard) = std::sync::mpsc::channel();
        let hold = Arc::clone(&self.hold);
        self.hold.shared.store.runtime.spawn(move || async move {
            hold.give_back().await;
            let _ = said.send(());
        });
        // Whoever waits for the namespace gets it at once, even if this process ends now. The thread that does it
        // cannot wait for itself: it drops what nobody awaited.
        if !self.hold.shared.store.runtime.is_current() {
            let _ = heard.recv_timeout(GIVE_BACK_WITHIN);
        }
    }
}

#[async_trait]
impl OwnedJournal for Owned {
    fn epoch(&self) -> Epoch {
        self.hold.fence.epoch
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

    async fn confirm_restored(&mut self, _: Incarnation) -> Result<(), JournalError> {
        if self.restored.is_some() {
            self.run(|hold| async move { hold.confirm_restored().await }).await?;
            self.restored = None;
        }
        Ok(())
    }

    fn max_commit(&self) -> Option<usize> {
        Some(MAX_COMMIT)
    }

    async fn append(&mut self, commit: &Commit) -> Result<Seq, JournalError> {
        let encoded = EncodedCommit::new(commit)?;
        let records = commit.records.clone();
        self.end = self
            .run(move |hold| async move { hold.append(&encoded, records).await })
            .await?;
        Ok(self.end)
    }

    async fn put_content(&mut self, digest: Digest, bytes: &[u8]) -> Result<(), JournalError> {
        if Digest::of(bytes) != digest {
            return Err(JournalError::WrongContent { digest });
        }
        let bytes = bytes.to_vec();
        self.run(move |hold| async move { hold.put_content(digest, &bytes).await })
            .await
    }

    fn snapshot(&self, upto: Seq, state: Snapshot) -> BoxFuture<'static, Result<(), JournalError>> {
        // A snapshot that waits for its turn does not keep a journal owned that was given back.
        let (hold, runtime) = (Arc::downgrade(&self.hold), self.hold.shared.store.runtime.clone());
        let store = move || async move {
            match hold.upgrade().filter(|hold| !hold.ended.is_over()) {
                Some(hold) => hold.snapshot(upto, state).await,
                None => Err(JournalError::Fenced),
            }
        };
        async move { runtime.run(store).await.map_err(Failed::unavailable)? }.boxed()
    }

    fn lost(&self) -> BoxFuture<'static, ()> {
        let hold = Arc::clone(&self.hold);
        async move { hold.ended.wait().await }.boxed()
    }
}
