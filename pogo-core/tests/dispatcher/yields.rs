//! Giving way to other tasks at planned points, so that a single-threaded executor runs through many interleavings.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use pogo_core::dispatcher::Clock;
use pogo_core::journal::{Commit, Journal, JournalError, MemoryJournal, OwnedJournal, Page, Seq};
use pogo_core::{Digest, Timestamp};

use super::intercepted::{Intercepted, Interceptor};

/// How often each point gives way, one after the other and again from the start.
#[derive(Clone)]
pub(crate) struct Yields(Arc<Mutex<(Vec<u8>, usize)>>);

impl Yields {
    pub(crate) fn new(plan: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new((plan, 0))))
    }

    /// Gives way as often as the plan says.
    pub(crate) async fn here(&self) {
        let times = {
            let mut plan = self.0.lock().unwrap();
            let at = plan.1;
            plan.1 += 1;
            plan.0.get(at % plan.0.len().max(1)).copied().unwrap_or(0)
        };
        yields(times).await;
    }
}

/// Lets the other tasks run, so many times.
pub(crate) async fn yields(mut times: u8) {
    poll_fn(|context| match times {
        0 => Poll::Ready(()),
        _ => {
            times -= 1;
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await;
}

/// A value that tasks wait for.
#[derive(Default)]
pub(crate) struct Watched<T>(Mutex<(T, Vec<Waker>)>);

impl<T> Watched<T> {
    pub(crate) fn get<R>(&self, look: impl FnOnce(&T) -> R) -> R {
        look(&self.0.lock().unwrap().0)
    }

    pub(crate) fn change(&self, change: impl FnOnce(&mut T)) {
        let wakers = {
            let mut held = self.0.lock().unwrap();
            change(&mut held.0);
            std::mem::take(&mut held.1)
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    pub(crate) async fn until(&self, fits: impl Fn(&T) -> bool) {
        poll_fn(|context| {
            let mut held = self.0.lock().unwrap();
            if fits(&held.0) {
                return Poll::Ready(());
            }
            held.1.push(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

/// Time that passes when the test says so.
#[derive(Default)]
pub(crate) struct Manual(Watched<Timestamp>);

#[async_trait]
impl Clock for Manual {
    fn now(&self) -> Timestamp {
        self.0.get(|now| *now)
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        self.0.until(|now| *now >= deadline).await;
    }
}

impl Manual {
    pub(crate) fn pass(&self, span: Duration) {
        self.0.change(|now| *now = *now + span);
    }
}

/// A memory journal that gives way before and after each step.
pub(crate) type Yielding = Intercepted<Yields>;

#[async_trait]
impl Interceptor for Yields {
    async fn read(&self, journal: &MemoryJournal, from: Seq) -> Result<Page, JournalError> {
        self.here().await;
        let mut page = journal.read(from).await?;
        // Pages are small, so that there are many of them.
        page.records.truncate(3);
        page.next = Seq(page.next.0.min(from.0 + 3));
        self.here().await;
        Ok(page)
    }

    async fn append(&self, journal: &mut dyn OwnedJournal, commit: &Commit) -> Result<Seq, JournalError> {
        self.here().await;
        let end = journal.append(commit).await;
        self.here().await;
        end
    }

    async fn content(&self, journal: &MemoryJournal, digest: Digest) -> Result<Vec<u8>, JournalError> {
        self.here().await;
        journal.content(digest).await
    }

    async fn put_content(
        &self,
        journal: &mut dyn OwnedJournal,
        digest: Digest,
        bytes: &[u8],
    ) -> Result<(), JournalError> {
        self.here().await;
        journal.put_content(digest, bytes).await
    }
}
