//! The trait `OutputStore` over PostgreSQL.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;

use pogo_core::Digest;
use pogo_core::output::{OutputError, OutputFrame, OutputPage, OutputSource, OutputStore, Stream};
use pogo_core::scheduler::{AttemptId, JobId};

use super::outputs::{AppendOutcome, PER_ATTEMPT};
use super::rows;
use crate::postgres::hold::{Hold, OwnershipSlot};
use crate::postgres::shared::NamespaceShared;
use crate::remote::Failed;

/// What the hosts of a namespace wrote, in PostgreSQL.
///
/// Of each attempt up to 1 MiB is kept: the beginning, and the end in turn, with the times at which they came, to the
/// second. Whoever owns the journal writes it; anybody reads it, at any time. It is durable when an append returns.
#[derive(Debug, Clone)]
pub struct PostgresOutput {
    shared: Arc<NamespaceShared>,
    ownership: Arc<OwnershipSlot>,
}

impl PostgresOutput {
    /// The bytes that are kept of an attempt, its rows included.
    pub const PER_ATTEMPT: usize = PER_ATTEMPT;

    pub(in crate::postgres) fn new(shared: Arc<NamespaceShared>, ownership: Arc<OwnershipSlot>) -> Self {
        Self { shared, ownership }
    }

    /// Does this as the owner, on the thread of the store.
    async fn as_owner<T, F>(&self, work: impl FnOnce(Arc<Hold>) -> F + Send + 'static) -> Result<T, OutputError>
    where
        T: Send + 'static,
        F: Future<Output = Result<T, OutputError>> + 'static,
    {
        let hold = self.ownership.get().ok_or_else(not_owner)?;
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
    let appended = outputs.append(&mut pooled, hold.fence, frames).await;
    // What was written of them is unknown, so it is read from the table before the next write.
    if appended.is_err() {
        frames.iter().for_each(|frame| outputs.forget(&frame.source));
    }
    let sealed = pooled.done(appended).map_err(unavailable)?;
    match sealed {
        AppendOutcome::All => Ok(()),
        AppendOutcome::Sealed(attempt) => Err(OutputError::Sealed { attempt }),
        AppendOutcome::NotOwner => Err(not_owner()),
    }
}

async fn seal(hold: &Hold, source: &OutputSource, length: u64) -> Result<Digest, OutputError> {
    let mut pooled = hold.shared.store.pool.get().await.map_err(unavailable)?;
    let sealed = sealed(&mut pooled, hold, source, length).await;
    let digest = pooled.done(sealed).map_err(unavailable)?;
    hold.outputs.lock().await.forget(source);
    digest.ok_or_else(not_owner)
}

async fn sealed(
    connection: &mut sqlx::PgConnection,
    hold: &Hold,
    source: &OutputSource,
    length: u64,
) -> Result<Option<Digest>, Failed> {
    let outputs = hold.outputs.lock().await;
    outputs.make_parts_once(connection, hold.fence.namespace).await?;
    drop(outputs);
    rows::seal(connection, hold.fence, source, length).await
}

/// Of a replica, where there is one that has all of the job.
async fn read(
    shared: &NamespaceShared,
    primary: &mut sqlx::PgConnection,
    namespace: i64,
    (attempt, stream, range): ((JobId, AttemptId), Stream, Range<u64>),
) -> Result<OutputPage, Failed> {
    if let Some(replica) = &shared.store.replica
        && let Some(mut pooled) = replica.with_job(primary, (namespace, attempt.0)).await
    {
        let page = rows::read(&mut pooled, namespace, (attempt, stream), range.clone()).await;
        if let Ok(page) = pooled.done(page) {
            return Ok(page);
        }
    }
    rows::read(primary, namespace, (attempt, stream), range).await
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
                Ok(Some(namespace)) => read(&shared, &mut pooled, namespace, (attempt, stream, range)).await,
                Ok(None) => Ok(OutputPage::new(vec![], range.end, 0, false)),
                Err(failed) => Err(failed),
            };
            pooled.done(page)
        };
        let page = self.shared.store.runtime.run(read).await;
        page.and_then(|page| page).map_err(unavailable)
    }
}
