//! In which format an owner writes, by what those read who are alive.

use pogo_core::journal::OwnerId;
use serde::{Deserialize, Serialize};
use zookeeper_client::{Client, Error};

use super::error::RequestError;
use super::fence::{Fence, WriteOutcome};
use super::tree::Paths;
use crate::remote::NEWEST;

/// What the node of all who wait says: the format that the owner writes. It is empty until there is a second one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct FormatNode {
    format: u32,
}

/// The format of a namespace, and the version of the node that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WrittenFormat {
    pub(super) format: u32,
    pub(super) version: i32,
}

/// What a node says of somebody who waits, or follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WaitingNode {
    pub(super) name: OwnerId,
    /// The newest format that it reads.
    pub(super) reads: u32,
    /// Whether it never takes over.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) follows: bool,
}

impl WaitingNode {
    pub(super) fn new(name: OwnerId) -> Self {
        Self {
            name,
            reads: NEWEST,
            follows: false,
        }
    }

    /// Of somebody who never takes over.
    pub(super) fn of_follower(name: OwnerId) -> Self {
        Self {
            follows: true,
            ..Self::new(name)
        }
    }

    /// As it was written. A text is the name of whoever reads the first format alone.
    pub(super) fn of(data: &[u8]) -> Self {
        serde_json::from_slice(data).unwrap_or_else(|_| Self {
            name: OwnerId(String::from_utf8_lossy(data).into()),
            reads: 1,
            follows: false,
        })
    }

    /// Of a name and a number, which can be written.
    pub(super) fn json(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl WrittenFormat {
    pub(super) async fn read(client: &Client, paths: &Paths) -> Result<Self, RequestError> {
        let (data, stat) = client.get_data(&paths.standbys).await?;
        let format = match data.is_empty() {
            true => 1,
            false => {
                let node: FormatNode = serde_json::from_slice(&data)
                    .map_err(|error| RequestError::Unreadable(format!("{} cannot be read: {error}", paths.standbys)))?;
                node.format
            }
        };
        let version = stat.version;
        Ok(Self { format, version })
    }
}

/// Those who wait and follow, by the names of their nodes.
pub(super) async fn waiting(client: &Client, paths: &Paths) -> Result<Vec<(String, WaitingNode)>, Error> {
    let mut waiting = vec![];
    for name in client.list_children(&paths.standbys).await? {
        match client.get_data(&format!("{}/{name}", paths.standbys)).await {
            // It has gone meanwhile.
            Err(Error::NoNode) => {}
            data => waiting.push((name, WaitingNode::of(&data?.0))),
        }
    }
    Ok(waiting)
}

/// Has the owner write the newest format from now on that all who wait and follow read. Gives the one that it writes.
///
/// It is stored before anything is written in it, and whoever takes over depends on the version of the node that says
/// so: of two that happen at once one does not.
pub(super) async fn raise_format(client: &Client, fence: &Fence) -> Result<u32, RequestError> {
    client.sync(&fence.paths.standbys).await?;
    let WrittenFormat { format, version } = WrittenFormat::read(client, &fence.paths).await?;
    let waiting = waiting(client, &fence.paths).await?;
    let newest = waiting.iter().map(|(_, node)| node.reads).fold(NEWEST, u32::min);
    if newest <= format {
        return Ok(format);
    }
    let mut request = fence.writer(client)?;
    let node = serde_json::to_vec(&FormatNode { format: newest }).unwrap_or_default();
    request.add_set_data(&fence.paths.standbys, &node, Some(version))?;
    Ok(match fence.commit(request).await? {
        WriteOutcome::Done => newest,
        // Another request has changed it, or it is over: both are seen when this is asked again.
        WriteOutcome::Fenced | WriteOutcome::Refused(..) => format,
    })
}
