//! From a namespace that was asked for to its ownership.

use std::sync::Arc;

use pogo_core::journal::{Acquire, JournalError, Owner, RestoredStore, Seq};
use pogo_core::scheduler::{RestoreCause, RestoreId};
use tokio::sync::oneshot;
use zookeeper_client::Client;

use super::acquire::Asking;
use super::error::RequestError;
use super::fence::Fence;
use super::head::VersionedHead;
use super::hold::Hold;
use super::holder::CopyOrigin;
use super::keep::keep_alive;
use super::namespace_shared::NamespaceShared;
use super::session::Sessions;
use super::tree::seqs_below;
use crate::journal::check_end;
use crate::remote::{Failed, Inherited, Ownership, RemoteOwned};

/// What a new owner reads.
struct FoundJournal {
    head: VersionedHead,
    /// The newest snapshot.
    snapshot: Option<Seq>,
    /// Whether the last commit is there.
    is_whole: bool,
    /// The count of the ensemble by which the last owner knew the namespace.
    made: Option<i64>,
}

impl FoundJournal {
    /// Whatever former owners have written was carried out before the epoch was raised, or never will be.
    async fn read(client: &Client, fence: &Fence) -> Result<Self, RequestError> {
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
        check_end(self.head.head.end, self.snapshot)?;
        match self.head.head.last {
            Some(last) if !self.is_whole => Err(JournalError::Corrupt {
                at: last.at,
                message: "its commit is not there".to_owned(),
            }),
            _ => Ok(()),
        }
    }
}

/// Acquires the journal, unless nobody waits for it any more.
pub(super) async fn acquire(
    shared: Arc<NamespaceShared>,
    owner: Owner,
    how: Acquire,
    gone: oneshot::Receiver<()>,
) -> Result<RemoteOwned<Hold>, JournalError> {
    let asking = Asking {
        shared: &shared,
        owner: &owner,
        how,
    };
    let taken = asking.take(gone).await?;
    let sessions = Sessions::of(shared.store.address.clone(), taken.client.clone());
    let read = sessions.ask(async |client| FoundJournal::read(client, &taken.fence).await);
    let found = read.await.map_err(Failed::unavailable)?;
    found.check()?;
    let (end, made) = (found.head.head.end, taken.made);
    let (previous, copy) = (taken.node.previous.clone(), taken.node.copy.clone());
    let hold = Arc::new(Hold::new(shared, taken, found.head));
    // The first owner of the namespace writes how it is known.
    if found.made.is_none() {
        hold.confirm_restored().await?;
    }
    let restored = found.made.filter(|known| *known != made).map(|known| {
        let id = match copy {
            // A tree that was restored since may have been a copy before.
            Some(copy) if known == CopyOrigin::MADE => copy.id,
            _ => RestoreId(made.cast_unsigned()),
        };
        RestoredStore::new(RestoreCause::Copied).identified(id)
    });
    hold.shared.growth.set(Some(end));
    hold.shared.set_owner(&hold.writer);
    hold.runtime().spawn({
        let hold = Arc::clone(&hold);
        move || keep_alive(hold)
    });
    let inherited = Inherited {
        previous,
        end,
        restored,
    };
    Ok(RemoteOwned::new(hold, inherited))
}
