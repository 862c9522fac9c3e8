//! Who owns a namespace, as anybody may see.

use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::journal::{Epoch, JournalError, Nonce, OwnerId};
use pogo_core::scheduler::RestoreId;
use serde::{Deserialize, Serialize};
use zookeeper_client::{Client, Stat};

use super::error::RequestError;
use super::formats::WrittenFormat;
use super::tree::Paths;

/// The node of the namespace itself, which never changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct NamespaceNode {
    /// What tells it from those of the same name in other stores.
    pub(super) number: String,
}

/// The node with the epoch.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct EpochNode {
    pub(super) epoch: u64,
    /// `None` where nobody owns it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) holder: Option<Holder>,
    /// Who owned it last, or does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last: Option<LastOwner>,
    /// Who owned it before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) previous: Option<OwnerId>,
    /// Of a copy: what it was made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) copy: Option<CopyOrigin>,
}

/// What a copy was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CopyOrigin {
    /// The path or address.
    pub(super) from: String,
    /// What tells it from other copies.
    pub(super) id: RestoreId,
    /// Whether all of it is there.
    #[serde(default)]
    pub(super) is_complete: bool,
}

impl CopyOrigin {
    /// What stands for the count of the ensemble in a copy: what nobody is given, so that its first owner hears that
    /// it was copied.
    pub(super) const MADE: i64 = -1;
}

impl EpochNode {
    /// Why nobody can own it, if it is a copy that is not all there.
    pub(super) fn unfinished(&self) -> Option<String> {
        let copy = self.copy.as_ref().filter(|copy| !copy.is_complete)?;
        Some(unfinished(&copy.from))
    }
}

/// What a copy says of itself as long as not all of it is there.
pub(super) fn unfinished(from: &str) -> String {
    format!("it is a copy of {from} that is not all there yet; if that was cut off, copy it again")
}

/// An owner, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LastOwner {
    pub(super) owner: OwnerId,
    pub(super) since: Timestamp,
    pub(super) machine: String,
    pub(super) process: u32,
}

/// An owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Holder {
    pub(super) nonce: Nonce,
    /// How long its session may be silent, in milliseconds.
    pub(super) session_timeout: u64,
    /// The newest format that it reads.
    #[serde(default = "first_format")]
    pub(super) reads: u32,
}

/// What everybody reads.
fn first_format() -> u32 {
    1
}

impl Holder {
    pub(super) fn session_timeout(&self) -> Duration {
        Duration::from_millis(self.session_timeout)
    }
}

/// A namespace as it was read.
#[derive(Debug, Clone)]
pub(super) struct NamespaceState {
    pub(super) node: EpochNode,
    /// Version of that node.
    pub(super) version: i32,
    /// The count of the ensemble when it made the node of the namespace. A tree that was copied or restored has
    /// another.
    pub(super) made: i64,
    /// The format that its records are written in.
    pub(super) written: WrittenFormat,
}

impl NamespaceState {
    /// What there is of a namespace; `None` before its first owner.
    pub(super) async fn find(client: &Client, paths: &Paths) -> Result<Option<Self>, RequestError> {
        let stat: Stat = match client.check_stat(&paths.namespace).await? {
            Some(stat) => stat,
            None => return Ok(None),
        };
        let (data, Stat { version, .. }) = client.get_data(&paths.epoch).await?;
        let node = serde_json::from_slice(&data)
            .map_err(|error| RequestError::Unreadable(format!("{} cannot be read: {error}", paths.epoch)))?;
        Ok(Some(Self {
            node,
            version,
            made: stat.czxid,
            written: WrittenFormat::read(client, paths).await?,
        }))
    }

    /// The answer to whoever wants it only if it is free.
    pub(super) fn held(&self) -> JournalError {
        let last = self.node.last.as_ref();
        let unnamed = || OwnerId("a dispatcher without a name".into());
        JournalError::Held {
            owner: last.map_or_else(unnamed, |last| last.owner.clone()),
            epoch: Epoch(self.node.epoch),
            since: last.map_or(Timestamp::EPOCH, |last| last.since),
        }
    }
}
