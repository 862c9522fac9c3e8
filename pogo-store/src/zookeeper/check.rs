//! Whether everything that a namespace has is as it was written.

use std::collections::BTreeSet;

use pogo_core::Digest;
use pogo_core::journal::{JournalError, Seq};
use zookeeper_client::{Client, Error};

use super::commits::{FoundCommit, ReadError};
use super::contents::{named, read_content};
use super::error::RequestError;
use super::head::VersionedHead;
use super::history::history;
use super::holder::NamespaceState;
use super::snapshots::damaged_snapshots;
use super::tree::{Paths, seqs_below};
use crate::remote::RemoteDamage;

const RESTORE: &str = "restore the store's path from a backup";

/// Reads all of a namespace. One that nobody ever owned has nothing.
pub(super) async fn check(client: &Client, paths: &Paths) -> Result<Vec<RemoteDamage>, RequestError> {
    if let Some(state) = NamespaceState::find(client, paths).await?
        && let Some(copy) = state.node.copy.filter(|copy| !copy.is_complete)
    {
        let message = format!("it is a copy of {} that is not all there", copy.from);
        return Ok(vec![RemoteDamage::new(&paths.namespace, message, "copy it again")]);
    }
    let end = match VersionedHead::read(client, paths).await {
        Err(RequestError::Ensemble(Error::NoNode)) => return Ok(vec![]),
        head => head?.head.end,
    };
    let mut damage = vec![];
    let archived = history(client, paths).await?;
    let until = records(client, paths, (archived, None), &mut damage).await?;
    let commits = seqs_below(client, &paths.commits).await?;
    let commits = commits.into_iter().map(|at| (at, paths.commit(at))).collect();
    // The history may go on where commits that it has are still to be removed.
    let until = records(client, paths, (commits, Some(until)), &mut damage).await?;
    if until != end {
        let message = format!("the journal ends at {end}, and its last commit at {until}");
        damage.push(RemoteDamage::new(&paths.head, message, RESTORE));
    }
    content(client, paths, &mut damage).await?;
    for (upto, message) in damaged_snapshots(client, paths).await? {
        damage.push(RemoteDamage::new(
            paths.snapshot(upto),
            message,
            "the snapshot before it and the records since are as good, if they are whole",
        ));
    }
    Ok(damage)
}

/// Commits that are damaged, or missing between others. Gives the position after the last.
async fn records(
    client: &Client,
    paths: &Paths,
    (nodes, before): (Vec<(Seq, String)>, Option<Seq>),
    damage: &mut Vec<RemoteDamage>,
) -> Result<Seq, RequestError> {
    let mut next = before.filter(|before| *before > Seq(0));
    for (at, path) in nodes {
        let node = match client.get_data(&path).await {
            // It has left the journal meanwhile.
            Err(Error::NoNode) => continue,
            node => node?.0,
        };
        if let Some(next) = next.filter(|next| *next < at) {
            let message = format!("the records from {next} to {at} are missing");
            damage.push(RemoteDamage::new(&path, message, RESTORE));
        }
        let read = FoundCommit::of(client, paths, (at, &node)).await;
        // The records are read, too: a checksum is right for what a newer version wrote, and this
        // one cannot use it.
        let read = read.and_then(|found| Ok((found.about.until, found.positioned(at)?.len())));
        let message = match read {
            Ok((until, _)) => {
                next = Some(until);
                continue;
            }
            Err(ReadError::Journal(JournalError::Corrupt { message, .. })) => message,
            Err(ReadError::Journal(error)) => error.to_string(),
            Err(ReadError::Failed(RequestError::Ensemble(Error::NoNode))) => "a piece of it is missing".to_owned(),
            Err(ReadError::Failed(error)) => return Err(error),
        };
        damage.push(RemoteDamage::new(&path, message, RESTORE));
        // What follows it is not missing.
        next = None;
    }
    Ok(next.unwrap_or_default())
}

/// Content that is damaged, or named and not there.
async fn content(client: &Client, paths: &Paths, damage: &mut Vec<RemoteDamage>) -> Result<(), Error> {
    let there = client.list_children(&paths.content).await?;
    let mut all: BTreeSet<Digest> = there.iter().filter_map(|name| name.parse().ok()).collect();
    // What cannot be read names nothing, and is damage by itself.
    all.extend(named(client, paths).await.unwrap_or_default());
    for digest in all {
        let message = match read_content(client, paths, digest).await? {
            Ok(_) => continue,
            Err(JournalError::NoContent { .. }) => "it is named by records and is not there".to_owned(),
            Err(JournalError::DamagedContent { .. }) => "its digest is another".to_owned(),
            Err(error) => error.to_string(),
        };
        damage.push(RemoteDamage::new(paths.content(digest), message, RESTORE));
    }
    Ok(())
}
