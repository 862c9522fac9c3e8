//! A namespace in PostgreSQL, as it is written from another store.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::future::LocalBoxFuture;
use sqlx::PgConnection;

use pogo_core::Digest;
use pogo_core::journal::{Commit, JournalError, Nonce, Seq, Snapshot};
use pogo_core::output::{OutputFrame, OutputSource};
use pogo_core::scheduler::{JobId, Record};

use super::begin::{begin, look, remove, session_name, working_name};
use crate::copy::{CopyError, CopyTarget, Head, in_parts, random_number};
use crate::postgres::commits::{EncodedCommit, append, append_first, keep_old};
use crate::postgres::contents::put_content;
use crate::postgres::fence::{Fence, fenced};
use crate::postgres::output::{seal, write_frames};
use crate::postgres::pool::before;
use crate::postgres::session::connect_to_write;
use crate::postgres::shared::StoreShared;
use crate::postgres::snapshots::write_snapshot;
use crate::postgres::within::within;
use crate::remote::{Answer, Failed};

/// A namespace under a name that none can have, until all of it is there.
pub(super) struct PostgresTarget {
    store: Arc<StoreShared>,
    name: String,
    /// Its name while it is written.
    pub(super) working_name: String,
    nonce: Nonce,
    fence: Option<Fence>,
    /// By which others see that it is written.
    session: Option<Mutex<PgConnection>>,
    is_first: bool,
}

const PUBLISH: &str = fenced!(
    "UPDATE namespaces n SET name = $5, nonce = NULL, copied_from = $6, machine = NULL, process = NULL, since = NULL
       FROM fence
      WHERE n.id = fence.id AND NOT EXISTS (SELECT FROM namespaces WHERE name = $5)"
);

impl PostgresTarget {
    pub(super) fn new(store: Arc<StoreShared>, name: &str) -> Self {
        Self {
            store,
            name: name.to_owned(),
            working_name: working_name(name),
            nonce: Nonce(random_number()),
            fence: None,
            session: None,
            is_first: true,
        }
    }

    /// Refuses a name to which somebody copies just now.
    pub(super) async fn check(&self) -> Result<(), CopyError> {
        let (store, name) = (Arc::clone(&self.store), self.name.clone());
        let looked = self.store.runtime.run(move || async move {
            let mut pooled = store.pool.get().await?;
            let found = look(&mut pooled, &name).await;
            let found = pooled.done(found)?;
            Ok::<_, Failed>(found.map_or(Ok(()), |found| found.check(&name, &store.address)))
        });
        let looked = looked.await.and_then(|looked| looked);
        looked.map_err(|failed| CopyError::Other(failed.message))?
    }

    fn fence(&self) -> Result<Fence, CopyError> {
        self.fence.ok_or_else(|| CopyError::other("the copy has not begun"))
    }

    /// Does this as the owner of what is written.
    async fn write<F>(&self, work: F) -> Result<(), CopyError>
    where
        F: for<'a> FnOnce(&'a mut PgConnection, Fence) -> LocalBoxFuture<'a, Answer<()>> + Send + 'static,
    {
        let (store, fence) = (Arc::clone(&self.store), self.fence()?);
        let done = self.store.runtime.run(move || async move {
            let mut pooled = store.pool.get().await?;
            let answer = work(&mut pooled, fence).await;
            pooled.done(answer)
        });
        let done = done.await.and_then(|done| done);
        Ok(done.map_err(|failed| CopyError::Other(failed.message))??)
    }

    /// Gives it its name: from then on it is there.
    pub(super) async fn publish(&self, name: &str, from: &str) -> Result<(), CopyError> {
        let (name, from) = (name.to_owned(), format!("{from}#{:016x}", random_number()));
        let taken = format!("there is a namespace {name} already; remove it first, or copy to another schema");
        let published = self.write(move |connection, fence| {
            Box::pin(async move {
                let statement = fence.query(PUBLISH).bind(name).bind(from);
                let done = within(statement.execute(connection)).await?;
                Ok((done.rows_affected() > 0).then_some(()).ok_or(JournalError::Fenced))
            })
        });
        published.await.map_err(|error| match error {
            CopyError::Journal(JournalError::Fenced) => CopyError::Other(taken),
            error => error,
        })
    }

    /// Removes what was written.
    pub(super) async fn discard(&self) {
        let discarded = self.write(|connection, fence| {
            Box::pin(async move {
                remove(connection, fence.namespace).await?;
                Ok(Ok(()))
            })
        });
        // What is left is in nobody's way, and has a name that says what it is.
        let _ = discarded.await;
    }
}

#[async_trait]
impl CopyTarget for PostgresTarget {
    async fn begin(&mut self, head: &Head) -> Result<(), CopyError> {
        let (store, head, nonce, name) = (Arc::clone(&self.store), head.clone(), self.nonce, self.name.clone());
        let begun = self.store.runtime.run(move || async move {
            let (mut session, place) = connect_to_write(&store.address, &session_name(nonce))
                .await
                .map_err(before)?;
            let begun = begin(&mut session, (&name, &*store), (&head, nonce, &place)).await?;
            Ok::<_, Failed>(begun.map(|fence| (fence, session)))
        });
        let begun = begun.await.and_then(|begun| begun);
        let (fence, session) = begun.map_err(|failed| CopyError::Other(failed.message))??;
        (self.fence, self.session) = (Some(fence), Some(Mutex::new(session)));
        Ok(())
    }

    async fn old_events(&mut self, _: JobId, events: Vec<(Seq, Record)>) -> Result<(), CopyError> {
        // Records that follow each other share a row.
        let mut runs: Vec<Commit> = vec![];
        for (at, record) in events {
            match runs.last_mut() {
                // Rows of a bounded size: each is one value in memory, here and in the server.
                Some(run) if run.end() == at && run.records.len() < 500 => run.records.push(record),
                _ => runs.push(Commit::new(at, vec![record])),
            }
        }
        let runs = runs.iter().map(EncodedCommit::new).collect::<Result<Vec<_>, _>>()?;
        self.write(move |connection, fence| {
            Box::pin(async move {
                for run in &runs {
                    keep_old(connection, fence, run).await?;
                }
                Ok(Ok(()))
            })
        })
        .await
    }

    async fn records(&mut self, commit: Commit) -> Result<(), CopyError> {
        let commits = in_parts(commit);
        let commits = commits.iter().map(EncodedCommit::new).collect::<Result<Vec<_>, _>>()?;
        let is_first = std::mem::take(&mut self.is_first);
        self.write(move |connection, fence| {
            Box::pin(async move {
                for (index, commit) in commits.iter().enumerate() {
                    let appended = match is_first && index == 0 {
                        true => append_first(connection, fence, commit).await?,
                        false => append(connection, fence, commit).await?.map(drop),
                    };
                    if appended.is_err() {
                        return Ok(appended);
                    }
                }
                Ok(Ok(()))
            })
        })
        .await
    }

    async fn snapshot(&mut self, upto: Seq, state: Snapshot) -> Result<(), CopyError> {
        self.write(move |connection, fence| Box::pin(write_snapshot(connection, fence, upto, state)))
            .await
    }

    async fn content(&mut self, digest: Digest, bytes: Vec<u8>) -> Result<(), CopyError> {
        self.write(move |connection, fence| {
            Box::pin(async move { put_content(connection, fence, digest, &bytes).await })
        })
        .await
    }

    async fn output(&mut self, frames: Vec<OutputFrame>) -> Result<(), CopyError> {
        self.write(move |connection, fence| {
            Box::pin(async move {
                write_frames(connection, fence, &frames).await?;
                Ok(Ok(()))
            })
        })
        .await
    }

    async fn seal(&mut self, source: OutputSource, length: u64) -> Result<(), CopyError> {
        self.write(move |connection, fence| {
            Box::pin(async move {
                let sealed = seal(connection, fence, &source, length).await?;
                Ok(sealed.map(drop).ok_or(JournalError::Fenced))
            })
        })
        .await
    }
}
