//! The list of jobs, kept by whoever reads it, and written with the history.

use std::collections::BTreeMap;
#[cfg(feature = "object-store")]
use std::collections::BTreeSet;

use pogo_core::history::JobEntry;
use pogo_core::journal::{JournalError, Seq};
use pogo_core::scheduler::{JobId, Record};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use zookeeper_client::{Client, Error};

use super::archived::history;
use super::events::events_before;
use crate::jobs::JobTable;
use crate::remote::Failed;
use crate::zookeeper::commits::{FoundCommit, ReadError, answer, commits_from, unread};
use crate::zookeeper::error::RequestError;
use crate::zookeeper::fence::WriteOutcome;
use crate::zookeeper::head::VersionedHead;
use crate::zookeeper::owner_writer::OwnerWriter;
use crate::zookeeper::packed::{FoundNode, Packed, Unread, remove_pieces, tag_of};
use crate::zookeeper::tree::Paths;

/// The most jobs that are listed. The list is one node, with pieces.
const MOST: usize = 10_000;
/// Records that are read at once.
const BYTES: usize = 4 << 20;

/// The list as far as it was read.
#[derive(Debug, Default)]
pub(in crate::zookeeper) struct KnownJobs {
    pub(super) table: JobTable,
    /// Where the records of each job are: the first, and before this one.
    pub(super) spans: BTreeMap<JobId, (Seq, Seq)>,
    is_read: bool,
}

/// The jobs that are not over.
#[cfg(feature = "object-store")]
#[derive(Debug)]
pub(in crate::zookeeper) struct Unfinished {
    jobs: BTreeSet<JobId>,
    last: Option<JobId>,
}

#[cfg(feature = "object-store")]
impl Unfinished {
    /// Whether a job is not over. Those behind the end of the list have just begun; those that left it are over.
    pub(in crate::zookeeper) fn has(&self, job: JobId) -> bool {
        self.jobs.contains(&job) || self.last.is_none_or(|last| job > last)
    }
}

/// What the first line of the list says.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct AboutList {
    upto: Seq,
}

/// A line of the list.
#[derive(Debug, Serialize, Deserialize)]
struct Line {
    first: Seq,
    until: Seq,
    entry: JobEntry,
}

impl KnownJobs {
    /// Adds what it lacks.
    pub(in crate::zookeeper) async fn catch_up(&mut self, client: &Client, paths: &Paths) -> Result<(), ReadError> {
        let end = match VersionedHead::read(client, paths).await {
            // Nobody ever owned it.
            Err(RequestError::Ensemble(Error::NoNode)) => return Ok(()),
            head => head?.head.end,
        };
        if self.table.upto > end {
            // The tree was restored.
            *self = Self::default();
        }
        if !std::mem::replace(&mut self.is_read, true) {
            self.read(client, paths).await?;
        }
        let mut was_read_anew = false;
        while self.table.upto < end {
            match commits_from(client, paths, (self.table.upto, end), BYTES).await {
                // They have left the journal meanwhile, and the list has been written with what they say.
                Err(ReadError::Journal(JournalError::Compacted { .. })) if !was_read_anew => {
                    was_read_anew = true;
                    self.read(client, paths).await?;
                }
                // The list was damaged, or there is none yet: it is made anew of what records there are.
                Err(ReadError::Journal(JournalError::Compacted { first })) if first > self.table.upto => {
                    self.apply_history(client, paths, first).await?;
                    self.table.upto = first;
                }
                Err(error) => return Err(error),
                Ok(found) => {
                    for commit in found {
                        for (at, record) in commit.positioned(self.table.upto)? {
                            self.apply(client, paths, (at, &record)).await?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds what the history has before a position. What is damaged is left out: a check tells it.
    async fn apply_history(&mut self, client: &Client, paths: &Paths, before: Seq) -> Result<(), ReadError> {
        for (at, path) in history(client, paths).await? {
            let node = match client.get_data(&path).await {
                // It was too much.
                Err(Error::NoNode) => continue,
                node => node?.0,
            };
            let found = match FoundCommit::of(client, paths, (at, &node)).await {
                Err(ReadError::Journal(_)) => continue,
                found => found?,
            };
            for (at, record) in found.positioned(self.table.upto)? {
                if at < before && at >= self.table.upto {
                    self.apply(client, paths, (at, &record)).await?;
                }
            }
        }
        Ok(())
    }

    async fn apply(&mut self, client: &Client, paths: &Paths, (at, record): (Seq, &Record)) -> Result<(), ReadError> {
        if let Some(job) = record.event.job() {
            let until = Seq(at.0 + 1);
            let span = self.spans.entry(job).or_insert((at, until));
            *span = (span.0.min(at), span.1.max(until));
        }
        let earlier = match self.table.lacks_hosts(record) {
            Some(job) => events_before(client, paths, self.span(job), (job, at)).await?,
            None => vec![],
        };
        self.table.apply(at, record, &|_, _| earlier.clone());
        Ok(())
    }

    /// Where the records of a job are.
    pub(super) fn span(&self, job: JobId) -> (Seq, Seq) {
        self.spans.get(&job).copied().unwrap_or_default()
    }

    /// The jobs that are not over.
    #[cfg(feature = "object-store")]
    pub(in crate::zookeeper) fn unfinished(&self) -> Unfinished {
        let unfinished = self.table.jobs.values().filter(|entry| !entry.progress.retired);
        Unfinished {
            jobs: unfinished.map(|entry| entry.job).collect(),
            last: self.table.jobs.keys().next_back().copied(),
        }
    }

    /// The list as it was written. Where it cannot be read, it is made anew of what records there are.
    async fn read(&mut self, client: &Client, paths: &Paths) -> Result<(), ReadError> {
        let (node, _) = client.get_data(&paths.jobs).await?;
        let (table, spans) = match Self::written(client, paths, &node).await {
            Ok(written) => written,
            Err(Unread::Failed(error)) if error != Error::NoNode => return Err(error.into()),
            Err(_) => (JobTable::default(), BTreeMap::new()),
        };
        if table.upto >= self.table.upto {
            (self.table, self.spans) = (table, spans);
        }
        Ok(())
    }

    async fn written(
        client: &Client,
        paths: &Paths,
        node: &[u8],
    ) -> Result<(JobTable, BTreeMap<JobId, (Seq, Seq)>), Unread> {
        let (mut table, mut spans) = (JobTable::default(), BTreeMap::new());
        if node.is_empty() {
            return Ok((table, spans));
        }
        let found: FoundNode<'_, AboutList> = FoundNode::of(node)?;
        let lines = found.data(client, paths).await?;
        for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let line: Line = serde_json::from_slice(line).map_err(|error| Unread::Damaged(error.to_string()))?;
            spans.insert(line.entry.job, (line.first, line.until));
            table.jobs.insert(line.entry.job, line.entry);
        }
        table.upto = found.about().upto;
        Ok((table, spans))
    }

    /// The list as it is written: the newest jobs, and those that are not over.
    fn packed(&self) -> std::io::Result<Packed<AboutList>> {
        let spare = self.table.jobs.len().saturating_sub(MOST);
        let mut lines = vec![];
        for (index, entry) in self.table.jobs.values().enumerate() {
            if index < spare && entry.progress.retired {
                continue;
            }
            let (first, until) = self.span(entry.job);
            let line = Line {
                first,
                until,
                entry: entry.clone(),
            };
            serde_json::to_writer(&mut lines, &line)?;
            lines.push(b'\n');
        }
        let upto = self.table.upto;
        Packed::new(AboutList { upto }, lines)
    }
}

/// Writes the list, with what records say that leave the journal.
pub(in crate::zookeeper) async fn write_list(writer: &OwnerWriter, known: &Mutex<KnownJobs>) -> Result<(), Failed> {
    let (fence, sessions) = (&writer.fence, &writer.store.sessions);
    let packed = {
        let read = sessions.ask(async |client| {
            let mut known = known.lock().await;
            answer(known.catch_up(client, &fence.paths).await)
        });
        read.await?.map_err(unread)?;
        known
            .lock()
            .await
            .packed()
            .map_err(|error| Failed::before(error.to_string()))?
    };
    let tag = writer.tag("jobs");
    let written = sessions.ask(async |client| {
        let (before, stat) = client.get_data(&fence.paths.jobs).await?;
        let Some(node) = packed.store(client, fence, &tag).await? else {
            return Ok(WriteOutcome::Fenced);
        };
        let mut request = fence.writer(client)?;
        request.add_set_data(&fence.paths.jobs, &node, Some(stat.version))?;
        let written = fence.commit(request).await?;
        if matches!(written, WriteOutcome::Done) {
            // An earlier try, of which the answer was lost, may have written these.
            if let Some(old) = tag_of(&before).filter(|old| *old != tag) {
                remove_pieces(client, fence, &old).await?;
            }
        }
        Ok::<_, Error>(written)
    });
    match written.await? {
        written if written.is_done() => Ok(()),
        written => Err(Failed::before(format!("the list of jobs was not written: {written:?}"))),
    }
}
