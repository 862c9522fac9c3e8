//! A journal that is read by small pages, and whose first records are gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use pogo_core::journal::{Commit, Journal, JournalError, MemoryJournal, OwnedJournal, Page, Seq};

use super::intercepted::{Intercepted, Interceptor};
use super::yields::Yields;

/// Pages of two records, of which those of long ago are gone.
pub(super) struct Forgetful {
    pace: Yields,
    keeps: u64,
    pub(super) reads: AtomicUsize,
}

impl Forgetful {
    pub(super) fn journal(pace: Yields, keeps: u64) -> Arc<Intercepted<Self>> {
        let reads = AtomicUsize::new(0);
        Arc::new(Intercepted::new(Self { pace, keeps, reads }))
    }
}

#[async_trait]
impl Interceptor for Forgetful {
    async fn read(&self, journal: &MemoryJournal, from: Seq) -> Result<Page, JournalError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.pace.here().await;
        let first = Seq((journal.records().len() as u64).saturating_sub(self.keeps));
        if from < first {
            return Err(JournalError::Compacted { first });
        }
        let mut page = journal.read(from).await?;
        page.records.truncate(2);
        page.next = Seq(page.next.0.min(from.0 + 2));
        self.pace.here().await;
        Ok(page)
    }

    async fn append(&self, journal: &mut dyn OwnedJournal, commit: &Commit) -> Result<Seq, JournalError> {
        self.pace.here().await;
        journal.append(commit).await
    }
}
