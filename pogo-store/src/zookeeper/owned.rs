//! The trait `OwnedJournal` over ZooKeeper.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::{BoxFuture, FutureExt};
use pogo_core::Digest;
use pogo_core::journal::{
    Acquire, Commit, Epoch, JournalError, OwnedJournal, Owner, OwnerId, RestoredStore, Seq, Snapshot,
};
use pogo_core::scheduler::{Incarnation, RestoreCause, RestoreId};
use tokio::sync::oneshot;
use zookeeper_client::{Client, Error};

use super::acquire::{Asking, Taken};
use super::commits::EncodedCommit;
use super::error::Failed;
use super::fence::Fence;
use super::head::VersionedHead;
use super::hold::Hold;
use super::keep::keep_alive;
use super::namespace::Shared;
use super::session::Sessions;
use super::tree::seqs_below;
use crate::commit_text::MAX_COMMIT;

/// How long the end of an ownership waits until the store knows of it. A store that is away finds out by itself.
const GIVE_BACK_WITHIN: Duration = Duration::from_secs(2);

/// A journal that this process owns.
pub(super) struct Owned {
    hold: Arc<Hold>,
    end: Seq,
    previous: Option<OwnerId>,
    restored: Option<RestoredStore>,
    /// The count of the ensemble when it made the namespace.
    made: i64,
}

/// What a new owner reads.
struct Inherited {
    head: VersionedHead,
    /// The newest snapshot.
    snapshot: Option<Seq>,
    /// Whether the last commit is there.
    is_whole: bool,
    /// The count of the ensemble by which the last owner knew the namespace.
    made: Option<i64>,
}

impl Inherited {
    /// Whatever former owners have written was carried out before the epoch was raised, or never will be.
    async fn read(client: &Client, fence: &Fence) -> Result<Self, Error> {
        let paths = &fence.paths;
        let head = VersionedHead::read(client, paths).await?;
        let is_whole = match head.head.last {
            Some(last) => client.check_stat(&paths.commit(last.at)).await?.is_some(),
            None => true,
        };
        let (made, _) = client.get_data(&paths.made).await?;
        Ok(Self {
            head,
            snapshot: seqs_below(client, &paths.snapshots).await?.last().copied(),
            is_whole,
            made: std::str::from_utf8(&made).ok().and_then(|made| made.parse().ok()),
        })
    }

    /// Appending where records are lost would give others their numbers.
    fn check(&self) -> Result<(), JournalError> {
        let end = self.head.head.end;
        let corrupt = |at, message| Err(JournalError::Corrupt { at, message });
        match (self.snapshot, self.head.head.last) {
            (Some(upto), _) if upto > end => corrupt(
                end,
                format!("there is a snapshot of {upto}, so the records from {end} on are lost"),
            ),
            (_, Some(last)) if !self.is_whole => corrupt(last.at, "its commit is not there".to_owned()),
            _ => Ok(()),
        }
    }
}

impl Owned {
    /// Acquires the journal.
    pub(super) async fn acquire(
        shared: Arc<Shared>,
        owner: Owner,
        how: Acquire,
        gone: oneshot::Receiver<()>,
    ) -> Result<Self, JournalError> {
        let asking = Asking {
            shared: &shared,
            owner: &owner,
            how,
        };
        let taken = asking.take(gone).await?;
        let Taken { fence, made, .. } = &taken;
        let (fence, made) = (fence.clone(), *made);
        let sessions = Sessions::of(shared.store.address.clone(), taken.client.clone());
        let read = sessions.ask(async |client| Inherited::read(client, &fence).await).await;
        let inherited = read.map_err(Failed::unavailable)?;
        inherited.check()?;
        let head = inherited.head;
        let previous = taken.node.previous.clone();
        let hold = Arc::new(Hold::new(shared, taken, head));
        let restored = match inherited.made {
            Some(known) if known != made => {
                let id = RestoreId(made.cast_unsigned());
                Some(RestoredStore::new(RestoreCause::Copied).identified(id))
            }
            Some(_) => None,
            // The first owner there is.
            None => {
                hold.confirm_restored(made).await?;
                None
            }
        };
        hold.shared.growth.set(Some(head.head.end));
        hold.shared.hold(&hold);
        hold.shared.store.runtime.spawn({
            let hold = Arc::clone(&hold);
            move || keep_alive(hold)
        });
        Ok(Self {
            hold,
            end: head.head.end,
            previous,
            restored,
            made,
        })
    }

    /// Does this on the thread of the store, to its end.
    async fn run<T, F>(&self, work: impl FnOnce(Arc<Hold>) -> F + Send + 'static) -> Result<T, JournalError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, JournalError>> + 'static,
    {
        let hold = Arc::clone(&self.hold);
        let done: Result<_, Failed> = self.hold.shared.store.runtime.run(move || work(hold)).await;
        done.map_err(Failed::unavailable)?
    }
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
            let made = self.made;
            self.run(async move |hold: Arc<Hold>| hold.confirm_restored(made).await)
                .await?;
            self.restored = None;
        }
        Ok(())
    }

    fn max_commit(&self) -> Option<usize> {
        Some(MAX_COMMIT)
    }

    async fn append(&mut self, commit: &Commit) -> Result<Seq, JournalError> {
        let encoded = EncodedCommit::new(commit, self.hold.fence.epoch)?;
        let records = commit.records.clone();
        self.end = self
            .run(async move |hold: Arc<Hold>| hold.append(encoded, &records).await)
            .await?;
        Ok(self.end)
    }

    async fn put_content(&mut self, digest: Digest, bytes: &[u8]) -> Result<(), JournalError> {
        if Digest::of(bytes) != digest {
            return Err(JournalError::WrongContent { digest });
        }
        let bytes = bytes.to_vec();
        self.run(async move |hold: Arc<Hold>| hold.put_content(digest, bytes).await)
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
        async move {
            let stored: Result<_, Failed> = runtime.run(store).await;
            stored.map_err(Failed::unavailable)?
        }
        .boxed()
    }

    fn lost(&self) -> BoxFuture<'static, ()> {
        let hold = Arc::clone(&self.hold);
        async move { hold.ended.wait().await }.boxed()
    }
}
