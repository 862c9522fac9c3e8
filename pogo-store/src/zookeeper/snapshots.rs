//! Snapshots as nodes.

use pogo_core::Digest;
use pogo_core::journal::{JournalError, Seq, Snapshot};
use serde::{Deserialize, Serialize};
use zookeeper_client::{Client, Error};

use super::owner_writer::OwnerWriter;
use super::packed::{FoundNode, Packed, Unread};
use super::tree::{Paths, seqs_below};
use crate::blocking::spawn_blocking;
use crate::remote::{Answer, Failed};

/// What the first line of a snapshot says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct AboutSnapshot {
    pub(super) upto: Seq,
    /// Content that it names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) content: Vec<Digest>,
}

/// Keeps a snapshot.
pub(super) async fn write_snapshot(writer: &OwnerWriter, upto: Seq, state: Snapshot) -> Answer<()> {
    let fence = &writer.fence;
    let about = AboutSnapshot {
        upto,
        content: state.digests().collect(),
    };
    // A large one takes a second, in which the thread has other things to do.
    let packed = spawn_blocking(move || Packed::new(about, serde_json::to_vec(&state)?)).await;
    let packed = packed.and_then(|packed| packed);
    let packed = packed.map_err(|error| Failed::before(error.to_string()))?;
    let tag = writer.tag(&format!("snapshot-{}", upto.0));
    let path = fence.paths.snapshot(upto);
    // Of the store's own session: a snapshot is large, and commits do not wait for it.
    packed.put(&writer.store.sessions, fence, &path, &tag).await
}

/// The newest snapshot that is not damaged. An error if all are.
pub(super) async fn latest_snapshot(
    client: &Client,
    paths: &Paths,
) -> Result<Result<Option<(Seq, Snapshot)>, JournalError>, Error> {
    client.sync(&paths.snapshots).await?;
    'again: loop {
        let mut damage = None;
        let all = match seqs_below(client, &paths.snapshots).await {
            // Nobody ever owned it.
            Err(Error::NoNode) => return Ok(Ok(None)),
            all => all?,
        };
        for upto in all.into_iter().rev() {
            match one(client, paths, upto).await {
                Ok(state) => return Ok(Ok(Some((upto, state)))),
                Err(Unread::Damaged(message)) => damage = Some(JournalError::Corrupt { at: upto, message }),
                // A newer one has taken its place meanwhile.
                Err(Unread::Failed(Error::NoNode)) if client.check_stat(&paths.snapshot(upto)).await?.is_none() => {
                    continue 'again;
                }
                Err(Unread::Failed(Error::NoNode)) => {
                    let message = "a piece of its snapshot is missing".to_owned();
                    damage = Some(JournalError::Corrupt { at: upto, message });
                }
                Err(Unread::Failed(error)) => return Err(error),
            }
        }
        return Ok(damage.map_or(Ok(None), Err));
    }
}

/// Snapshots that cannot be read, and why not.
pub(super) async fn damaged_snapshots(client: &Client, paths: &Paths) -> Result<Vec<(Seq, String)>, Error> {
    let mut damaged = vec![];
    for upto in seqs_below(client, &paths.snapshots).await? {
        match one(client, paths, upto).await {
            Ok(_) => {}
            Err(Unread::Damaged(message)) => damaged.push((upto, message)),
            Err(Unread::Failed(Error::NoNode)) if client.check_stat(&paths.snapshot(upto)).await?.is_none() => {}
            Err(Unread::Failed(Error::NoNode)) => damaged.push((upto, "a piece of it is missing".to_owned())),
            Err(Unread::Failed(error)) => return Err(error),
        }
    }
    Ok(damaged)
}

/// A snapshot, or why it cannot be read.
pub(super) async fn read_snapshot(
    client: &Client,
    paths: &Paths,
    upto: Seq,
) -> Result<Result<Snapshot, String>, Error> {
    match one(client, paths, upto).await {
        Ok(state) => Ok(Ok(state)),
        Err(Unread::Damaged(message)) => Ok(Err(message)),
        Err(Unread::Failed(Error::NoNode)) => Ok(Err("a piece of it is missing".to_owned())),
        Err(Unread::Failed(error)) => Err(error),
    }
}

async fn one(client: &Client, paths: &Paths, upto: Seq) -> Result<Snapshot, Unread> {
    let (node, _) = client.get_data(&paths.snapshot(upto)).await?;
    let found: FoundNode<'_, AboutSnapshot> = FoundNode::of(&node)?;
    let json = found.data(client, paths).await?;
    serde_json::from_slice(&json).map_err(|error| {
        Unread::Damaged(format!(
            "its snapshot is whole, and this version of pogo cannot read it: {error}"
        ))
    })
}
