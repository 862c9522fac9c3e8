//! The journal of a store that cannot be written to, as somebody reads it who never goes on with it.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::{BoxFuture, FutureExt, pending};
use pogo_core::Digest;
use pogo_core::journal::{
    Acquire, Commit, ContentLoader, Epoch, Journal, JournalError, OwnedJournal, Owner, OwnerId, Page, Seq, Snapshot,
};
use pogo_core::scheduler::Scheduler;

use crate::exit::CliError;

/// How often reading begins anew, where whoever owns the journal removes what is about to be read.
const TRIES: usize = 5;

/// A journal that consists of a state. As nothing came before it, nobody was there to take over from, so that attempts
/// which ran are shown as such, and not as those of a dispatcher that was lost.
pub(super) struct StoppedJournal {
    journal: Arc<dyn Journal>,
    state: Snapshot,
}

impl StoppedJournal {
    /// Reads all that there is.
    pub(super) async fn read(journal: Arc<dyn Journal>) -> Result<Self, CliError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match state(&*journal).await? {
                Some(state) => return Ok(Self { journal, state }),
                None if tries < TRIES => {}
                None => {
                    return Err(CliError::broken(
                        "the journal is compacted faster than it is read; ask its dispatcher",
                    ));
                }
            }
        }
    }
}

/// The state that the records lead to; `None` if some of them were removed meanwhile.
async fn state(journal: &dyn Journal) -> Result<Option<Snapshot>, CliError> {
    let mut content = ContentLoader::new();
    let snapshot = journal.latest_snapshot().await.map_err(CliError::broken)?;
    let (mut scheduler, mut next) = match snapshot {
        Some((upto, mut snapshot)) => {
            let loaded = content.load_snapshot(journal, &mut snapshot).await;
            loaded.map_err(CliError::broken)?;
            (Scheduler::restore(&snapshot).map_err(CliError::broken)?, upto)
        }
        None => (Scheduler::new(), Seq::default()),
    };
    loop {
        let mut page = match journal.read(next).await {
            Err(JournalError::Compacted { .. }) => return Ok(None),
            page => page.map_err(CliError::broken)?,
        };
        if page.records.is_empty() {
            return Ok(Some(scheduler.snapshot()));
        }
        let loaded = content.load(journal, &mut page.records).await;
        loaded.map_err(CliError::broken)?;
        for record in &page.records {
            scheduler.apply(record).map_err(CliError::broken)?;
        }
        next = page.next;
    }
}

#[async_trait]
impl Journal for StoppedJournal {
    async fn acquire(&self, _: Owner, _: Acquire) -> Result<Box<dyn OwnedJournal>, JournalError> {
        Ok(Box::new(NothingAppended))
    }

    async fn latest_snapshot(&self) -> Result<Option<(Seq, Snapshot)>, JournalError> {
        Ok(Some((Seq::default(), self.state.clone())))
    }

    async fn read(&self, from: Seq) -> Result<Page, JournalError> {
        Ok(Page::new(vec![], from))
    }

    async fn content(&self, digest: Digest) -> Result<Vec<u8>, JournalError> {
        self.journal.content(digest).await
    }

    async fn changed(&self, _: Seq) -> Result<(), JournalError> {
        pending().await
    }
}

/// Refuses every record. No verb gives an order here; this is for what should not happen.
struct NothingAppended;

#[async_trait]
impl OwnedJournal for NothingAppended {
    fn epoch(&self) -> Epoch {
        Epoch(0)
    }

    fn previous_owner(&self) -> Option<OwnerId> {
        None
    }

    fn end(&self) -> Seq {
        Seq::default()
    }

    async fn append(&mut self, _: &Commit) -> Result<Seq, JournalError> {
        Err(refused())
    }

    async fn put_content(&mut self, _: Digest, _: &[u8]) -> Result<(), JournalError> {
        Err(refused())
    }

    fn snapshot(&self, _: Seq, _: Snapshot) -> BoxFuture<'static, Result<(), JournalError>> {
        async { Err(refused()) }.boxed()
    }

    fn lost(&self) -> BoxFuture<'static, ()> {
        pending().boxed()
    }
}

fn refused() -> JournalError {
    JournalError::Unavailable {
        message: "the store can only be read".to_owned(),
    }
}
