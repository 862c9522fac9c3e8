//! Where a journal ends.

use pogo_core::Digest;
use pogo_core::journal::Seq;
use serde::{Deserialize, Serialize};
use zookeeper_client::{Client, Stat};

use super::error::RequestError;
use super::holder::unfinished;
use super::tree::Paths;

/// The node that says where a journal ends. It changes with each commit, in one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) end: Seq,
    /// The commit that was appended last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) last: Option<LastCommit>,
}

/// A commit, by which it is known when it is appended again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LastCommit {
    pub(super) at: Seq,
    /// Of its records, without the epoch: a commit whose answer was lost is proposed again by the next owner, and is
    /// then found to be there.
    pub(super) digest: Digest,
}

/// What the node says while a copy is written. A version that knows nothing of copies cannot read it either, and so
/// owns no half of one.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct UnfinishedHead {
    pub(super) copy_of: String,
}

/// A head that was read, with its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct VersionedHead {
    pub(super) head: Head,
    pub(super) version: i32,
}

impl Head {
    pub(super) fn node(&self) -> Vec<u8> {
        // Numbers and a digest can be written.
        serde_json::to_vec(self).unwrap_or_default()
    }
}

fn unread(data: &[u8], paths: &Paths, error: &serde_json::Error) -> RequestError {
    let copy: Option<UnfinishedHead> = serde_json::from_slice(data).ok();
    RequestError::Unreadable(match copy {
        Some(copy) => format!("{}: {}", paths.namespace, unfinished(&copy.copy_of)),
        None => format!("{} cannot be read: {error}", paths.head),
    })
}

impl VersionedHead {
    pub(super) fn of((data, stat): &(Vec<u8>, Stat), paths: &Paths) -> Result<Self, RequestError> {
        let head = serde_json::from_slice(data).map_err(|error| unread(data, paths, &error))?;
        Ok(Self {
            head,
            version: stat.version,
        })
    }

    /// The end as of now, or later: a server that lags catches up first.
    pub(super) async fn read(client: &Client, paths: &Paths) -> Result<Self, RequestError> {
        client.sync(&paths.head).await?;
        Self::of(&client.get_data(&paths.head).await?, paths)
    }
}
