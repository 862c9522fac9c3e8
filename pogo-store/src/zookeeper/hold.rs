//! An ownership: what it knows, and whether it is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use pogo_core::Digest;
use pogo_core::journal::{Commit, Epoch, JournalError, Seq, Snapshot};
use pogo_core::scheduler::Record;
use tokio::sync::{Mutex, MutexGuard};
use zookeeper_client::{Client, Error};

use super::acquire::TakenNamespace;
use super::commits::{AppendedCommit, EncodedCommit, append};
use super::compaction::compact;
use super::contents::{put_content, remove_unnamed};
use super::fence::WriteOutcome;
use super::head::VersionedHead;
use super::holder::EpochNode;
use super::namespace_shared::NamespaceShared;
use super::owner_writer::OwnerWriter;
use super::snapshots::write_snapshot;
use crate::journal::RecentContent;
use crate::owner::Ended;
use crate::remote::{Failed, Ownership, Runtime};

/// What lasts until the owner is gone and nothing of it is under way any more.
#[derive(Debug)]
pub(super) struct Hold {
    pub(super) shared: Arc<NamespaceShared>,
    pub(super) writer: Arc<OwnerWriter>,
    /// What the node with the epoch says of this owner.
    node: EpochNode,
    /// The count of the ensemble when it made the namespace.
    made: i64,
    /// The format of the records that it writes.
    format: AtomicU32,
    main: Mutex<JournalEnd>,
}

/// What an owner must remember.
#[derive(Debug)]
pub(super) struct JournalEnd {
    pub(super) head: VersionedHead,
    recent: RecentContent,
}

impl Hold {
    pub(super) fn new(shared: Arc<NamespaceShared>, taken: TakenNamespace, head: VersionedHead) -> Self {
        Self {
            writer: Arc::new(OwnerWriter::new(Arc::clone(&shared.store), taken.fence, taken.client)),
            node: taken.node,
            made: taken.made,
            format: AtomicU32::new(taken.format),
            main: Mutex::new(JournalEnd {
                head,
                recent: RecentContent::default(),
            }),
            shared,
        }
    }

    /// The format of the records that it writes.
    pub(super) fn format(&self) -> u32 {
        self.format.load(Ordering::Relaxed)
    }

    /// Writes this format from now on, which the store says already.
    pub(super) fn set_format(&self, format: u32) {
        self.format.store(format, Ordering::Relaxed);
    }

    /// Somebody else owns it, or nobody.
    pub(super) fn lose(&self) {
        self.writer.ended.set();
        self.shared.growth.set(None);
    }

    /// The state of the journal, unless the ownership is over.
    async fn main(&self) -> Result<MutexGuard<'_, JournalEnd>, JournalError> {
        let main = self.main.lock().await;
        if self.writer.ended.is_over() {
            return Err(JournalError::Fenced);
        }
        Ok(main)
    }

    /// What an answer means to the owner: whoever hears that somebody else owns it owns nothing any more.
    pub(super) fn noted<T>(&self, answer: Result<Result<T, JournalError>, Failed>) -> Result<T, JournalError> {
        let answer = answer.map_err(Failed::unknown)?;
        if matches!(answer, Err(JournalError::Fenced)) {
            self.lose();
        }
        answer
    }

    /// Removes what snapshots stand for, and the content that nothing names any more.
    async fn compact(&self) -> Result<(), Failed> {
        let Some(needed) = compact(&self.writer, &self.shared.jobs).await? else {
            return Ok(());
        };
        // Content is put while this is held alone, so that none is removed that is put at the same time.
        let mut main = self.main.lock().await;
        main.recent.forget_before(needed);
        remove_unnamed(&self.writer, main.recent.digests().collect()).await
    }

    async fn free(&self, client: &Client) -> Result<(), Error> {
        let mut node = self.node.clone();
        node.holder = None;
        let json = serde_json::to_vec(&node).unwrap_or_default();
        let fence = &self.writer.fence;
        let paths = &fence.paths;
        // Without a session of this owner there is no sign of its life.
        for has_session in [true, false] {
            let mut request = fence.writer(client)?;
            request.add_set_data(&paths.epoch, &json, Some(fence.version))?;
            request.add_delete(&paths.token(fence.nonce), None)?;
            if has_session {
                request.add_delete(&paths.owner, None)?;
            }
            match fence.commit(request).await? {
                // The third of its own operations: the node of the session was not there to delete.
                WriteOutcome::Refused(2, Error::NoNode) => {}
                _ => return Ok(()),
            }
        }
        Ok(())
    }
}

impl Ownership for Hold {
    type Encoded = EncodedCommit;

    fn runtime(&self) -> &Runtime {
        &self.shared.store.runtime
    }

    fn epoch(&self) -> Epoch {
        self.writer.fence.epoch
    }

    fn ended(&self) -> &Ended {
        &self.writer.ended
    }

    fn encode(&self, commit: &Commit) -> Result<EncodedCommit, JournalError> {
        EncodedCommit::new(commit, self.writer.fence.epoch)
    }

    async fn append(&self, encoded: EncodedCommit, records: Vec<Record>) -> Result<Seq, JournalError> {
        let named: Vec<Digest> = records.iter().flat_map(Record::digests).collect();
        let mut main = self.main().await?;
        let AppendedCommit { head } = self.noted(append(&self.writer, &main.head, encoded).await)?;
        main.head = head;
        let end = head.head.end;
        main.recent.note(named, end);
        self.shared.growth.set(Some(end));
        Ok(end)
    }

    async fn put_content(&self, digest: Digest, bytes: Vec<u8>) -> Result<(), JournalError> {
        // No content is removed meanwhile.
        let mut main = self.main().await?;
        self.noted(put_content(&self.writer, digest, bytes).await)?;
        let end = main.head.head.end;
        main.recent.note([digest], end);
        Ok(())
    }

    /// Where a later owner finds the same count, nobody has restored the tree.
    async fn confirm_restored(&self) -> Result<(), JournalError> {
        let _main = self.main().await?;
        let fence = &self.writer.fence;
        let confirmed = self.writer.sessions.ask(async |client| {
            let mut request = fence.writer(client)?;
            request.add_set_data(&fence.paths.made, self.made.to_string().as_bytes(), None)?;
            fence.commit(request).await
        });
        self.noted(confirmed.await.and_then(WriteOutcome::done))
    }

    async fn snapshot(&self, upto: Seq, state: Snapshot) -> Result<(), JournalError> {
        // Not held while the snapshot is written, which takes long: appends go on meanwhile.
        let end = self.main().await?.head.head.end;
        if upto > end {
            let is_owner = self.writer.is_owner().await;
            let refused = is_owner.map(|is_owner| {
                if is_owner {
                    JournalError::Conflict { at: end }
                } else {
                    JournalError::Fenced
                }
            });
            return self.noted(refused.map(Err));
        }
        self.noted(write_snapshot(&self.writer, upto, state).await)?;
        // The snapshot is there. What could not be removed is removed after the next one.
        let _ = self.compact().await;
        Ok(())
    }

    async fn give_back(&self) {
        let _main = self.main.lock().await;
        #[cfg(feature = "object-store")]
        self.shared.close_outputs().await;
        if !self.writer.ended.is_over() {
            // A store that does not hear it finds out by itself.
            let _ = self.writer.sessions.ask(async |client| self.free(client).await).await;
        }
        self.lose();
        self.writer.sessions.close().await;
    }
}
