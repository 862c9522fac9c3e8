//! The history of a copy.
//!
//! Whoever copies gives the records job by job, and other stores have forgotten those that belong to none; the nodes
//! are in the order of positions. So all are collected first, and each node says which positions it has.

use std::collections::BTreeSet;

use pogo_core::journal::Seq;
use pogo_core::scheduler::{JobId, Record};

use super::archive::{BYTES, MOST, store};
use crate::blocking::spawn_blocking;
use crate::copy::CopyError;
use crate::remote::Failed;
use crate::zookeeper::commits::AboutCommit;
use crate::zookeeper::owner_writer::OwnerWriter;
use crate::zookeeper::packed::Packed;

/// The most bytes of records, before they are compressed: all of them are in memory at once. What compresses as
/// records do is then about what a namespace keeps.
const COLLECTED: u64 = 16 * MOST;

/// The most records of a node: the positions of each may be named, in a line that is not compressed.
const LINES: usize = 10_000;

/// A record as it is stored.
struct Line {
    at: Seq,
    job: JobId,
    json: Vec<u8>,
}

/// Records from before the journal.
#[derive(Default)]
pub(in crate::zookeeper) struct OldRecords {
    lines: Vec<Line>,
    bytes: u64,
}

impl OldRecords {
    pub(in crate::zookeeper) fn add(&mut self, job: JobId, events: &[(Seq, Record)]) -> Result<(), CopyError> {
        for (at, record) in events {
            let mut json = serde_json::to_vec(record).map_err(CopyError::other)?;
            json.push(b'\n');
            self.bytes += json.len() as u64;
            self.lines.push(Line { at: *at, job, json });
        }
        match self.bytes > COLLECTED {
            true => Err(too_much()),
            false => Ok(()),
        }
    }

    /// Writes them, so that they end where the journal begins.
    pub(in crate::zookeeper) async fn write(mut self, writer: &OwnerWriter, before: Seq) -> Result<(), CopyError> {
        self.lines.sort_by_key(|line| line.at);
        let (mut rest, mut written) = (self.lines.into_iter().peekable(), 0);
        let mut at = rest.peek().map_or(before, |line| line.at);
        while rest.peek().is_some() {
            let (mut lines, mut size) = (vec![], 0);
            while size < BYTES
                && lines.len() < LINES
                && let Some(line) = rest.next()
            {
                size += line.json.len();
                lines.push(line);
            }
            // Up to the next, so that a check finds nothing missing between them.
            let until = rest.peek().map_or(before, |line| line.at);
            let epoch = writer.fence.epoch;
            let packed = spawn_blocking(move || packed((at, until), epoch, &lines)).await;
            let packed = packed.map_err(CopyError::other)?.map_err(CopyError::other)?;
            written += packed.len() as u64;
            if written > MOST {
                return Err(too_much());
            }
            let stored = store(writer, (at, until), packed).await;
            stored.map_err(|failed: Failed| CopyError::Other(failed.message))?;
            at = until;
        }
        Ok(())
    }
}

fn packed(
    (at, until): (Seq, Seq),
    epoch: pogo_core::journal::Epoch,
    lines: &[Line],
) -> std::io::Result<Packed<AboutCommit>> {
    let mut runs: Vec<(Seq, Seq)> = vec![];
    for line in lines {
        let next = Seq(line.at.0 + 1);
        match runs.last_mut() {
            Some(run) if run.1 == line.at => run.1 = next,
            _ => runs.push((line.at, next)),
        }
    }
    let jobs: BTreeSet<JobId> = lines.iter().map(|line| line.job).collect();
    let text: Vec<u8> = lines.iter().flat_map(|line| line.json.iter().copied()).collect();
    let mut about = AboutCommit {
        at,
        until,
        epoch,
        lines: 0,
        jobs,
        content: vec![],
        runs,
    };
    about.lines = about.checksum(&text);
    Packed::new(about, text)
}

fn too_much() -> CopyError {
    CopyError::Other(format!(
        "the history of its jobs is more than ZooKeeper keeps, which is {} MiB of a namespace, in the memory of each \
         server; remove old jobs first, by `pogo store prune` of a directory that it is copied to",
        MOST >> 20
    ))
}
