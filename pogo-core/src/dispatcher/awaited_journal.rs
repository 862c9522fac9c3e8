//! A journal that is waited for while a dispatcher is being built.

use async_trait::async_trait;
use futures::future::{BoxFuture, FutureExt};

use super::availability::Availability;
use super::store_clock::clock_skew;
use crate::journal::{Acquire, ClockSkew, Journal, JournalError, OwnedJournal, Owner, Page, Seq};
use crate::scheduler::Snapshot;
use crate::{Digest, Timestamp};

/// Passes each call on until it is answered, or the retry policy gives up. All of them may be made again.
pub(super) struct AwaitedJournal<'a> {
    pub(super) journal: &'a dyn Journal,
    pub(super) availability: &'a Availability,
}

impl<'a> AwaitedJournal<'a> {
    /// How far this dispatcher's clock is from that of the store. Each try measures anew: the time between two says
    /// nothing of the clocks.
    pub(super) async fn clock_skew(&self) -> Result<Option<ClockSkew>, JournalError> {
        let clock = &self.availability.clock;
        let measure = |journal: &'a dyn Journal| clock_skew(journal, clock.as_ref()).boxed();
        self.ask(true, measure).await
    }

    async fn ask<T>(
        &self,
        is_timed: bool,
        call: impl Fn(&'a dyn Journal) -> BoxFuture<'a, Result<T, JournalError>> + Send,
    ) -> Result<T, JournalError> {
        let mut tries = self.availability.begin();
        loop {
            let asked = call(self.journal);
            let answer = if is_timed {
                tries.answer(asked).await
            } else {
                asked.await
            };
            match answer {
                Err(error @ JournalError::Unavailable { .. }) => tries.pause(error).await?,
                answer => {
                    tries.end();
                    return answer;
                }
            }
        }
    }
}

#[async_trait]
impl Journal for AwaitedJournal<'_> {
    async fn acquire(&self, owner: Owner, how: Acquire) -> Result<Box<dyn OwnedJournal>, JournalError> {
        // Whoever waits until it is free may be answered at any time.
        let is_timed = how != Acquire::Wait;
        self.ask(is_timed, move |journal| journal.acquire(owner.clone(), how))
            .await
    }

    async fn latest_snapshot(&self) -> Result<Option<(Seq, Snapshot)>, JournalError> {
        self.ask(true, |journal| journal.latest_snapshot()).await
    }

    async fn read(&self, from: Seq) -> Result<Page, JournalError> {
        self.ask(true, move |journal| journal.read(from)).await
    }

    async fn content(&self, digest: Digest) -> Result<Vec<u8>, JournalError> {
        self.ask(true, move |journal| journal.content(digest)).await
    }

    async fn changed(&self, after: Seq) -> Result<(), JournalError> {
        self.ask(false, move |journal| journal.changed(after)).await
    }

    async fn store_time(&self) -> Result<Option<Timestamp>, JournalError> {
        self.ask(true, |journal| journal.store_time()).await
    }
}
