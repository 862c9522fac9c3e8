//! Commits that a snapshot stands for, many in a node.

use std::collections::BTreeSet;

use pogo_core::journal::Seq;
use tokio::sync::Mutex;
use zookeeper_client::Error;

use super::archived::Archived;
use super::known_jobs::{KnownJobs, write_list};
use crate::blocking::spawn_blocking;
use crate::remote::{Failed, checksum};
use crate::zookeeper::commits::{AboutCommit, FoundCommit, answer, commits_from, unread};
use crate::zookeeper::fence::WriteOutcome;
use crate::zookeeper::owner_writer::OwnerWriter;
use crate::zookeeper::packed::{Packed, remove_nodes};
use crate::zookeeper::tree::seqs_below;

/// The records of a node of the history take so many bytes, before they are compressed.
pub(super) const BYTES: usize = 4 << 20;
/// The most bytes of a namespace's history. An ensemble has all of it in memory.
pub(super) const MOST: u64 = 64 << 20;

/// Copies the commits that are no longer needed into the history, and what they say into the list of jobs. Nothing is
/// removed yet but what is too much.
pub(in crate::zookeeper) async fn archive(
    writer: &OwnerWriter,
    jobs: &Mutex<KnownJobs>,
    needed: Seq,
) -> Result<(), Failed> {
    let sessions = &writer.store.sessions;
    let paths = &writer.fence.paths;
    let there = sessions.ask(async |client| {
        let archived = Archived::all(client, paths).await?;
        Ok::<_, Error>((archived, seqs_below(client, &paths.commits).await?))
    });
    let (archived, commits) = there.await?;
    let first_needed = commits.iter().copied().rfind(|at| *at <= needed);
    let upto = first_needed.unwrap_or_default();
    let done = archived.last().map(|last| last.until).unwrap_or_default();
    let mut next = done.max(commits.first().copied().unwrap_or_default());
    while next < upto {
        let found = sessions.ask(async |client| answer(commits_from(client, paths, (next, upto), BYTES).await));
        let found = found.await?.map_err(unread)?;
        next = write(writer, found).await?.unwrap_or(upto);
    }
    // Before anything is removed: for what is too old the list is all that stays.
    write_list(writer, jobs).await?;
    sessions
        .ask(async |client| {
            let all = Archived::all(client, paths).await?;
            let mut rest: u64 = all.iter().map(|it| it.bytes).sum();
            for old in all {
                if rest <= MOST {
                    break;
                }
                rest -= old.bytes;
                remove_nodes(client, &writer.fence, &[old.path(paths)]).await?;
            }
            Ok::<_, Error>(())
        })
        .await
}

/// Writes commits that follow each other as one node. Gives the position after them.
async fn write(writer: &OwnerWriter, found: Vec<FoundCommit>) -> Result<Option<Seq>, Failed> {
    let (Some(first), Some(last)) = (found.first(), found.last()) else {
        return Ok(None);
    };
    let (at, until, epoch) = (first.about.at, last.about.until, writer.fence.epoch);
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
            runs: vec![],
        };
        Packed::new(about, lines)
    });
    let packed = packed.await.and_then(|packed| packed);
    let packed = packed.map_err(|error| Failed::before(error.to_string()))?;
    store(writer, (at, until), packed).await?;
    Ok(Some(until))
}

/// Stores records from one position and before another as one node.
pub(super) async fn store(
    writer: &OwnerWriter,
    (at, until): (Seq, Seq),
    packed: Packed<AboutCommit>,
) -> Result<(), Failed> {
    let (fence, bytes) = (&writer.fence, u64::try_from(packed.len()).unwrap_or(u64::MAX));
    let path = Archived { at, until, bytes }.path(&fence.paths);
    let tag = writer.tag(&format!("history-{}", at.0));
    let written = writer.store.sessions.ask(async |client| {
        let Some(node) = packed.store(client, fence, &tag).await? else {
            return Ok(WriteOutcome::Fenced);
        };
        let mut request = fence.writer(client)?;
        request.add_create(&path, &node, &fence.options())?;
        fence.commit(request).await
    });
    match written.await? {
        written if written.is_done() => Ok(()),
        written => Err(Failed::before(format!("the history was not written: {written:?}"))),
    }
}
