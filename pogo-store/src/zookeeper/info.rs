//! What a namespace has, without reading it, and who owns it.

use futures::future::try_join_all;
use pogo_core::Timestamp;
use pogo_core::journal::{Epoch, OwnerId, Seq};
use zookeeper_client::{Client, Error};

use super::commits::FoundCommit;
use super::head::VersionedHead;
use super::holder::NamespaceState;
use super::tree::{Paths, seqs_below};

/// Nodes that are asked for at once.
const BATCH: usize = 500;

/// What a namespace has, who owns it and who waits for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ZookeeperInfo {
    /// Who owns it, or did last; `None` if nobody ever did.
    pub owner: Option<ZookeeperOwner>,
    /// Who waits to take over.
    pub waiting: Vec<OwnerId>,
    /// The epoch of its owner, or of the last one.
    pub epoch: Epoch,
    /// The first record that the journal still has.
    pub first: Seq,
    /// The position after the last one.
    pub end: Seq,
    /// When the last record was written, by its dispatcher's clock.
    pub newest: Option<Timestamp>,
    /// Whether it was restored or copied, and nobody has accepted that yet.
    pub is_restored: bool,
    /// Commits since the older snapshot.
    pub commits: StoredNodes,
    /// Commits before that, for the history of jobs.
    pub history: StoredNodes,
    /// Snapshots.
    pub snapshots: StoredNodes,
    /// Fleets and policies.
    pub content: StoredNodes,
    /// The list of jobs.
    pub jobs: StoredNodes,
    /// Pieces of what is larger than a node.
    pub pieces: StoredNodes,
}

/// Nodes, and the room that they take in the memory of each server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct StoredNodes {
    /// How many there are.
    pub nodes: u64,
    /// Their bytes as they are stored, without what a server needs for each node.
    pub bytes: u64,
}

/// Who owns a namespace, or did last.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ZookeeperOwner {
    /// Its name.
    pub owner: OwnerId,
    /// Since when, by its own clock.
    pub since: Timestamp,
    /// The name of its machine.
    pub machine: String,
    /// Its process.
    pub pid: u32,
    /// Whether it has not given the namespace back.
    pub owns: bool,
    /// Whether it has a session.
    pub has_session: bool,
}

impl ZookeeperInfo {
    /// The bytes of all of it.
    pub fn bytes(&self) -> u64 {
        let Self {
            commits,
            history,
            snapshots,
            content,
            jobs,
            pieces,
            ..
        } = self;
        let all = [commits, history, snapshots, content, jobs, pieces];
        all.into_iter().map(|stored| stored.bytes).sum()
    }
}

/// What a namespace has. One that nobody ever owned has nothing.
pub(super) async fn info(client: &Client, paths: &Paths) -> Result<ZookeeperInfo, Error> {
    client.sync(&paths.epoch).await?;
    let Some(state) = NamespaceState::find(client, paths).await? else {
        return Ok(ZookeeperInfo::default());
    };
    let head = VersionedHead::read(client, paths).await?.head;
    let newest = match head.last {
        Some(last) => newest(client, paths, last.at).await?,
        None => None,
    };
    let commits = seqs_below(client, &paths.commits).await?;
    let (made, _) = client.get_data(&paths.made).await?;
    let jobs = client.check_stat(&paths.jobs).await?;
    let holder = state.node.holder.as_ref();
    Ok(ZookeeperInfo {
        owner: owner(client, paths, &state).await?,
        waiting: waiting(client, paths, holder.map(|holder| holder.nonce.0)).await?,
        epoch: Epoch(state.node.epoch),
        first: commits.first().copied().unwrap_or(head.end),
        end: head.end,
        newest,
        is_restored: !made.is_empty() && made != state.made.to_string().into_bytes(),
        commits: stored_below(client, &paths.commits).await?,
        history: stored_below(client, &paths.history).await?,
        snapshots: stored_below(client, &paths.snapshots).await?,
        content: stored_below(client, &paths.content).await?,
        jobs: StoredNodes {
            nodes: 1,
            bytes: jobs.map_or(0, |stat| bytes(stat.data_length)),
        },
        pieces: pieces(client, paths).await?,
    })
}

async fn owner(client: &Client, paths: &Paths, state: &NamespaceState) -> Result<Option<ZookeeperOwner>, Error> {
    let Some(last) = state.node.last.clone() else {
        return Ok(None);
    };
    let owns = state.node.holder.is_some();
    Ok(Some(ZookeeperOwner {
        owner: last.owner,
        since: last.since,
        machine: last.machine,
        pid: last.process,
        owns,
        has_session: owns && client.check_stat(&paths.owner).await?.is_some(),
    }))
}

/// Who waits, but for whoever has it by now.
async fn waiting(client: &Client, paths: &Paths, holder: Option<u64>) -> Result<Vec<OwnerId>, Error> {
    let mut waiting = vec![];
    for name in client.list_children(&paths.standbys).await? {
        if u64::from_str_radix(&name, 16).ok() == holder {
            continue;
        }
        match client.get_data(&format!("{}/{name}", paths.standbys)).await {
            // It has gone meanwhile.
            Err(Error::NoNode) => {}
            data => waiting.push(OwnerId(String::from_utf8_lossy(&data?.0).into())),
        }
    }
    waiting.sort();
    Ok(waiting)
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
async fn stored_below(client: &Client, path: &str) -> Result<StoredNodes, Error> {
    let names = client.list_children(path).await?;
    let mut stored = StoredNodes::default();
    for batch in names.chunks(BATCH) {
        let paths: Vec<String> = batch.iter().map(|name| format!("{path}/{name}")).collect();
        // They are all sent before the first is answered.
        for stat in try_join_all(paths.iter().map(|path| client.check_stat(path))).await? {
            stored.nodes += 1;
            stored.bytes += stat.map_or(0, |stat| bytes(stat.data_length));
        }
    }
    Ok(stored)
}

async fn pieces(client: &Client, paths: &Paths) -> Result<StoredNodes, Error> {
    let mut all = StoredNodes::default();
    for tag in client.list_children(&paths.pieces).await? {
        match stored_below(client, &paths.pieces(&tag)).await {
            // They were removed meanwhile.
            Err(Error::NoNode) => {}
            stored => {
                let StoredNodes { nodes, bytes } = stored?;
                all.nodes += nodes;
                all.bytes += bytes;
            }
        }
    }
    Ok(all)
}
