//! An ownership: what it knows, and whether it is over.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pogo_core::Digest;
use pogo_core::journal::{Commit, Epoch, JournalError, Seq, Snapshot};
use pogo_core::scheduler::Record;
use tokio::sync::{Mutex, MutexGuard};
use zookeeper_client::{Client, Error};

use super::acquire::Taken;
use super::commits::{AppendedCommit, EncodedCommit, append};
use super::compaction::compact;
use super::contents::{put_content, remove_unnamed};
use super::fence::{Fence, Written};
use super::head::VersionedHead;
use super::holder::EpochNode;
use super::namespace::Shared;
use super::session::Sessions;
use super::snapshots::write_snapshot;
use crate::journal::RecentContent;
use crate::owner::Ended;
use crate::remote::{Failed, Ownership, Runtime};

/// What lasts until the owner is gone and nothing of it is under way any more.
#[derive(Debug)]
pub(super) struct Hold {
    pub(super) shared: Arc<Shared>,
    pub(super) fence: Fence,
    /// What the node with the epoch says of this owner.
    node: EpochNode,
    /// The count of the ensemble when it made the namespace.
    made: i64,
    pub(super) sessions: Sessions,
    pub(super) ended: Ended,
    main: Mutex<Main>,
    /// Numbers for what is stored in pieces.
    stored: AtomicU64,
}

/// What an owner must remember.
#[derive(Debug)]
pub(super) struct Main {
    pub(super) head: VersionedHead,
    recent: RecentContent,
}

impl Hold {
    pub(super) fn new(shared: Arc<Shared>, taken: Taken, head: VersionedHead) -> Self {
        Self {
            sessions: Sessions::of(shared.store.address.clone(), taken.client),
            fence: taken.fence,
            node: taken.node,
            made: taken.made,
            ended: Ended::default(),
            main: Mutex::new(Main {
                head,
                recent: RecentContent::default(),
            }),
            stored: AtomicU64::new(0),
            shared,
        }
    }

    /// Somebody else owns it, or nobody.
    pub(super) fn lose(&self) {
        self.ended.set();
        self.shared.growth.set(None);
    }

    /// What pieces are named that nobody has stored before.
    pub(super) fn tag(&self, what: &str) -> String {
        super::packed::tag(what, &self.fence, self.stored.fetch_add(1, Ordering::Relaxed))
    }

    /// The state of the journal, unless the ownership is over.
    async fn main(&self) -> Result<MutexGuard<'_, Main>, JournalError> {
        let main = self.main.lock().await;
        if self.ended.is_over() {
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
        let Some(needed) = compact(self).await? else {
            return Ok(());
        };
        // Content is put while this is held alone, so that none is removed that is put at the same time.
        let mut main = self.main.lock().await;
        main.recent.forget_before(needed);
        remove_unnamed(self, main.recent.digests().collect()).await
    }

    async fn free(&self, client: &Client) -> Result<(), Error> {
        let mut node = self.node.clone();
        node.holder = None;
        let json = serde_json::to_vec(&node).unwrap_or_default();
        let paths = &self.fence.paths;
        // Without a session of this owner there is no sign of its life.
        for has_session in [true, false] {
            let mut writer = self.fence.writer(client)?;
            writer.add_set_data(&paths.epoch, &json, Some(self.fence.version))?;
            writer.add_delete(&paths.token(self.fence.nonce), None)?;
            if has_session {
                writer.add_delete(&paths.owner, None)?;
            }
            match self.fence.commit(writer).await? {
                // The third of its own operations: the node of the session was not there to delete.
                Written::Refused(2, Error::NoNode) => {}
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
        self.fence.epoch
    }

    fn ended(&self) -> &Ended {
        &self.ended
    }

    fn encode(&self, commit: &Commit) -> Result<EncodedCommit, JournalError> {
        EncodedCommit::new(commit, self.fence.epoch)
    }

    async fn append(&self, encoded: EncodedCommit, records: Vec<Record>) -> Result<Seq, JournalError> {
        let named: Vec<Digest> = records.iter().flat_map(Record::digests).collect();
        let mut main = self.main().await?;
        let AppendedCommit { head } = self.noted(append(self, &main.head, encoded).await)?;
        main.head = head;
        let end = head.head.end;
        main.recent.note(named, end);
        self.shared.growth.set(Some(end));
        Ok(end)
    }

    async fn put_content(&self, digest: Digest, bytes: Vec<u8>) -> Result<(), JournalError> {
        // No content is removed meanwhile.
        let mut main = self.main().await?;
        self.noted(put_content(self, digest, bytes).await)?;
        let end = main.head.head.end;
        main.recent.note([digest], end);
        Ok(())
    }

    /// Where a later owner finds the same count, nobody has restored the tree.
    async fn confirm_restored(&self) -> Result<(), JournalError> {
        let _main = self.main().await?;
        let confirmed = self.sessions.ask(async |client| {
            let mut writer = self.fence.writer(client)?;
            writer.add_set_data(&self.fence.paths.made, self.made.to_string().as_bytes(), None)?;
            self.fence.commit(writer).await
        });
        self.noted(confirmed.await.and_then(done))
    }

    async fn snapshot(&self, upto: Seq, state: Snapshot) -> Result<(), JournalError> {
        // Not held while the snapshot is written, which takes long: appends go on meanwhile.
        let end = self.main().await?.head.head.end;
        if upto > end {
            let is_owner = self.sessions.ask(async |client| self.fence.check(client).await).await;
            let refused = is_owner.map(|is_owner| {
                if is_owner {
                    JournalError::Conflict { at: end }
                } else {
                    JournalError::Fenced
                }
            });
            return self.noted(refused.map(Err));
        }
        self.noted(write_snapshot(self, upto, state).await)?;
        // The snapshot is there. What could not be removed is removed after the next one.
        let _ = self.compact().await;
        Ok(())
    }

    async fn give_back(&self) {
        let _main = self.main.lock().await;
        if !self.ended.is_over() {
            // A store that does not hear it finds out by itself.
            let _ = self.sessions.ask(async |client| self.free(client).await).await;
        }
        self.lose();
        self.sessions.close().await;
    }
}

/// Of a request whose own operations cannot be refused.
fn done(written: Written) -> Result<Result<(), JournalError>, Failed> {
    match written {
        Written::Done => Ok(Ok(())),
        Written::Fenced => Ok(Err(JournalError::Fenced)),
        Written::Refused(_, error) => Err(error.into()),
    }
}
