//! Commits that a snapshot stands for, many in a node.

use std::collections::BTreeSet;

use pogo_core::journal::{JournalError, Seq};
use zookeeper_client::{Client, Error};

use super::known_jobs::write_list;
use crate::blocking::spawn_blocking;
use crate::remote::{Failed, checksum};
use crate::zookeeper::commits::{AboutCommit, FoundCommit, answer, commits_from};
use crate::zookeeper::compaction::{is_done, remove};
use crate::zookeeper::fence::Written;
use crate::zookeeper::hold::Hold;
use crate::zookeeper::packed::Packed;
use crate::zookeeper::tree::{Paths, seq_name, seq_of, seqs_below};

/// The records of a node of the history take so many bytes, before they are compressed.
const BYTES: usize = 4 << 20;
/// The most bytes of a namespace's history. An ensemble has all of it in memory.
const MOST: u64 = 64 << 20;

/// A node of the history. Its name says what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Archived {
    pub(super) at: Seq,
    pub(super) until: Seq,
    bytes: u64,
}

impl Archived {
    pub(super) fn path(&self, paths: &Paths) -> String {
        let Self { at, until, bytes } = self;
        // In the name, so that listing the parent says how much there is, and no node has to be
        // read for it.
        format!("{}/{}-{}-{bytes}", paths.history, seq_name(*at), seq_name(*until))
    }

    fn of(name: &str) -> Option<Self> {
        let (at, rest) = name.split_once('-')?;
        let (until, bytes) = rest.split_once('-')?;
        Some(Self {
            at: seq_of(at)?,
            until: seq_of(until)?,
            bytes: bytes.parse().ok()?,
        })
    }

    /// All that there are, in order.
    pub(super) async fn all(client: &Client, paths: &Paths) -> Result<Vec<Self>, Error> {
        let names = client.list_children(&paths.history).await?;
        let mut all: Vec<Self> = names.iter().filter_map(|name| Self::of(name)).collect();
        all.sort_unstable();
        Ok(all)
    }
}

/// The nodes of the history, by their first positions.
pub(in crate::zookeeper) async fn history(client: &Client, paths: &Paths) -> Result<Vec<(Seq, String)>, Error> {
    let all = Archived::all(client, paths).await?;
    Ok(all.into_iter().map(|it| (it.at, it.path(paths))).collect())
}

/// Copies the commits that are no longer needed into the history, and what they say into the list of jobs. Nothing is
/// removed yet but what is too much.
pub(in crate::zookeeper) async fn archive(hold: &Hold, needed: Seq) -> Result<(), Failed> {
    let sessions = &hold.shared.store.sessions;
    let paths = &hold.fence.paths;
    let there = sessions.ask(async |client| {
        let archived = Archived::all(client, paths).await?;
        Ok((archived, seqs_below(client, &paths.commits).await?))
    });
    let (archived, commits) = there.await?;
    let first_needed = commits.iter().copied().rfind(|at| *at <= needed);
    let upto = first_needed.unwrap_or_default();
    let done = archived.last().map(|last| last.until).unwrap_or_default();
    let mut next = done.max(commits.first().copied().unwrap_or_default());
    while next < upto {
        let found = sessions.ask(async |client| answer(commits_from(client, paths, (next, upto), BYTES).await));
        let found = found.await?.map_err(unread)?;
        next = write(hold, found).await?.unwrap_or(upto);
    }
    // Before anything is removed: for what is too old the list is all that stays.
    write_list(hold).await?;
    sessions
        .ask(async |client| {
            let all = Archived::all(client, paths).await?;
            let mut rest: u64 = all.iter().map(|it| it.bytes).sum();
            for old in all {
                if rest <= MOST {
                    break;
                }
                rest -= old.bytes;
                remove(client, &hold.fence, &[old.path(paths)]).await?;
            }
            Ok(())
        })
        .await
}

pub(super) fn unread(error: JournalError) -> Failed {
    Failed::before(error.to_string())
}

/// Writes commits that follow each other as one node. Gives the position after them.
async fn write(hold: &Hold, found: Vec<FoundCommit>) -> Result<Option<Seq>, Failed> {
    let (Some(first), Some(last)) = (found.first(), found.last()) else {
        return Ok(None);
    };
    let (at, until, fence) = (first.about.at, last.about.until, &hold.fence);
    let epoch = fence.epoch;
    let packed = spawn_blocking(move || {
        let jobs: BTreeSet<_> = found
            .iter()
            .flat_map(|commit| commit.about.jobs.iter().copied())
            .collect();
        let lines: Vec<u8> = found.into_iter().flat_map(|commit| commit.lines).collect();
        let about = AboutCommit {
            at,
            until,
            epoch,
            lines: checksum(at, until, epoch, &lines),
            jobs,
            content: vec![],
        };
        Packed::new(about, lines)
    });
    let packed = packed.await.and_then(|packed| packed);
    let packed = packed.map_err(|error| Failed::before(error.to_string()))?;
    let bytes = u64::try_from(packed.len()).unwrap_or(u64::MAX);
    let path = Archived { at, until, bytes }.path(&fence.paths);
    let tag = hold.tag(&format!("history-{}", at.0));
    let written = hold.shared.store.sessions.ask(async |client| {
        let Some(node) = packed.store(client, fence, &tag).await? else {
            return Ok(Written::Fenced);
        };
        let mut writer = fence.writer(client)?;
        writer.add_create(&path, &node, &fence.options())?;
        fence.commit(writer).await
    });
    match written.await? {
        written if is_done(&written) => Ok(Some(until)),
        written => Err(Failed::before(format!("the history was not written: {written:?}"))),
    }
}
