//! What a namespace has, without reading it, and who owns it.

use futures::future::try_join_all;
use pogo_core::Timestamp;
use pogo_core::journal::{Epoch, Seq};
use zookeeper_client::{Client, Error};

use super::commits::FoundCommit;
use super::error::RequestError;
use super::formats::waiting;
use super::head::VersionedHead;
use super::holder::{CopyOrigin, NamespaceState};
use super::tree::{Paths, seqs_below};
use crate::remote::{OwnerSign, RemoteFormats, RemoteInfo, RemoteOwner, RemoteOwnership, StoredPart};

/// Nodes that are asked for at once.
const BATCH: usize = 500;

/// Who owns a namespace and who waits. It reads none of what grows.
pub(super) async fn ownership(client: &Client, paths: &Paths) -> Result<RemoteOwnership, RequestError> {
    client.sync(&paths.epoch).await?;
    let Some(state) = NamespaceState::find(client, paths).await? else {
        return Ok(RemoteOwnership::default());
    };
    Ok(owned(client, paths, &state).await?)
}

async fn owned(client: &Client, paths: &Paths, state: &NamespaceState) -> Result<RemoteOwnership, Error> {
    let holder = state.node.holder.as_ref();
    let owner = owner(client, paths, state).await?;
    let mut read = vec![];
    if let Some((owner, holder)) = owner.as_ref().zip(holder) {
        read.push((owner.owner.clone(), holder.reads));
    }
    // But for whoever has it by now.
    let owns = |name: &str| u64::from_str_radix(name, 16).ok() == holder.map(|holder| holder.nonce.0);
    let others = waiting(client, paths)
        .await?
        .into_iter()
        .filter(|(name, _)| !owns(name));
    let mut others: Vec<_> = others.map(|(_, node)| node).collect();
    others.sort_by(|one, other| one.name.cmp(&other.name));
    read.extend(others.iter().map(|node| (node.name.clone(), node.reads)));
    let waiting = others.into_iter().filter(|node| !node.follows);
    Ok(RemoteOwnership {
        owner,
        waiting: waiting.map(|node| node.name).collect(),
        epoch: Epoch(state.node.epoch),
        formats: RemoteFormats {
            written: state.written.format,
            read,
        },
    })
}

/// What a namespace has. One that nobody ever owned has nothing.
pub(super) async fn info(client: &Client, paths: &Paths) -> Result<RemoteInfo, RequestError> {
    client.sync(&paths.epoch).await?;
    let Some(state) = NamespaceState::find(client, paths).await? else {
        return Ok(RemoteInfo::default());
    };
    let copy = state.node.copy.clone();
    if let Some(copy) = copy.clone().filter(|copy| !copy.is_complete) {
        return Ok(RemoteInfo {
            owner: owner(client, paths, &state).await?,
            unfinished_copy_of: Some(copy.from),
            ..RemoteInfo::default()
        });
    }
    let head = VersionedHead::read(client, paths).await?.head;
    let newest = match head.last {
        Some(last) => newest(client, paths, last.at).await?,
        None => None,
    };
    let commits = seqs_below(client, &paths.commits).await?;
    let (made, _) = client.get_data(&paths.made).await?;
    let is_restored = !made.is_empty() && made != state.made.to_string().into_bytes();
    let jobs = client.check_stat(&paths.jobs).await?;
    let RemoteOwnership {
        owner,
        waiting,
        epoch,
        formats,
    } = owned(client, paths, &state).await?;
    Ok(RemoteInfo {
        owner,
        waiting,
        epoch,
        formats,
        first: commits.first().copied().unwrap_or(head.end),
        end: head.end,
        newest,
        copied_from: is_restored.then(|| match copy {
            Some(copy) if made == CopyOrigin::MADE.to_string().into_bytes() => copy.from,
            _ => "another tree".to_owned(),
        }),
        unfinished_copy_of: None,
        parts: vec![
            stored_below(client, "commits", &paths.commits).await?,
            stored_below(client, "history", &paths.history).await?,
            stored_below(client, "snapshots", &paths.snapshots).await?,
            stored_below(client, "content", &paths.content).await?,
            StoredPart::new("jobs", 1, jobs.map_or(0, |stat| bytes(stat.data_length))),
            pieces(client, paths).await?,
        ],
    })
}

async fn owner(client: &Client, paths: &Paths, state: &NamespaceState) -> Result<Option<RemoteOwner>, Error> {
    let Some(last) = state.node.last.clone() else {
        return Ok(None);
    };
    let owns = state.node.holder.is_some();
    let has_session = owns && client.check_stat(&paths.owner).await?.is_some();
    Ok(Some(RemoteOwner {
        owner: last.owner,
        since: last.since,
        machine: last.machine,
        pid: last.process,
        owns,
        sign: has_session.then_some(OwnerSign::Session),
    }))
}

/// When the last record was written. One that is damaged is for a check to name.
async fn newest(client: &Client, paths: &Paths, at: Seq) -> Result<Option<Timestamp>, Error> {
    let node = match client.get_data(&paths.commit(at)).await {
        Err(Error::NoNode) => return Ok(None),
        node => node?.0,
    };
    let found = FoundCommit::of(client, paths, (at, &node)).await.ok();
    let records = found.and_then(|found| found.positioned(at).ok()).unwrap_or_default();
    Ok(records.last().map(|(_, record)| record.at))
}

fn bytes(length: i32) -> u64 {
    u64::try_from(length).unwrap_or_default()
}

/// The nodes below a path.
async fn stored_below(client: &Client, part: &'static str, path: &str) -> Result<StoredPart, Error> {
    let names = client.list_children(path).await?;
    let mut stored = StoredPart::new(part, 0, 0);
    for batch in names.chunks(BATCH) {
        let paths: Vec<String> = batch.iter().map(|name| format!("{path}/{name}")).collect();
        // They are all sent before the first is answered.
        for stat in try_join_all(paths.iter().map(|path| client.check_stat(path))).await? {
            stored.count += 1;
            stored.bytes += stat.map_or(0, |stat| bytes(stat.data_length));
        }
    }
    Ok(stored)
}

async fn pieces(client: &Client, paths: &Paths) -> Result<StoredPart, Error> {
    let mut all = StoredPart::new("pieces", 0, 0);
    for tag in client.list_children(&paths.pieces).await? {
        match stored_below(client, all.name, &paths.pieces(&tag)).await {
            // They were removed meanwhile.
            Err(Error::NoNode) => {}
            stored => {
                let StoredPart { count, bytes, .. } = stored?;
                all.count += count;
                all.bytes += bytes;
            }
        }
    }
    Ok(all)
}
