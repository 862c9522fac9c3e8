//! Becoming the owner of a namespace.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::select;
use pogo_core::journal::{Acquire, Epoch, JournalError, Nonce, Owner};
use tokio::sync::oneshot;
use zookeeper_client::{Client, CreateMode, Error, MultiWriteError, MultiWriteResult, OneshotWatcher};

use super::error::RequestError;
use super::fence::Fence;
use super::formats::WaitingNode;
use super::holder::{EpochNode, Holder, LastOwner, NamespaceState};
use super::namespace_shared::NamespaceShared;
use super::session::{answer_within, before, connect};
use super::tree::options;
use super::vigil::Vigil;
use crate::remote::{Failed, NEWEST, check_format};

/// A watch is no promise; what it would have said is looked for this often.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// So soon after a request was cut off, or somebody else was faster.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A namespace that somebody asks for.
pub(super) struct Asking<'a> {
    pub(super) shared: &'a Arc<NamespaceShared>,
    pub(super) owner: &'a Owner,
    pub(super) how: Acquire,
}

/// A namespace that was taken, by the session that took it.
pub(super) struct TakenNamespace {
    pub(super) client: Client,
    pub(super) fence: Fence,
    /// What the node with the epoch says now.
    pub(super) node: EpochNode,
    /// The count of the ensemble when it made the namespace.
    pub(super) made: i64,
    /// The format that its records are written in.
    pub(super) format: u32,
}

/// What is seen of a namespace that somebody else owns.
struct SeenNamespace {
    state: NamespaceState,
    /// Whether its owner has a session.
    is_alive: bool,
    watches: [OneshotWatcher; 2],
}

enum AcquireStep {
    /// The namespace is ours.
    Taken(Box<TakenNamespace>),
    /// Somebody owns it, and may not be waited for or replaced.
    Held(JournalError),
    /// Until something changes, or so long.
    Wait(Option<[OneshotWatcher; 2]>, Duration),
}

impl Asking<'_> {
    /// Asks until there is an answer, or nobody waits for it any more.
    pub(super) async fn take(&self, mut gone: oneshot::Receiver<()>) -> Result<TakenNamespace, JournalError> {
        let mut failing_since = None;
        loop {
            let client = connect(&self.shared.store.address).await;
            let client = client.map_err(|error| before(error).unavailable())?;
            // Of this session alone: what an earlier one saw of the ensemble says nothing of how
            // long this connection has held.
            let mut vigil = Vigil::new(&client, Instant::now());
            let mut is_listed = false;
            loop {
                match self.step(&client, &mut vigil).await {
                    Ok(AcquireStep::Taken(taken)) => {
                        // It is listed no more at the end of the session otherwise.
                        if is_listed {
                            let _ = client.delete(&self.shared.paths.standby(self.owner.nonce), None).await;
                        }
                        return Ok(*taken);
                    }
                    Ok(AcquireStep::Held(held)) => return Err(held),
                    Ok(AcquireStep::Wait(watches, most)) => {
                        failing_since = None;
                        if watches.is_some() && !is_listed {
                            is_listed = self.list(&client).await;
                        }
                        if !wait(watches, most, &mut vigil, &mut gone).await {
                            return Err(Failed::before("nobody waits for it any more").unavailable());
                        }
                    }
                    Err(error) => {
                        let since = *failing_since.get_or_insert_with(Instant::now);
                        if error.is_final() || since.elapsed() >= answer_within(&self.shared.store.address) {
                            return Err(Failed::from(error).unavailable());
                        }
                        vigil.broken(Instant::now());
                        tokio::time::sleep(LOOK_AGAIN).await;
                        if vigil.is_over() {
                            break;
                        }
                    }
                }
            }
        }
    }

    /// Lists who waits, for people. Says whether it is listed.
    async fn list(&self, client: &Client) -> bool {
        let path = self.shared.paths.standby(self.owner.nonce);
        // Ephemeral, so that whoever dies while waiting is listed no more.
        let options = options(CreateMode::Ephemeral, self.shared.store.address.is_private());
        let node = WaitingNode::new(self.owner.id.clone());
        let listed = client.create(&path, &node.json(), &options).await;
        matches!(listed, Ok(_) | Err(Error::NodeExists))
    }

    async fn step(&self, client: &Client, vigil: &mut Vigil) -> Result<AcquireStep, RequestError> {
        self.shared.create(client).await?;
        let Some(seen) = self.look(client).await? else {
            return Ok(AcquireStep::Wait(None, LOOK_AGAIN));
        };
        let state = &seen.state;
        if let Some(message) = state.node.unfinished() {
            let message = format!("{}: {message}", self.shared.name);
            return Ok(AcquireStep::Held(JournalError::Unavailable { message }));
        }
        // Of records that it does not read it would be no owner.
        if let Err(too_old) = check_format(state.written.format) {
            return Ok(AcquireStep::Held(too_old));
        }
        let Some(holder) = &state.node.holder else {
            return self.raise(client, seen).await;
        };
        if holder.nonce == self.owner.nonce {
            // It was taken by an earlier try, of which the answer was lost.
            return Ok(AcquireStep::Taken(Box::new(TakenNamespace {
                client: client.clone(),
                fence: self.fence(Epoch(state.node.epoch), state.version),
                node: state.node.clone(),
                made: state.made,
                format: state.written.format,
            })));
        }
        if self.how == Acquire::Force {
            return self.raise(client, seen).await;
        }
        if seen.is_alive {
            if self.how == Acquire::IfFree {
                return Ok(AcquireStep::Held(state.held()));
            }
            return Ok(AcquireStep::Wait(Some(seen.watches), LOOK_EVERY));
        }
        // Whoever has lost its session while the ensemble was away, and lives, gets another one as soon as we do.
        let timeout = holder.session_timeout().max(client.session_timeout());
        match vigil.rest(timeout, Instant::now()) {
            Duration::ZERO => self.raise(client, seen).await,
            rest => Ok(AcquireStep::Wait(Some(seen.watches), rest)),
        }
    }

    /// What there is now, and what tells that it changes. `None` where it has changed meanwhile.
    async fn look(&self, client: &Client) -> Result<Option<SeenNamespace>, RequestError> {
        let paths = &self.shared.paths;
        // Reads are answered by one server, which may lag: without a sync an owner that is long
        // gone would seem to live.
        client.sync(&paths.epoch).await?;
        // The watches first: what changes between them and the reading wakes us, and is read again.
        let (_, of_epoch) = client.check_and_watch_stat(&paths.epoch).await?;
        let (owner, of_owner) = client.check_and_watch_stat(&paths.owner).await?;
        let Some(state) = NamespaceState::find(client, paths).await? else {
            return Ok(None);
        };
        Ok(Some(SeenNamespace {
            state,
            is_alive: owner.is_some(),
            watches: [of_epoch, of_owner],
        }))
    }

    fn fence(&self, epoch: Epoch, version: i32) -> Fence {
        Fence {
            paths: self.shared.paths.clone(),
            epoch,
            nonce: self.owner.nonce,
            version,
            is_private: self.shared.store.address.is_private(),
        }
    }

    /// Raises the epoch, if the namespace is as it was seen, and says that this owner lives.
    async fn raise(&self, client: &Client, seen: SeenNamespace) -> Result<AcquireStep, RequestError> {
        let (fence, before) = (self.fence(Epoch(seen.state.node.epoch + 1), 0), seen.state);
        let mut node = before.node.clone();
        node.epoch = fence.epoch.0;
        node.holder = Some(Holder {
            nonce: self.owner.nonce,
            session_timeout: u64::try_from(client.session_timeout().as_millis()).unwrap_or(u64::MAX),
            reads: NEWEST,
        });
        let last = node.last.replace(LastOwner {
            owner: self.owner.id.clone(),
            since: self.owner.since,
            machine: self.shared.store.machine.clone(),
            process: std::process::id(),
        });
        node.previous = last.map(|last| last.owner);
        // Of names and numbers, which can be written.
        let json = serde_json::to_vec(&node).unwrap_or_default();
        let mut writer = client.new_multi_writer();
        let paths = &fence.paths;
        writer.add_set_data(&paths.epoch, &json, Some(before.version))?;
        // The former owner may write another format by now.
        writer.add_check_version(&paths.standbys, before.written.version)?;
        if let Some(holder) = &before.node.holder {
            writer.add_delete(&paths.token(holder.nonce), None)?;
        }
        writer.add_create(&paths.token(fence.nonce), b"", &fence.options())?;
        // The node of the old session would be taken for a sign of life of this owner.
        if seen.is_alive {
            writer.add_delete(&paths.owner, None)?;
        }
        writer.add_create(&paths.owner, &owner_node(fence.nonce), &alive(&fence))?;
        match writer.commit().await {
            Ok(results) => {
                let version = match results.first() {
                    Some(MultiWriteResult::SetData { stat }) => stat.version,
                    _ => before.version.wrapping_add(1),
                };
                Ok(AcquireStep::Taken(Box::new(TakenNamespace {
                    client: client.clone(),
                    fence: Fence { version, ..fence },
                    node,
                    made: before.made,
                    format: before.written.format,
                })))
            }
            // Somebody was faster, or the owner's session has ended or begun just now.
            Err(MultiWriteError::OperationFailed {
                source: Error::BadVersion | Error::NoNode | Error::NodeExists,
                ..
            }) => Ok(AcquireStep::Wait(None, LOOK_AGAIN)),
            Err(error) => Err(error.into()),
        }
    }
}

/// The node that is there as long as an owner has a session.
pub(super) fn owner_node(nonce: Nonce) -> Vec<u8> {
    format!("{:016x}", nonce.0).into_bytes()
}

pub(super) fn alive(fence: &Fence) -> zookeeper_client::CreateOptions<'static> {
    options(CreateMode::Ephemeral, fence.is_private)
}

/// Waits for a change, or so long. Says whether anybody still waits for what is asked.
async fn wait(
    watches: Option<[OneshotWatcher; 2]>,
    most: Duration,
    vigil: &mut Vigil,
    gone: &mut oneshot::Receiver<()>,
) -> bool {
    let changed = async {
        match watches {
            Some([one, other]) => _ = select(pin!(one.changed()), pin!(other.changed())).await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        _ = gone => return false,
        () = vigil.changed() => {}
        () = changed => {}
        () = tokio::time::sleep(most) => {}
    }
    true
}
