//! Content under its digest.

use std::collections::BTreeSet;

use pogo_core::Digest;
use pogo_core::journal::JournalError;
use serde::{Deserialize, Serialize};
use zookeeper_client::{Client, Error};

use super::commits::AboutCommit;
use super::error::RequestError;
use super::owner_writer::OwnerWriter;
use super::packed::{FoundNode, Packed, Unread, remove_nodes, short};
use super::snapshots::AboutSnapshot;
use super::tree::{Paths, seqs_below};
use crate::remote::{Answer, Failed};

/// What the first line of content says.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct AboutContent {
    length: usize,
}

/// Keeps content, unless it is there already. What is there and damaged is written again.
pub(super) async fn put_content(writer: &OwnerWriter, digest: Digest, bytes: Vec<u8>) -> Answer<()> {
    let (fence, path) = (&writer.fence, writer.fence.paths.content(digest));
    let there = writer
        .sessions
        .ask(async |client| read(client, &fence.paths, digest).await)
        .await?;
    if there.is_ok() {
        return Ok(writer.is_owner().await?.then_some(()).ok_or(JournalError::Fenced));
    }
    let about = AboutContent { length: bytes.len() };
    let packed = Packed::new(about, bytes).map_err(|error| Failed::before(error.to_string()))?;
    let tag = writer.tag(&format!("content-{}", short(digest)));
    packed.put(&writer.sessions, fence, &path, &tag).await
}

/// Content as it was put.
pub(super) async fn read_content(
    client: &Client,
    paths: &Paths,
    digest: Digest,
) -> Result<Result<Vec<u8>, JournalError>, Error> {
    client.sync(&paths.content).await?;
    read(client, paths, digest).await
}

async fn read(client: &Client, paths: &Paths, digest: Digest) -> Result<Result<Vec<u8>, JournalError>, Error> {
    let node = match client.get_data(&paths.content(digest)).await {
        Err(Error::NoNode) => return Ok(Err(JournalError::NoContent { digest })),
        node => node?.0,
    };
    let damaged = Ok(Err(JournalError::DamagedContent { digest }));
    let found: FoundNode<'_, AboutContent> = match FoundNode::of(&node) {
        Ok(found) => found,
        Err(_) => return damaged,
    };
    match found.data(client, paths).await {
        Ok(bytes) if Digest::of(&bytes) == digest => Ok(Ok(bytes)),
        Ok(_) | Err(Unread::Damaged(_) | Unread::Failed(Error::NoNode)) => damaged,
        Err(Unread::Failed(error)) => Err(error),
    }
}

/// Removes the content that no snapshot names and no commit that is still there, but for what was put or named just
/// now.
pub(super) async fn remove_unnamed(writer: &OwnerWriter, recent: BTreeSet<Digest>) -> Result<(), Failed> {
    let fence = &writer.fence;
    let removed = writer.sessions.ask(async |client| {
        let all = client.list_children(&fence.paths.content).await?;
        let all: BTreeSet<Digest> = all.iter().filter_map(|name| name.parse().ok()).collect();
        if all.is_subset(&recent) {
            return Ok::<_, RequestError>(());
        }
        let mut needed = named(client, &fence.paths).await?;
        needed.extend(&recent);
        for digest in all.difference(&needed) {
            remove_nodes(client, fence, &[fence.paths.content(*digest)]).await?;
        }
        Ok(())
    });
    removed.await
}

/// What snapshots and commits name.
pub(super) async fn named(client: &Client, paths: &Paths) -> Result<BTreeSet<Digest>, RequestError> {
    let mut named = BTreeSet::new();
    // One that cannot be read ends the removal: it may name what would be removed.
    let unread = |path: &str| RequestError::Unreadable(format!("{path} cannot be read"));
    for upto in seqs_below(client, &paths.snapshots).await? {
        let path = paths.snapshot(upto);
        let (node, _) = client.get_data(&path).await?;
        let found: FoundNode<'_, AboutSnapshot> = FoundNode::of(&node).map_err(|_| unread(&path))?;
        named.extend(&found.about().content);
    }
    for at in seqs_below(client, &paths.commits).await? {
        let path = paths.commit(at);
        let (node, _) = client.get_data(&path).await?;
        let found: FoundNode<'_, AboutCommit> = FoundNode::of(&node).map_err(|_| unread(&path))?;
        named.extend(&found.about().content);
    }
    Ok(named)
}
