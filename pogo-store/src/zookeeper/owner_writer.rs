//! What everything that an owner writes takes: its fence, the sessions that it asks by, and names for pieces.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use zookeeper_client::Client;

use super::fence::Fence;
use super::packed::tag;
use super::session::Sessions;
use super::store_shared::StoreShared;
use crate::owner::Ended;
use crate::remote::Failed;

/// Writes in the name of an owner, for as long as it is one.
///
/// It knows nothing of what is written: commits, content, snapshots and the history are functions of it, and the
/// ownership puts them together.
#[derive(Debug)]
pub(super) struct OwnerWriter {
    pub(super) store: Arc<StoreShared>,
    pub(super) fence: Fence,
    /// The owner's own, whose end is the end of its sign of life. What takes long goes by those of the store.
    pub(super) sessions: Sessions,
    pub(super) ended: Ended,
    /// How many times something was stored in pieces.
    stored: AtomicU64,
}

impl OwnerWriter {
    /// By the session that took the namespace.
    pub(super) fn new(store: Arc<StoreShared>, fence: Fence, client: Client) -> Self {
        Self {
            sessions: Sessions::of(store.address.clone(), client),
            store,
            fence,
            ended: Ended::default(),
            stored: AtomicU64::new(0),
        }
    }

    /// What pieces are named that nobody has stored before.
    pub(super) fn tag(&self, what: &str) -> String {
        tag(what, &self.fence, self.stored.fetch_add(1, Ordering::Relaxed))
    }

    /// Whether it still owns the namespace, as the ensemble has it.
    pub(super) async fn is_owner(&self) -> Result<bool, Failed> {
        self.sessions.ask(async |client| self.fence.check(client).await).await
    }
}
