//! Commits as nodes.

use std::collections::BTreeSet;

use pogo_core::Digest;
use pogo_core::journal::{Commit, Epoch, JournalError, Page, Seq};
use pogo_core::scheduler::{JobId, Record};
use serde::{Deserialize, Serialize};
use zookeeper_client::{Client, Error};

use super::error::RequestError;
use super::fence::WriteOutcome;
use super::head::{Head, LastCommit, VersionedHead};
use super::owner_writer::OwnerWriter;
use super::packed::{FoundNode, Packed, Unread};
use super::session::Sessions;
use super::tree::{Paths, seqs_below};
use crate::remote::{Answer, Failed, checksum, commit_lines, positioned, wrong_checksum};

/// A page is done when its records have so many bytes; its last commit is read to its end.
const PAGE_BYTES: usize = 4 << 20;
/// Commits that are asked for at once.
const BATCH: usize = 32;

/// What the first line of a commit says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct AboutCommit {
    pub(super) at: Seq,
    pub(super) until: Seq,
    pub(super) epoch: Epoch,
    /// Of the records, with their place.
    pub(super) lines: u32,
    pub(super) jobs: BTreeSet<JobId>,
    /// Content that the records name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) content: Vec<Digest>,
    /// Of the history of a copy: the positions that it has records of, from one and before another. All of them where
    /// this is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) runs: Vec<(Seq, Seq)>,
}

impl AboutCommit {
    /// Of these lines, with what says where they belong.
    pub(super) fn checksum(&self, lines: &[u8]) -> u32 {
        let of = |lines: &[u8]| checksum(self.at, self.until, self.epoch, lines);
        if self.runs.is_empty() {
            return of(lines);
        }
        // The runs are in it, so that a version that knows none takes the lines for damaged, and not for other
        // records.
        let runs: Vec<u8> = self
            .runs
            .iter()
            .flat_map(|(at, until)| [at.0, until.0])
            .flat_map(u64::to_le_bytes)
            .collect();
        of(&[lines, &runs].concat())
    }
}

/// A commit in its stored form.
#[derive(Debug)]
pub(super) struct EncodedCommit {
    at: Seq,
    until: Seq,
    digest: Digest,
    packed: Packed<AboutCommit>,
}

impl EncodedCommit {
    pub(super) fn new(commit: &Commit, epoch: Epoch) -> Result<Self, JournalError> {
        let lines = commit_lines(commit)?;
        let (at, until, digest) = (commit.at, commit.end(), Digest::of(&lines));
        let about = AboutCommit {
            at,
            until,
            epoch,
            lines: checksum(at, until, epoch, &lines),
            jobs: commit.records.iter().filter_map(|record| record.event.job()).collect(),
            content: commit.records.iter().flat_map(Record::digests).collect(),
            runs: vec![],
        };
        let packed = Packed::new(about, lines).map_err(|error| JournalError::Unavailable {
            message: error.to_string(),
        })?;
        Ok(Self {
            at,
            until,
            digest,
            packed,
        })
    }
}

impl EncodedCommit {
    /// The head once it is the last.
    fn head(&self) -> Head {
        let (at, digest) = (self.at, self.digest);
        Head {
            end: self.until,
            last: Some(LastCommit { at, digest }),
        }
    }
}

/// Where the journal ends after an append.
pub(super) struct AppendedCommit {
    pub(super) head: VersionedHead,
}

/// Appends a commit, if the fence holds and the journal ends where the commit begins. Otherwise says which of them is
/// not so.
pub(super) async fn append(
    writer: &OwnerWriter,
    before: &VersionedHead,
    commit: EncodedCommit,
) -> Answer<AppendedCommit> {
    let (fence, head) = (&writer.fence, before.head);
    // Known without asking that it cannot be appended; only whether this is still the owner has to
    // be asked, as the better reason.
    if commit.at != head.end || commit.at == commit.until {
        return if writer.is_owner().await? {
            judge(writer, before, &commit).await
        } else {
            Ok(Err(JournalError::Fenced))
        };
    }
    let tag = commit
        .packed
        .is_large()
        .then(|| writer.tag(&format!("commit-{}", commit.at.0)));
    let next = commit.head();
    let written = writer.sessions.ask(async |client| {
        let tag = tag.as_deref().unwrap_or_default();
        // The pieces first: nothing names them until the commit does, and those that stay without
        // one are swept later.
        let Some(node) = commit.packed.store(client, fence, tag).await? else {
            return Ok(WriteOutcome::Fenced);
        };
        let mut request = fence.writer(client)?;
        // The version of the head, or a request that was cut off, and arrives when its commit has left the journal
        // already, would put the end back to it.
        request.add_set_data(&fence.paths.head, &next.node(), Some(before.version))?;
        request.add_create(&fence.paths.commit(commit.at), &node, &fence.options())?;
        fence.commit(request).await
    });
    match written.await? {
        WriteOutcome::Done => {
            let version = before.version.wrapping_add(1);
            let head = VersionedHead { head: next, version };
            Ok(Ok(AppendedCommit { head }))
        }
        WriteOutcome::Fenced => Ok(Err(JournalError::Fenced)),
        WriteOutcome::Refused(_, Error::BadVersion | Error::NodeExists) => judge(writer, before, &commit).await,
        WriteOutcome::Refused(_, error) => Err(error.into()),
    }
}

/// Writes a commit of a copy that has no head yet. Gives the head that it would have.
pub(super) async fn copied(writer: &OwnerWriter, commit: EncodedCommit) -> Answer<Head> {
    let head = commit.head();
    let tag = writer.tag(&format!("commit-{}", commit.at.0));
    let path = writer.fence.paths.commit(commit.at);
    let put = commit.packed.put(&writer.sessions, &writer.fence, &path, &tag).await?;
    Ok(put.map(|()| head))
}

/// Why nothing was appended, to its owner: it is there already, or belongs elsewhere.
async fn judge(writer: &OwnerWriter, before: &VersionedHead, commit: &EncodedCommit) -> Answer<AppendedCommit> {
    let found = writer
        .sessions
        .ask(async |client| VersionedHead::read(client, &writer.fence.paths).await)
        .await?;
    let Head { end, last } = found.head;
    if end < before.head.end {
        // What was durable is not there: the tree was restored. Whoever goes on with it has to say so.
        return Ok(Err(JournalError::Fenced));
    }
    let is_nothing = commit.at == commit.until && end == commit.at;
    let is_there = last
        == Some(LastCommit {
            at: commit.at,
            digest: commit.digest,
        });
    if is_nothing || is_there {
        return Ok(Ok(AppendedCommit { head: found }));
    }
    Ok(Err(JournalError::Conflict { at: end }))
}

/// A commit as it was found, with its lines.
pub(super) struct FoundCommit {
    pub(super) about: AboutCommit,
    pub(super) lines: Vec<u8>,
}

impl FoundCommit {
    pub(super) async fn of(client: &Client, paths: &Paths, (at, node): (Seq, &[u8])) -> Result<Self, ReadError> {
        let damaged = |unread| match unread {
            Unread::Failed(error) => error.into(),
            Unread::Damaged(message) => ReadError::Journal(JournalError::Corrupt { at, message }),
        };
        let found: FoundNode<'_, AboutCommit> = FoundNode::of(node).map_err(damaged)?;
        let lines = found.data(client, paths).await.map_err(damaged)?;
        let about = found.about().clone();
        if about.checksum(&lines) != about.lines {
            return Err(ReadError::Journal(wrong_checksum(at)));
        }
        Ok(Self { about, lines })
    }

    /// Its records from a position on, with their positions.
    pub(super) fn positioned(&self, from: Seq) -> Result<Vec<(Seq, Record)>, JournalError> {
        if self.about.runs.is_empty() {
            return positioned((self.about.at, self.about.until), &self.lines, from);
        }
        let (mut records, mut lines) = (vec![], self.lines.split_inclusive(|byte| *byte == b'\n'));
        for (at, until) in &self.about.runs {
            let count = usize::try_from(until.0 - at.0).unwrap_or(usize::MAX);
            let run: Vec<u8> = lines.by_ref().take(count).flatten().copied().collect();
            records.extend(positioned((*at, *until), &run, from)?);
        }
        Ok(records)
    }
}

/// Why records were not read.
#[derive(Debug)]
pub(super) enum ReadError {
    /// What is there is not what was written.
    Journal(JournalError),
    /// The ensemble gave no answer, or refused.
    Failed(RequestError),
}

impl From<Error> for ReadError {
    fn from(error: Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<RequestError> for ReadError {
    fn from(error: RequestError) -> Self {
        Self::Failed(error)
    }
}

impl From<JournalError> for ReadError {
    fn from(error: JournalError) -> Self {
        Self::Journal(error)
    }
}

/// What a request says that may have found damage.
pub(super) fn answer<T>(read: Result<T, ReadError>) -> Result<Result<T, JournalError>, RequestError> {
    match read {
        Ok(read) => Ok(Ok(read)),
        Err(ReadError::Journal(error)) => Ok(Err(error)),
        Err(ReadError::Failed(error)) => Err(error),
    }
}

/// Of a request that cannot be carried out while the journal is as it is.
pub(super) fn unread(error: JournalError) -> Failed {
    Failed::before(error.to_string())
}

/// The records from a position on: a page of whole commits.
pub(super) async fn read(client: &Client, paths: &Paths, from: Seq) -> Result<Page, ReadError> {
    let empty = Page::new(vec![], from);
    let end = match VersionedHead::read(client, paths).await {
        // Nobody ever owned it.
        Err(RequestError::Ensemble(Error::NoNode)) => return Ok(empty),
        head => head?.head.end,
    };
    if from >= end {
        return Ok(empty);
    }
    let mut page = empty;
    for found in commits_from(client, paths, (from, end), PAGE_BYTES).await? {
        page.records
            .extend(found.positioned(page.next)?.into_iter().map(|(_, record)| record));
        page.next = found.about.until;
    }
    Ok(page)
}

/// Commits that follow each other, from the one that has a record on, until they have so many bytes or reach an end.
pub(super) async fn commits_from(
    client: &Client,
    paths: &Paths,
    (from, end): (Seq, Seq),
    bytes: usize,
) -> Result<Vec<FoundCommit>, ReadError> {
    let (mut next, mut size, mut found) = (from, 0, vec![]);
    // Whoever follows asks for the commit that begins there, which is often the only one.
    if let Some(commit) = commit_at(client, paths, from).await? {
        (next, size) = (commit.about.until, commit.lines.len());
        found.push(commit);
    }
    if next >= end || size >= bytes {
        return Ok(found);
    }
    let all = seqs_below(client, &paths.commits).await?;
    let first = all.first().copied().unwrap_or(end);
    if from < first {
        return Err(JournalError::Compacted { first }.into());
    }
    let skipped = all.partition_point(|at| *at <= next).saturating_sub(1);
    let rest: Vec<Seq> = all.into_iter().skip(skipped).take_while(|at| *at < end).collect();
    for batch in rest.chunks(BATCH) {
        for (at, node) in nodes(client, paths, batch).await? {
            let Some(node) = node else {
                // It has left the journal meanwhile, as all before it.
                let first = seqs_below(client, &paths.commits).await?.first().copied();
                return Err(JournalError::Compacted {
                    first: first.unwrap_or(end),
                }
                .into());
            };
            let commit = FoundCommit::of(client, paths, (at, &node)).await?;
            if at > next || commit.about.until <= next {
                return Err(missing(next, at));
            }
            (next, size) = (commit.about.until, size + commit.lines.len());
            found.push(commit);
            if size >= bytes || next >= end {
                return Ok(found);
            }
        }
    }
    if next < end { Err(missing(next, end)) } else { Ok(found) }
}

/// The commit that begins at a position, if one does.
async fn commit_at(client: &Client, paths: &Paths, at: Seq) -> Result<Option<FoundCommit>, ReadError> {
    match client.get_data(&paths.commit(at)).await {
        Err(Error::NoNode) => Ok(None),
        node => FoundCommit::of(client, paths, (at, &node?.0)).await.map(Some),
    }
}

/// The nodes of several commits, by one request.
async fn nodes(client: &Client, paths: &Paths, batch: &[Seq]) -> Result<Vec<(Seq, Option<Vec<u8>>)>, RequestError> {
    use zookeeper_client::MultiReadResult;

    let mut reader = client.new_multi_reader();
    for at in batch {
        reader.add_get_data(&paths.commit(*at))?;
    }
    let results = reader.commit().await?;
    let found = batch.iter().zip(results).map(|(at, result)| match result {
        MultiReadResult::Data { data, .. } => Ok((*at, Some(data))),
        MultiReadResult::Error { err: Error::NoNode } => Ok((*at, None)),
        MultiReadResult::Error { err } => Err(err.into()),
        _ => Err(RequestError::Unreadable(
            "the ensemble answers with children".to_owned(),
        )),
    });
    found.collect()
}

/// Records that should be there are not.
fn missing(at: Seq, found: Seq) -> ReadError {
    ReadError::Journal(JournalError::Corrupt {
        at,
        message: format!("the next commit begins at {found}"),
    })
}

/// The answer of [`read`], asked anew where the connection breaks.
pub(super) async fn read_page(
    sessions: &Sessions,
    paths: &Paths,
    from: Seq,
) -> Result<Result<Page, JournalError>, Failed> {
    sessions
        .ask(async |client| answer(read(client, paths, from).await))
        .await
}
