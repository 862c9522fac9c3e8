//! Moves what a newer snapshot stands for out of the way.

use std::collections::BTreeSet;

use pogo_core::journal::Seq;
use tokio::sync::Mutex;
use zookeeper_client::{Client, Error};

use super::fence::Fence;
use super::history::{KnownJobs, archive};
use super::owner_writer::OwnerWriter;
use super::packed::{remove_nodes, remove_pieces, tag_of};
use super::tree::seqs_below;
use crate::remote::Failed;

/// How many snapshots are kept. Where the last one is damaged, the one before it and the records since are as good.
const KEPT: usize = 2;
/// Nodes that one request removes: appends wait no longer than that.
const BATCH: usize = 100;

/// Removes all snapshots but the last two, and moves the commits of which the older of them needs none to the history.
/// Returns the first position that is still needed, if anything is kept in place of records.
pub(super) async fn compact(writer: &OwnerWriter, jobs: &Mutex<KnownJobs>) -> Result<Option<Seq>, Failed> {
    // Of the store's own session, so that appends do not wait behind it.
    let sessions = &writer.store.sessions;
    let fence = &writer.fence;
    let snapshots = sessions
        .ask(async |client| seqs_below(client, &fence.paths.snapshots).await)
        .await?;
    let Some(older) = snapshots.len().checked_sub(KEPT) else {
        return Ok(None);
    };
    let (old, kept) = snapshots.split_at(older);
    let Some(&oldest) = kept.first() else { return Ok(None) };
    for upto in old {
        let path = fence.paths.snapshot(*upto);
        sessions
            .ask(async |client| remove_nodes(client, fence, std::slice::from_ref(&path)).await)
            .await?;
    }
    // Copied to the history before it leaves the journal: a reader finds each commit in one of them, or in both.
    archive(writer, jobs, oldest).await?;
    sessions
        .ask(async |client| {
            let commits = seqs_below(client, &fence.paths.commits).await?;
            // The commit that has the oldest record that is needed stays, and so does the last one.
            let needed = commits.partition_point(|at| *at <= oldest).saturating_sub(1);
            let paths: Vec<String> = commits.iter().take(needed).map(|at| fence.paths.commit(*at)).collect();
            for batch in paths.chunks(BATCH) {
                remove_nodes(client, fence, batch).await?;
            }
            Ok::<_, Error>(())
        })
        .await?;
    sessions.ask(async |client| sweep(client, fence).await).await?;
    Ok(Some(oldest))
}

/// Removes the pieces of former owners that nothing names: of those that died in the middle.
async fn sweep(client: &Client, fence: &Fence) -> Result<(), Error> {
    // This owner's may be those of a commit that is just being written.
    let own = format!("-{}-{:016x}-", fence.epoch.0, fence.nonce.0);
    let tags = client.list_children(&fence.paths.pieces).await?;
    let foreign: Vec<String> = tags.into_iter().filter(|tag| !tag.contains(&own)).collect();
    if foreign.is_empty() {
        return Ok(());
    }
    let named = named(client, fence).await?;
    for tag in foreign.iter().filter(|tag| !named.contains(*tag)) {
        remove_pieces(client, fence, tag).await?;
    }
    Ok(())
}

/// The tags that nodes name.
async fn named(client: &Client, fence: &Fence) -> Result<BTreeSet<String>, Error> {
    let paths = &fence.paths;
    let mut nodes = vec![paths.jobs.clone()];
    for parent in [&paths.commits, &paths.snapshots, &paths.content, &paths.history] {
        let names = client.list_children(parent).await?;
        nodes.extend(names.into_iter().map(|name| format!("{parent}/{name}")));
    }
    let mut named = BTreeSet::new();
    for path in nodes {
        let node = match client.get_data(&path).await {
            Err(Error::NoNode) => continue,
            node => node?.0,
        };
        named.extend(tag_of(&node));
    }
    Ok(named)
}
