//! The trait `OutputStore` over PostgreSQL.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;

use pogo_core::Digest;
use pogo_core::output::{OutputError, OutputFrame, OutputPage, OutputSource, OutputStore, Stream};
use pogo_core::scheduler::{AttemptId, JobId};

use super::attempt::{Attempt, Changes};
use super::rows;
use crate::postgres::hold::Hold;
use crate::postgres::namespace::Shared;
use crate::postgres::partitions::make_output;
use crate::remote::Failed;

/// Parts for the next day are made so often.
const MAKE_PARTS: Duration = Duration::from_secs(3_600);

/// What the hosts of a namespace wrote, in PostgreSQL.
///
/// Of each attempt up to 1 MiB is kept: the beginning, and the end in turn, with the times at which they came, to the
/// second. Whoever owns the journal writes it; anybody reads it, at any time. It is durable when an append returns.
#[derive(Debug, Clone)]
pub struct PostgresOutput {
    shared: Arc<Shared>,
}

/// What an owner knows of the attempts that write.
#[derive(Debug, Default)]
pub(crate) struct Outputs {
    attempts: BTreeMap<(JobId, AttemptId), Attempt>,
    made: Option<Instant>,
}

impl PostgresOutput {
    /// The bytes that are kept of an attempt, its rows included.
    pub const PER_ATTEMPT: usize = 1 << 20;

    pub(in crate::postgres) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Does this as the owner, on the thread of the store.
    async fn as_owner<T, F>(&self, work: impl FnOnce(Arc<Hold>) -> F + Send + 'static) -> Result<T, OutputError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, OutputError>> + 'static,
    {
        let hold = self.shared.held().ok_or_else(not_owner)?;
        let done = self.shared.store.runtime.run(move || work(hold)).await;
        done.map_err(unavailable)?
    }
}

fn not_owner() -> OutputError {
    OutputError::Unavailable {
        message: "this process does not own the namespace; acquire its journal first".to_owned(),
    }
}

fn unavailable(failed: Failed) -> OutputError {
    OutputError::Unavailable {
        message: failed.message,
    }
}

async fn append(hold: &Hold, frames: &[OutputFrame]) -> Result<(), OutputError> {
    let mut outputs = hold.outputs.lock().await;
    let mut pooled = hold.shared.store.pool.get().await.map_err(unavailable)?;
    let appended = outputs.append(&mut pooled, hold, frames).await;
    if appended.is_err() {
        // What is there of them is looked up again.
        for frame in frames {
            outputs.attempts.remove(&id(&frame.source));
        }
    }
    let sealed = pooled.done(appended).map_err(unavailable)?;
    match sealed {
        AppendOutcome::All => Ok(()),
        AppendOutcome::Sealed(attempt) => Err(OutputError::Sealed { attempt }),
        AppendOutcome::NotOwner => Err(not_owner()),
    }
}

/// Whether frames were written.
enum AppendOutcome {
    All,
    Sealed(AttemptId),
    NotOwner,
}

fn id(source: &OutputSource) -> (JobId, AttemptId) {
    (source.job, source.attempt)
}

impl Outputs {
    async fn append(
        &mut self,
        connection: &mut sqlx::PgConnection,
        hold: &Hold,
        frames: &[OutputFrame],
    ) -> Result<AppendOutcome, Failed> {
        let (most, namespace) = (PostgresOutput::PER_ATTEMPT, hold.fence.namespace);
        if self.made.is_none_or(|made| made.elapsed() > MAKE_PARTS) {
            make_output(connection, namespace).await?;
            self.made = Some(Instant::now());
        }
        let named: BTreeSet<_> = frames.iter().map(|frame| id(&frame.source)).collect();
        let unknown: BTreeSet<_> = named.into_iter().filter(|id| !self.attempts.contains_key(id)).collect();
        if !unknown.is_empty() {
            let found = rows::find(connection, namespace, &unknown, most).await?;
            self.attempts.extend(found.open);
        }
        let (mut changes, mut appended) = (Changes::default(), AppendOutcome::All);
        for frame in frames {
            match self.attempts.get_mut(&id(&frame.source)) {
                Some(attempt) => attempt.push(frame, most, &mut changes),
                None => appended = AppendOutcome::Sealed(frame.source.attempt),
            }
        }
        if changes.is_empty() {
            return Ok(appended);
        }
        let is_new = !changes.new.is_empty();
        if rows::write(connection, hold.fence, changes).await? == 0 && is_new {
            // There already, or somebody else's to write.
            if hold.fence.check(connection).await?.is_err() {
                return Ok(AppendOutcome::NotOwner);
            }
        }
        Ok(appended)
    }
}

async fn seal(hold: &Hold, source: &OutputSource, length: u64) -> Result<Digest, OutputError> {
    let mut pooled = hold.shared.store.pool.get().await.map_err(unavailable)?;
    let sealed = sealed(&mut pooled, hold, source, length).await;
    let digest = pooled.done(sealed).map_err(unavailable)?;
    hold.outputs.lock().await.attempts.remove(&id(source));
    digest.ok_or_else(not_owner)
}

async fn sealed(
    connection: &mut sqlx::PgConnection,
    hold: &Hold,
    source: &OutputSource,
    length: u64,
) -> Result<Option<Digest>, Failed> {
    if hold.outputs.lock().await.made.is_none() {
        make_output(connection, hold.fence.namespace).await?;
    }
    rows::seal(connection, hold.fence, source, length).await
}

#[async_trait]
impl OutputStore for PostgresOutput {
    async fn append(&self, frames: &[OutputFrame]) -> Result<(), OutputError> {
        let frames = frames.to_vec();
        self.as_owner(move |hold| async move { append(&hold, &frames).await })
            .await
    }

    async fn seal(&self, source: &OutputSource, length: u64) -> Result<Digest, OutputError> {
        let source = source.clone();
        self.as_owner(move |hold| async move { seal(&hold, &source, length).await })
            .await
    }

    async fn read(
        &self,
        attempt: (JobId, AttemptId),
        stream: Stream,
        range: Range<u64>,
    ) -> Result<OutputPage, OutputError> {
        let shared = Arc::clone(&self.shared);
        let read = move || async move {
            let mut pooled = shared.store.pool.get().await?;
            let page = match shared.find(&mut pooled).await {
                Ok(Some(namespace)) => rows::read(&mut pooled, namespace, (attempt, stream), range).await,
                Ok(None) => Ok(OutputPage::new(vec![], range.end, 0, false)),
                Err(failed) => Err(failed),
            };
            pooled.done(page)
        };
        let page = self.shared.store.runtime.run(read).await;
        page.and_then(|page| page).map_err(unavailable)
    }
}
