//! An ownership: the connection that appends, and whether it is over.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use sqlx::PgConnection;
use tokio::sync::MutexGuard;
use tokio::sync::mpsc::UnboundedSender;

use pogo_core::Digest;
use pogo_core::journal::{Commit, Epoch, JournalError, Seq, Snapshot};
use pogo_core::scheduler::Record;

use super::acquire::{TakenNamespace, session_name};
use super::commits::{EncodedCommit, append};
use super::compaction::compact;
use super::contents::{put_content, remove_unnamed};
use super::fence::{Fence, fenced};
use super::output::Outputs;
use super::pool::before;
use super::server_identity::ServerIdentity;
use super::session::connect_to_write;
use super::shared::NamespaceShared;
use super::snapshots::write_snapshot;
use super::within::within;
use crate::journal::RecentContent;
use crate::owner::Ended;
use crate::remote::{Answer, Failed, FailedStage, Ownership, Runtime};

/// Records that have become durable, and where they begin.
pub(super) type AppendedRecords = (Seq, Vec<Record>);

/// The ownership of this process, if it has it: for handles of the namespace that were there before.
#[derive(Debug, Default)]
pub(super) struct OwnershipSlot(Mutex<Weak<Hold>>);

impl OwnershipSlot {
    pub(super) fn set(&self, hold: &Arc<Hold>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(hold);
    }

    pub(super) fn get(&self) -> Option<Arc<Hold>> {
        let hold = self.0.lock().unwrap_or_else(PoisonError::into_inner).upgrade();
        hold.filter(|hold| !hold.ended.is_over())
    }
}

/// What lasts until the owner is gone and nothing of it is under way any more.
pub(super) struct Hold {
    pub(super) shared: Arc<NamespaceShared>,
    pub(super) fence: Fence,
    pub(super) server: ServerIdentity,
    /// The format of the records that it writes.
    format: AtomicU32,
    /// What appends; one statement at a time. `None` where it broke.
    main: tokio::sync::Mutex<AppendConnection>,
    pub(super) ended: Ended,
    pub(super) outputs: tokio::sync::Mutex<Outputs>,
    /// Takes what is appended, for the list of jobs.
    appended: UnboundedSender<AppendedRecords>,
}

/// The connection of an owner, and what it must remember.
struct AppendConnection {
    connection: Option<PgConnection>,
    end: Seq,
    recent: RecentContent,
}

impl Hold {
    pub(super) fn new(
        shared: Arc<NamespaceShared>,
        taken: TakenNamespace,
        end: Seq,
        appended: UnboundedSender<AppendedRecords>,
    ) -> Self {
        Self {
            fence: taken.fence,
            server: taken.server,
            format: AtomicU32::new(taken.row.format),
            main: tokio::sync::Mutex::new(AppendConnection {
                connection: Some(taken.connection),
                end,
                recent: RecentContent::default(),
            }),
            ended: Ended::default(),
            outputs: tokio::sync::Mutex::default(),
            appended,
            shared,
        }
    }

    /// The connection that appends, made anew where it broke.
    async fn connection<'a>(&self, main: &'a mut AppendConnection) -> Result<&'a mut PgConnection, JournalError> {
        if self.ended.is_over() {
            return Err(JournalError::Fenced);
        }
        let connection = match main.connection.take() {
            Some(connection) => connection,
            None => {
                let connected = connect_to_write(&self.shared.store.address, &session_name(self.fence.nonce)).await;
                let (connection, server) = connected.map_err(|error| before(error).unavailable())?;
                self.check_server(&server)?;
                connection
            }
        };
        Ok(main.connection.insert(connection))
    }

    /// Whether the store is still the one that is owned. One that was restored, or a standby that was promoted, is
    /// another: what it lacks is not known, so whoever goes on with it says so.
    pub(super) fn check_server(&self, server: &ServerIdentity) -> Result<(), JournalError> {
        if *server == self.server {
            return Ok(());
        }
        self.lose();
        Err(JournalError::Fenced)
    }

    /// The format of the records that it writes.
    pub(super) fn format(&self) -> u32 {
        self.format.load(Ordering::Relaxed)
    }

    /// Writes another format from now on, which the store says already.
    pub(super) fn set_format(&self, format: u32) {
        self.format.store(format, Ordering::Relaxed);
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
    ) -> Result<(MutexGuard<'_, AppendConnection>, T), JournalError> {
        let mut main = self.main.lock().await;
        let (mut may_be_broken, mut may_be_done) = (main.connection.is_some(), false);
        loop {
            let connection = self.connection(&mut main).await.map_err(|error| match error {
                // The first try may have been carried out, so "nothing was done" is no longer true.
                JournalError::Unavailable { message } if may_be_done => JournalError::Unknown { message },
                error => error,
            })?;
            let failed = match work(connection).await {
                Ok(answer) => return Ok((main, self.noted(answer)?)),
                Err(failed) => failed,
            };
            if failed.stage == FailedStage::Refused {
                return Err(failed.unknown());
            }
            main.connection = None;
            may_be_done |= !failed.did_nothing();
            // Not again after a silence: the first statement may still be running, and the caller
            // has waited long enough to hear of it.
            if failed.stage == FailedStage::Late || !std::mem::take(&mut may_be_broken) {
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

    /// Removes what snapshots stand for, and the content that nothing names any more.
    async fn compact(&self) -> Result<(), Failed> {
        let mut pooled = self.shared.store.pool.get().await?;
        let compacted = compact(&mut pooled, self.fence).await;
        let Some(needed) = pooled.done(compacted)? else {
            return Ok(());
        };
        // Content is put on this connection alone, so that none is removed that is put at the same time.
        let mut main = self.main.lock().await;
        main.recent.forget_before(needed);
        let recent: Vec<Vec<u8>> = main.recent.digests().map(|digest| digest.as_bytes().to_vec()).collect();
        let Some(connection) = main.connection.as_mut() else {
            return Ok(());
        };
        let removed = remove_unnamed(connection, self.fence, &recent).await;
        if removed
            .as_ref()
            .is_err_and(|failed| failed.stage != FailedStage::Refused)
        {
            main.connection = None;
        }
        removed
    }
}

impl Ownership for Hold {
    type Encoded = EncodedCommit;

    fn runtime(&self) -> &Runtime {
        &self.shared.store.runtime
    }

    fn epoch(&self) -> Epoch {
        self.fence.epoch
    }

    fn ended(&self) -> &Ended {
        &self.ended
    }

    fn encode(&self, commit: &Commit) -> Result<EncodedCommit, JournalError> {
        EncodedCommit::new(commit)
    }

    async fn append(&self, encoded: EncodedCommit, records: Vec<Record>) -> Result<Seq, JournalError> {
        let named: Vec<Digest> = records.iter().flat_map(Record::digests).collect();
        let fence = self.fence;
        let (mut main, end) = self
            .on_main(async |connection| append(connection, fence, &encoded).await)
            .await?;
        main.end = end;
        main.recent.note(named, end);
        self.shared.growth.set(Some(end));
        // The list is made anew where nobody takes it.
        let _ = self.appended.send((encoded.at, records));
        Ok(end)
    }

    async fn put_content(&self, digest: Digest, bytes: Vec<u8>) -> Result<(), JournalError> {
        let fence = self.fence;
        let (mut main, ()) = self
            .on_main(async |connection| put_content(connection, fence, digest, &bytes).await)
            .await?;
        let end = main.end;
        main.recent.note([digest], end);
        Ok(())
    }

    async fn confirm_restored(&self) -> Result<(), JournalError> {
        let (fence, server) = (self.fence, self.server.stored());
        let confirmed = self.on_main(async |connection| {
            let statement = fence.query(CONFIRM).bind(&server);
            let done = within(statement.execute(connection)).await?;
            Ok((done.rows_affected() > 0).then_some(()).ok_or(JournalError::Fenced))
        });
        confirmed.await.map(|_| ())
    }

    async fn snapshot(&self, upto: Seq, state: Snapshot) -> Result<(), JournalError> {
        // Another connection: a snapshot is large, and commits do not wait for it.
        let mut pooled = self.shared.store.pool.get().await.map_err(Failed::unavailable)?;
        let written = write_snapshot(&mut pooled, self.fence, upto, state).await;
        self.noted(pooled.done(written).map_err(Failed::unknown)?)?;
        // The snapshot is there. What could not be removed is removed after the next one.
        let _ = self.compact().await;
        Ok(())
    }

    async fn give_back(&self) {
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
