//! Copies a namespace from any store to any other: piece by piece, and then each piece is read again.

use std::sync::Arc;

use async_trait::async_trait;
use pogo_core::Digest;
use pogo_core::journal::{Commit, Epoch, Journal, JournalError, Seq, Snapshot};
use pogo_core::output::{OutputDigester, OutputFrame, OutputSource, OutputStore, Stream};
use pogo_core::scheduler::{JobId, Record};

/// What a namespace is, beside what it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// What distinguishes it from namespaces of the same name elsewhere.
    pub(crate) number: String,
    /// The last epoch that it had.
    pub(crate) epoch: Epoch,
    /// The first record that its journal still has.
    pub(crate) first: Seq,
}

/// A namespace that is read. Nobody owns it meanwhile but whoever copies it.
#[async_trait]
pub(crate) trait CopySource: Send + Sync {
    async fn head(&self) -> Result<Head, CopyError>;

    fn journal(&self) -> Arc<dyn Journal>;

    fn output(&self) -> Arc<dyn OutputStore>;

    /// The jobs with records before the first of the journal, in order.
    async fn old_jobs(&self) -> Result<Vec<JobId>, CopyError>;

    /// Those records of a job, in order.
    async fn old_events(&self, job: JobId, before: Seq) -> Result<Vec<(Seq, Record)>, CopyError>;

    /// What the snapshots stand for, in order.
    async fn snapshots(&self) -> Result<Vec<Seq>, CopyError>;

    async fn snapshot(&self, upto: Seq) -> Result<Snapshot, CopyError>;

    /// The digests of all content, in order.
    async fn content(&self) -> Result<Vec<Digest>, CopyError>;

    /// The attempts with output, in order, with the length of those that have ended.
    async fn attempts(&self) -> Result<Vec<(OutputSource, Option<u64>)>, CopyError>;
}

/// A namespace that is written. It is none before all of it is there.
#[async_trait]
pub(crate) trait CopyTarget: Send {
    async fn begin(&mut self, head: &Head) -> Result<(), CopyError>;

    async fn old_events(&mut self, job: JobId, events: Vec<(Seq, Record)>) -> Result<(), CopyError>;

    async fn records(&mut self, commit: Commit) -> Result<(), CopyError>;

    async fn snapshot(&mut self, upto: Seq, state: Snapshot) -> Result<(), CopyError>;

    async fn content(&mut self, digest: Digest, bytes: Vec<u8>) -> Result<(), CopyError>;

    async fn output(&mut self, frames: Vec<OutputFrame>) -> Result<(), CopyError>;

    /// An attempt has ended, and wrote so much.
    async fn seal(&mut self, source: OutputSource, length: u64) -> Result<(), CopyError>;
}

/// Why a namespace was not copied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CopyError {
    /// One of the two journals failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Anything else, in words for people.
    #[error("{0}")]
    Other(String),
}

impl CopyError {
    pub(crate) fn other(error: impl std::fmt::Display) -> Self {
        Self::Other(error.to_string())
    }
}

/// How much was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Amount {
    pub(crate) pieces: usize,
    pub(crate) bytes: u64,
    pub(crate) records: u64,
    /// Files that jobs read.
    pub(crate) inputs: usize,
}

impl Amount {
    /// And so many files that jobs read, with their bytes.
    pub(crate) fn with(mut self, (files, bytes): (usize, u64)) -> Self {
        self.inputs += files;
        self.bytes += bytes;
        self
    }
}

/// What was seen of a namespace, in an order that is the same for all stores.
struct NamespaceSummary {
    /// Of the pieces before, and the last.
    digest: Digest,
    amount: Amount,
}

impl NamespaceSummary {
    fn new() -> Self {
        Self {
            digest: Digest::of(b""),
            amount: Amount::default(),
        }
    }

    fn piece(&mut self, kind: &str, bytes: &[u8]) {
        let (before, piece) = (self.digest, Digest::of(bytes));
        // The kind is in it, so that a piece that moves from one kind to another is noticed.
        self.digest = Digest::of(&[before.as_bytes(), piece.as_bytes(), kind.as_bytes()].concat());
        self.amount.pieces += 1;
        self.amount.bytes += bytes.len() as u64;
    }

    fn record(&mut self, at: Seq, record: &Record) -> Result<(), CopyError> {
        let text = serde_json::to_vec(record).map_err(CopyError::other)?;
        self.piece("record", &[&at.0.to_be_bytes(), &text[..]].concat());
        self.amount.records += 1;
        Ok(())
    }
}

/// Does nothing with what it is given: for a namespace that is read again.
struct Nowhere;

#[async_trait]
impl CopyTarget for Nowhere {
    async fn begin(&mut self, _: &Head) -> Result<(), CopyError> {
        Ok(())
    }

    async fn old_events(&mut self, _: JobId, _: Vec<(Seq, Record)>) -> Result<(), CopyError> {
        Ok(())
    }

    async fn records(&mut self, _: Commit) -> Result<(), CopyError> {
        Ok(())
    }

    async fn snapshot(&mut self, _: Seq, _: Snapshot) -> Result<(), CopyError> {
        Ok(())
    }

    async fn content(&mut self, _: Digest, _: Vec<u8>) -> Result<(), CopyError> {
        Ok(())
    }

    async fn output(&mut self, _: Vec<OutputFrame>) -> Result<(), CopyError> {
        Ok(())
    }

    async fn seal(&mut self, _: OutputSource, _: u64) -> Result<(), CopyError> {
        Ok(())
    }
}

/// Copies everything, and says by a digest what that was.
pub(crate) async fn transfer(
    source: &dyn CopySource,
    target: &mut dyn CopyTarget,
) -> Result<(Digest, Amount), CopyError> {
    let (mut seen, head) = (NamespaceSummary::new(), source.head().await?);
    seen.piece("number", head.number.as_bytes());
    target.begin(&head).await?;
    old_events(source, head.first, target, &mut seen).await?;
    // Content before the records that name it.
    let journal = source.journal();
    for digest in source.content().await? {
        let bytes = journal.content(digest).await?;
        seen.piece("content", digest.as_bytes());
        target.content(digest, bytes).await?;
    }
    records(&*journal, head.first, target, &mut seen).await?;
    for upto in source.snapshots().await? {
        let state = source.snapshot(upto).await?;
        let text = serde_json::to_vec(&state).map_err(CopyError::other)?;
        seen.piece("snapshot", &[&upto.0.to_be_bytes(), &text[..]].concat());
        target.snapshot(upto, state).await?;
    }
    for (attempt, length) in source.attempts().await? {
        output(source, (attempt, length), target, &mut seen).await?;
    }
    Ok((seen.digest, seen.amount))
}

/// Reads a copy again.
pub(crate) async fn verify(copy: &dyn CopySource, wanted: Digest) -> Result<(), CopyError> {
    let (found, _) = transfer(copy, &mut Nowhere).await?;
    match found == wanted {
        true => Ok(()),
        false => Err(CopyError::Other(
            "what was written is not what was read: copy it again, to another place".to_owned(),
        )),
    }
}

async fn old_events(
    source: &dyn CopySource,
    before: Seq,
    target: &mut dyn CopyTarget,
    seen: &mut NamespaceSummary,
) -> Result<(), CopyError> {
    for job in source.old_jobs().await? {
        let events = source.old_events(job, before).await?;
        for (at, record) in &events {
            seen.record(*at, record)?;
        }
        if !events.is_empty() {
            target.old_events(job, events).await?;
        }
    }
    Ok(())
}

async fn records(
    journal: &dyn Journal,
    first: Seq,
    target: &mut dyn CopyTarget,
    seen: &mut NamespaceSummary,
) -> Result<(), CopyError> {
    let mut at = first;
    loop {
        let page = journal.read(at).await?;
        if page.records.is_empty() {
            return Ok(());
        }
        for (position, record) in (at.0..).map(Seq).zip(&page.records) {
            seen.record(position, record)?;
        }
        target.records(Commit::new(at, page.records)).await?;
        at = page.next;
    }
}

async fn output(
    source: &dyn CopySource,
    (attempt, length): (OutputSource, Option<u64>),
    target: &mut dyn CopyTarget,
    seen: &mut NamespaceSummary,
) -> Result<(), CopyError> {
    let (store, mut digester) = (source.output(), OutputDigester::default());
    for stream in Stream::ALL {
        let mut from = 0;
        loop {
            let page = store
                .read((attempt.job, attempt.attempt), stream, from..u64::MAX)
                .await
                .map_err(CopyError::other)?;
            for frame in &page.frames {
                digester.add(stream, frame.offset, &frame.bytes);
            }
            let next = page.next;
            if !page.frames.is_empty() {
                target.output(page.frames).await?;
            }
            if next == u64::MAX {
                break;
            }
            from = next;
        }
    }
    let kept = digester.digest();
    // The stores may cut output into other pieces, so its own digest counts and not the frames.
    let about = format!("{} {} {} {length:?}", attempt.job, attempt.attempt, attempt.host);
    seen.piece("output", &[about.as_bytes(), kept.as_bytes()].concat());
    match length {
        Some(length) => target.seal(attempt, length).await,
        None => Ok(()),
    }
}
