//! From a namespace that was asked for to its ownership.

use std::sync::Arc;

use pogo_core::Digest;
use pogo_core::journal::{Acquire, JournalError, Owner, RestoredStore};
use pogo_core::scheduler::{RestoreCause, RestoreId};

use super::acquire::Asking;
use super::commits::owned_end;
use super::count::count;
use super::expiry::expire_daily;
use super::history::keep_list;
use super::hold::{Hold, OwnershipSlot};
use super::holder::NamespaceRow;
use super::server_identity::ServerIdentity;
use super::shared::NamespaceShared;
use super::snapshots::latest_position;
use crate::journal::check_end;
use crate::remote::{Failed, Inherited, Ownership, RemoteOwned};

/// Acquires the journal.
pub(super) async fn acquire(
    shared: Arc<NamespaceShared>,
    ownership: &OwnershipSlot,
    owner: Owner,
    how: Acquire,
) -> Result<RemoteOwned<Hold>, JournalError> {
    let asking = Asking {
        address: &shared.store.address,
        name: &shared.name,
        heartbeat: shared.store.heartbeat,
        owner: &owner,
        machine: &shared.store.machine,
    };
    let mut taken = asking.take(how).await?;
    let end = owned_end(&mut taken.connection, taken.fence).await;
    let end = end.map_err(Failed::unavailable)?.ok_or(JournalError::Fenced)?.seq;
    let newest_snapshot = latest_position(&mut taken.connection, taken.fence.namespace).await;
    check_end(end, newest_snapshot.map_err(Failed::unavailable)?)?;
    let inherited = Inherited {
        previous: taken.previous.take(),
        end,
        restored: restored(&taken.row, &taken.server),
    };
    shared.growth.set(Some(end));
    let (sender, appended) = tokio::sync::mpsc::unbounded_channel();
    let hold = Arc::new(Hold::new(shared, taken, end, sender));
    ownership.set(&hold);
    hold.runtime().spawn({
        let hold = Arc::clone(&hold);
        move || count(hold)
    });
    hold.runtime().spawn({
        let hold = Arc::clone(&hold);
        move || keep_list(hold, appended)
    });
    hold.runtime().spawn({
        let hold = Arc::clone(&hold);
        move || expire_daily(hold)
    });
    Ok(RemoteOwned::new(hold, inherited))
}

/// What happened to the store since its last owner, if anything did.
fn restored(row: &NamespaceRow, server: &ServerIdentity) -> Option<RestoredStore> {
    let copied = row.copied_from.as_ref().map(|_| RestoreCause::Copied);
    let cause = copied.or_else(|| server.changed_since(&row.server))?;
    Some(RestoredStore::new(cause).identified(restore_id(row, server)))
}

/// Does not change until it is confirmed, which stores the new server and removes the mark of a copy.
fn restore_id(row: &NamespaceRow, server: &ServerIdentity) -> RestoreId {
    let copied = row.copied_from.as_deref().unwrap_or_default();
    let digest = Digest::of(format!("{} > {} < {copied}", row.server, server.stored()).as_bytes());
    let bytes = digest.as_bytes().iter().take(8);
    RestoreId(bytes.fold(0, |number, byte| number << 8 | u64::from(*byte)))
}
