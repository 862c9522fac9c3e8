//! The namespace of a copy, from its first node to the request that makes it one.
//!
//! A tree knows no other names for nodes, so a copy is written where it stays. Until it is complete its head cannot be
//! read and the node with its epoch says why, so that nobody owns half of it; whoever copies owns it, and another who
//! copies may take that over once there is no session any more.

use std::sync::Arc;

use pogo_core::journal::{Epoch, Nonce, Owner};
use pogo_core::scheduler::RestoreId;
use zookeeper_client::{Client, CreateMode, Error, MultiWriteError, MultiWriteResult};

use crate::copy::{CopyError, Head};
use crate::remote::{Failed, NEWEST};
use crate::zookeeper::acquire::{alive, owner_node};
use crate::zookeeper::error::RequestError;
use crate::zookeeper::fence::{Fence, WriteOutcome};
use crate::zookeeper::head::{self, UnfinishedHead};
use crate::zookeeper::holder::{CopyOrigin, EpochNode, Holder, LastOwner, NamespaceNode, NamespaceState};
use crate::zookeeper::namespace_shared::NamespaceShared;
use crate::zookeeper::tree::options;

/// Nodes that one request removes.
const BATCH: usize = 100;

/// A copy that is written.
#[derive(Debug, Clone)]
pub(super) struct CopyNodes {
    pub(super) shared: Arc<NamespaceShared>,
    pub(super) origin: CopyOrigin,
    pub(super) owner: Owner,
}

/// What is under the name of a copy.
pub(super) enum FoundTarget {
    /// No namespace.
    Nothing,
    /// A copy that was cut off, or a namespace that nobody ever owned.
    Leftover(Box<NamespaceState>),
}

impl CopyNodes {
    pub(super) fn new(shared: Arc<NamespaceShared>, from: &str, owner: Owner) -> Self {
        let origin = CopyOrigin {
            from: from.to_owned(),
            id: RestoreId(owner.nonce.0),
            is_complete: false,
        };
        Self { shared, origin, owner }
    }

    /// What is there, if it may be replaced.
    pub(super) async fn look(&self, client: &Client) -> Result<Result<FoundTarget, CopyError>, RequestError> {
        let (name, paths) = (&self.shared.name, &self.shared.paths);
        client.sync("/").await?;
        let Some(state) = NamespaceState::find(client, paths).await? else {
            return Ok(Ok(FoundTarget::Nothing));
        };
        let is_alive = client.check_stat(&paths.owner).await?.is_some();
        let is_cut_off = state.node.unfinished().is_some();
        let was_never_owned = state.node.epoch == 0 && state.node.holder.is_none();
        let store = &self.shared.store.address;
        Ok(match (is_cut_off, is_alive) {
            (true, true) => {
                let last = state.node.last.as_ref();
                let by = last.map(|last| format!(" by process {} of {}", last.process, last.machine));
                Err(CopyError::Other(format!(
                    "{name} is being copied to {store} just now{}; wait for its end",
                    by.unwrap_or_default()
                )))
            }
            (true, false) => Ok(FoundTarget::Leftover(Box::new(state))),
            (false, false) if was_never_owned => Ok(FoundTarget::Leftover(Box::new(state))),
            (false, _) => Err(CopyError::Other(format!(
                "{store} has a namespace {name} already; copy to another path"
            ))),
        })
    }

    /// Owns what is left of another copy, to remove it. `None` if somebody else was faster.
    pub(super) async fn take_over(&self, client: &Client, found: &NamespaceState) -> Result<Option<Fence>, Error> {
        let fence = self.fence(Epoch(found.node.epoch), 0);
        let paths = &fence.paths;
        let mut writer = client.new_multi_writer();
        writer.add_set_data(&paths.epoch, &self.epoch_node(client, fence.epoch), Some(found.version))?;
        if let Some(holder) = &found.node.holder {
            writer.add_delete(&paths.token(holder.nonce), None)?;
        }
        writer.add_create(&paths.token(fence.nonce), b"", &fence.options())?;
        writer.add_create(&paths.owner, &owner_node(fence.nonce), &alive(&fence))?;
        match writer.commit().await {
            Ok(results) => Ok(match results.first() {
                Some(MultiWriteResult::SetData { stat }) => Some(Fence {
                    version: stat.version,
                    ..fence
                }),
                _ => None,
            }),
            Err(MultiWriteError::OperationFailed {
                source: Error::BadVersion | Error::NoNode | Error::NodeExists,
                ..
            }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the namespace, as a copy that is not complete and that this process owns. `None` if somebody else was
    /// faster.
    pub(super) async fn create(&self, client: &Client, head: &Head) -> Result<Option<Fence>, Error> {
        let fence = self.fence(head.epoch, 0);
        let paths = &fence.paths;
        let options = options(CreateMode::Persistent, fence.is_private);
        let number = head.number.clone();
        let unfinished = UnfinishedHead {
            copy_of: self.origin.from.clone(),
        };
        let mut writer = client.new_multi_writer();
        writer.add_create(&paths.namespace, &json(&NamespaceNode { number }), &options)?;
        for path in paths.parts() {
            let data = if path == paths.epoch {
                self.epoch_node(client, fence.epoch)
            } else if path == paths.head {
                json(&unfinished)
            } else if path == paths.made {
                CopyOrigin::MADE.to_string().into_bytes()
            } else {
                vec![]
            };
            writer.add_create(path, &data, &options)?;
        }
        writer.add_create(&paths.token(fence.nonce), b"", &options)?;
        writer.add_create(&paths.owner, &owner_node(fence.nonce), &alive(&fence))?;
        match writer.commit().await {
            Ok(_) => Ok(Some(fence)),
            Err(MultiWriteError::OperationFailed {
                source: Error::NodeExists,
                ..
            }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Says where the journal ends, while nobody can own it yet.
    pub(super) async fn end(&self, client: &Client, fence: &Fence, head: head::Head) -> Result<WriteOutcome, Error> {
        let mut request = fence.writer(client)?;
        request.add_set_data(&fence.paths.head, &head.node(), None)?;
        fence.commit(request).await
    }

    /// Makes it a namespace that anybody may own.
    pub(super) async fn publish(&self, client: &Client, fence: &Fence) -> Result<WriteOutcome, Error> {
        let node = EpochNode {
            epoch: fence.epoch.0,
            copy: Some(CopyOrigin {
                is_complete: true,
                ..self.origin.clone()
            }),
            ..EpochNode::default()
        };
        let paths = &fence.paths;
        let has_session = client.check_stat(&paths.owner).await?.is_some();
        let mut request = fence.writer(client)?;
        request.add_set_data(&paths.epoch, &json(&node), Some(fence.version))?;
        request.add_delete(&paths.token(fence.nonce), None)?;
        if has_session {
            request.add_delete(&paths.owner, None)?;
        }
        fence.commit(request).await
    }

    /// Removes all of it, what makes it a copy that is not complete last.
    pub(super) async fn remove(&self, client: &Client, fence: &Fence) -> Result<(), Error> {
        let paths = &fence.paths;
        for tag in children(client, &paths.pieces).await? {
            let tag = paths.pieces(&tag);
            let mut all: Vec<String> = children(client, &tag).await?;
            all.iter_mut().for_each(|name| *name = format!("{tag}/{name}"));
            all.push(tag);
            remove_all(client, fence, &all).await?;
        }
        for parent in [
            &paths.commits,
            &paths.snapshots,
            &paths.content,
            &paths.history,
            &paths.standbys,
        ] {
            let names = children(client, parent).await?;
            let all: Vec<String> = names.iter().map(|name| format!("{parent}/{name}")).collect();
            remove_all(client, fence, &all).await?;
        }
        let has_session = client.check_stat(&paths.owner).await?.is_some();
        let mut request = fence.writer(client)?;
        request.add_delete(&paths.token(fence.nonce), None)?;
        if has_session {
            request.add_delete(&paths.owner, None)?;
        }
        for part in paths.parts() {
            request.add_delete(part, None)?;
        }
        request.add_delete(&paths.namespace, None)?;
        match fence.commit(request).await? {
            WriteOutcome::Refused(_, error) => Err(error),
            // Somebody else has taken it over, and removes it.
            WriteOutcome::Done | WriteOutcome::Fenced => Ok(()),
        }
    }

    fn fence(&self, epoch: Epoch, version: i32) -> Fence {
        Fence {
            paths: self.shared.paths.clone(),
            epoch,
            nonce: self.nonce(),
            version,
            is_private: self.shared.store.address.is_private(),
        }
    }

    fn nonce(&self) -> Nonce {
        self.owner.nonce
    }

    fn epoch_node(&self, client: &Client, epoch: Epoch) -> Vec<u8> {
        json(&EpochNode {
            epoch: epoch.0,
            holder: Some(Holder {
                nonce: self.nonce(),
                session_timeout: u64::try_from(client.session_timeout().as_millis()).unwrap_or(u64::MAX),
                reads: NEWEST,
            }),
            last: Some(LastOwner {
                owner: self.owner.id.clone(),
                since: self.owner.since,
                machine: self.shared.store.machine.clone(),
                process: std::process::id(),
            }),
            previous: None,
            copy: Some(self.origin.clone()),
        })
    }
}

/// Of names and numbers, which can be written.
fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

async fn children(client: &Client, path: &str) -> Result<Vec<String>, Error> {
    match client.list_children(path).await {
        Err(Error::NoNode) => Ok(vec![]),
        names => names,
    }
}

async fn remove_all(client: &Client, fence: &Fence, paths: &[String]) -> Result<(), Error> {
    for batch in paths.chunks(BATCH) {
        let mut request = fence.writer(client)?;
        for path in batch {
            request.add_delete(path, None)?;
        }
        if let WriteOutcome::Refused(_, error) = fence.commit(request).await? {
            return Err(error);
        }
    }
    Ok(())
}

pub(super) fn failed(failed: Failed) -> CopyError {
    CopyError::Other(failed.message)
}
