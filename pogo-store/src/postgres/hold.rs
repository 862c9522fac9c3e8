//! An ownership: the connection that appends, and whether it is over.

use std::collections::BTreeMap;
use std::sync::Arc;

use sqlx::PgConnection;
use tokio::sync::MutexGuard;
use tokio::sync::mpsc::UnboundedSender;

use pogo_core::Digest;
use pogo_core::journal::{JournalError, Seq, Snapshot};
use pogo_core::scheduler::Record;

use super::acquire::{Taken, session_name};
use super::commits::{EncodedCommit, append};
use super::compaction::compact;
use super::contents::{put_content, remove_unnamed};
use super::error::{Answer, Failed};
use super::fence::{Fence, fenced};
use super::history::Appended;
use super::namespace::Shared;
use super::output::Outputs;
use super::place::Place;
use super::pool::before;
use super::session::connect_to_write;
use super::snapshots::write_snapshot;
use super::within::within;
use crate::owner::Ended;

/// What lasts until the owner is gone and nothing of it is under way any more.
pub(super) struct Hold {
    pub(super) shared: Arc<Shared>,
    pub(super) fence: Fence,
    pub(super) place: Place,
    /// What appends; one statement at a time. `None` where it broke.
    main: tokio::sync::Mutex<Main>,
    pub(super) ended: Ended,
    pub(super) outputs: tokio::sync::Mutex<Outputs>,
    /// Takes what is appended, for the list of jobs.
    appended: UnboundedSender<Appended>,
}

/// The connection of an owner, and what it must remember.
struct Main {
    connection: Option<PgConnection>,
    end: Seq,
    /// Content that was put or named by this owner, and the end of the journal then.
    recent: BTreeMap<Digest, Seq>,
}

impl Hold {
    pub(super) fn new(shared: Arc<Shared>, taken: Taken, end: Seq, appended: UnboundedSender<Appended>) -> Self {
        Self {
            fence: taken.fence,
            place: taken.place,
            main: tokio::sync::Mutex::new(Main {
                connection: Some(taken.connection),
                end,
                recent: BTreeMap::new(),
            }),
            ended: Ended::default(),
            outputs: tokio::sync::Mutex::default(),
            appended,
            shared,
        }
    }

    /// The connection that appends, made anew where it broke.
    async fn connection<'a>(&self, main: &'a mut Main) -> Result<&'a mut PgConnection, JournalError> {
        if self.ended.is_over() {
            return Err(JournalError::Fenced);
        }
        let connection = match main.connection.take() {
            Some(connection) => connection,
            None => {
                let connected = connect_to_write(&self.shared.store.address, &session_name(self.fence.nonce)).await;
                let (connection, place) = connected.map_err(|error| before(error).unavailable())?;
                self.check_place(&place)?;
                connection
            }
        };
        Ok(main.connection.insert(connection))
    }

    /// Whether the store is still the one that is owned. One that was restored, or a standby that was promoted, is
    /// another: what it lacks is not known, so whoever goes on with it says so.
    pub(super) fn check_place(&self, place: &Place) -> Result<(), JournalError> {
        if *place == self.place {
            return Ok(());
        }
        self.lose();
        Err(JournalError::Fenced)
    }

    /// Somebody else owns it, or nobody.
    pub(super) fn lose(&self) {
        self.ended.set();
        self.shared.growth.set(None);
    }

    /// Does this over the connection that appends. One that broke, which is often noticed only when it is used, is made
    /// anew, and it is done again: all that an owner does may be.
    async fn on_main<T>(
        &self,
        work: impl AsyncFn(&mut PgConnection) -> Answer<T>,
    ) -> Result<(MutexGuard<'_, Main>, T), JournalError> {
        let mut main = self.main.lock().await;
        let (mut may_be_broken, mut may_be_done) = (main.connection.is_some(), false);
        loop {
            let connection = self.connection(&mut main).await.map_err(|error| match error {
                JournalError::Unavailable { message } if may_be_done => JournalError::Unknown { message },
                error => error,
            })?;
            let failed = match work(connection).await {
                Ok(answer) => return Ok((main, self.noted(answer)?)),
                Err(failed) => failed,
            };
            if failed.is_connected {
                return Err(failed.unknown());
            }
            main.connection = None;
            may_be_done |= !failed.is_rolled_back;
            if failed.is_late || !std::mem::take(&mut may_be_broken) {
                return Err(failed.unknown());
            }
        }
    }

    /// Whoever hears that somebody else owns it owns nothing any more.
    fn noted<T>(&self, answer: Result<T, JournalError>) -> Result<T, JournalError> {
        if matches!(answer, Err(JournalError::Fenced)) {
            self.lose();
        }
        answer
    }

    pub(super) async fn append(&self, encoded: &EncodedCommit, records: Vec<Record>) -> Result<Seq, JournalError> {
        let named: Vec<Digest> = records.iter().flat_map(Record::digests).collect();
        let fence = self.fence;
        let (mut main, end) = self
            .on_main(async |connection| append(connection, fence, encoded).await)
            .await?;
        main.end = end;
        main.recent.extend(named.into_iter().map(|digest| (digest, end)));
        self.shared.growth.set(Some(end));
        // The list is made anew where nobody takes it.
        let _ = self.appended.send((encoded.at, records));
        Ok(end)
    }

    pub(super) async fn put_content(&self, digest: Digest, bytes: &[u8]) -> Result<(), JournalError> {
        let fence = self.fence;
        let (mut main, ()) = self
            .on_main(async |connection| put_content(connection, fence, digest, bytes).await)
            .await?;
        let end = main.end;
        main.recent.insert(digest, end);
        Ok(())
    }

    pub(super) async fn confirm_restored(&self) -> Result<(), JournalError> {
        let (fence, place) = (self.fence, self.place.stored());
        let confirmed = self.on_main(async |connection| {
            let statement = fence.query(CONFIRM).bind(&place);
            let done = within(statement.execute(connection)).await?;
            Ok((done.rows_affected() > 0).then_some(()).ok_or(JournalError::Fenced))
        });
        confirmed.await.map(|_| ())
    }

    pub(super) async fn snapshot(&self, upto: Seq, state: Snapshot) -> Result<(), JournalError> {
        // Another connection: a snapshot is large, and commits do not wait for it.
        let mut pooled = self.shared.store.pool.get().await.map_err(Failed::unavailable)?;
        let written = write_snapshot(&mut pooled, self.fence, upto, state).await;
        self.noted(pooled.done(written).map_err(Failed::unknown)?)?;
        // The snapshot is there. What could not be removed is removed after the next one.
        let _ = self.compact().await;
        Ok(())
    }

    /// Removes what snapshots stand for, and the content that nothing names any more.
    async fn compact(&self) -> Result<(), Failed> {
        let mut pooled = self.shared.store.pool.get().await?;
        let compacted = compact(&mut pooled, self.fence).await;
        let Some(needed) = pooled.done(compacted)? else {
            return Ok(());
        };
        // Content is put on this connection alone, so that none is removed that is put at the same time.
        let mut main = self.main.lock().await;
        main.recent.retain(|_, at| *at >= needed);
        let recent: Vec<Vec<u8>> = main.recent.keys().map(|digest| digest.as_bytes().to_vec()).collect();
        let Some(connection) = main.connection.as_mut() else {
            return Ok(());
        };
        let removed = remove_unnamed(connection, self.fence, &recent).await;
        if removed.as_ref().is_err_and(|failed| !failed.is_connected) {
            main.connection = None;
        }
        removed
    }

    /// Says that nobody owns it any more.
    pub(super) async fn give_back(&self) {
        let mut main = self.main.lock().await;
        if let Ok(connection) = self.connection(&mut main).await {
            // A store that does not hear it finds out by itself.
            let _ = within(self.fence.query(GIVE_BACK).execute(connection)).await;
        }
        self.lose();
        if let Some(connection) = main.connection.take() {
            let _ = within(sqlx::Connection::close(connection)).await;
        }
    }
}

const CONFIRM: &str =
    fenced!("UPDATE namespaces n SET place = $5, copied_from = NULL FROM fence WHERE n.id = fence.id");
const GIVE_BACK: &str = fenced!("UPDATE namespaces n SET nonce = NULL FROM fence WHERE n.id = fence.id");
