//! Putting a dispatcher together, and taking over a journal.

use std::sync::Arc;

use futures::channel::mpsc;

use super::commit::Tail;
use super::running::Running;
use super::work::Outside;
use super::{Clock, DispatchError, Dispatcher, Handle, Observer, SystemClock, Transport};
use crate::journal::{Journal, JournalError, MemoryJournal, OwnerId, ReplayError, Seq};
use crate::scheduler::Scheduler;

impl Dispatcher {
    /// A dispatcher over this transport, to be completed.
    pub fn builder(transport: Arc<dyn Transport>) -> DispatcherBuilder {
        DispatcherBuilder {
            transport,
            journal: Arc::new(MemoryJournal::new()),
            clock: Arc::new(SystemClock),
            observer: Arc::new(()),
            owner: OwnerId("pogo".into()),
        }
    }
}

/// Builds a [`Dispatcher`].
pub struct DispatcherBuilder {
    transport: Arc<dyn Transport>,
    journal: Arc<dyn Journal>,
    clock: Arc<dyn Clock>,
    observer: Arc<dyn Observer>,
    owner: OwnerId,
}

impl DispatcherBuilder {
    /// Writes to this journal, and first takes over what it holds. By default a [`MemoryJournal`].
    pub fn journal(mut self, journal: Arc<dyn Journal>) -> Self {
        self.journal = journal;
        self
    }

    /// Uses this clock. By default the [`SystemClock`].
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Tells this observer. By default nobody.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = observer;
        self
    }

    /// Owns the journal under this name, for people.
    pub fn owner(mut self, owner: OwnerId) -> Self {
        self.owner = owner;
        self
    }

    /// Takes the journal over and replays it. Tasks that were running become in doubt, and jobs go on,
    /// once [`Dispatcher::run`] is polled.
    ///
    /// # Errors
    /// The journal cannot be acquired, read or replayed.
    pub async fn build(self) -> Result<(Dispatcher, Handle), DispatchError> {
        let owned = self.journal.acquire(self.owner).await?;
        let (scheduler, at) = restore(self.journal.as_ref()).await?;
        let (messages, inbox) = mpsc::unbounded();
        let (running, phases) = Running::new(self.transport, Arc::clone(&self.observer));
        let tail = Tail::new(owned, Arc::clone(&self.clock), at);
        let outside = Outside {
            running,
            phases,
            messages: inbox,
            tail,
            clock: self.clock,
            observer: self.observer,
        };
        let mut dispatcher = Dispatcher::over(scheduler, outside);
        if at > Seq::default() {
            dispatcher.recover().await?;
        }
        Ok((dispatcher, Handle { messages }))
    }
}

async fn restore(journal: &dyn Journal) -> Result<(Scheduler, Seq), DispatchError> {
    let mut scheduler = Scheduler::new();
    let mut at = Seq::default();
    loop {
        let page = journal.read(at).await?;
        if page.records.is_empty() {
            return Ok((scheduler, at));
        }
        for (record, offset) in page.records.iter().zip(0..) {
            let at = Seq(at.0 + offset);
            scheduler.apply(record).map_err(|error| ReplayError { at, error })?;
        }
        if page.next <= at {
            return Err(JournalError::Corrupt { at }.into());
        }
        at = page.next;
    }
}
