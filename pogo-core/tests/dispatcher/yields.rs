//! Giving way to other tasks at planned points, so that a single-threaded executor runs through many interleavings.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use pogo_core::Timestamp;
use pogo_core::dispatcher::Clock;
use pogo_core::journal::{
    Acquire, Commit, Epoch, Journal, JournalError, MemoryJournal, OwnedJournal, Owner, OwnerId, Page, Seq, Snapshot,
};

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
pub(crate) struct Yielding {
    pub(crate) inner: MemoryJournal,
    pub(crate) yields: Yields,
}

#[async_trait]
impl Journal for Yielding {
    async fn acquire(&self, owner: Owner, how: Acquire) -> Result<Box<dyn OwnedJournal>, JournalError> {
        let inner = self.inner.acquire(owner, how).await?;
        let yields = self.yields.clone();
        Ok(Box::new(Owned { inner, yields }))
    }

    async fn latest_snapshot(&self) -> Result<Option<(Seq, Snapshot)>, JournalError> {
        self.inner.latest_snapshot().await
    }

    async fn read(&self, from: Seq) -> Result<Page, JournalError> {
        self.yields.here().await;
        let mut page = self.inner.read(from).await?;
        // Pages are small, so that there are many of them.
        page.records.truncate(3);
        page.next = Seq(page.next.0.min(from.0 + 3));
        self.yields.here().await;
        Ok(page)
    }

    async fn changed(&self, after: Seq) -> Result<(), JournalError> {
        self.inner.changed(after).await
    }
}

struct Owned {
    inner: Box<dyn OwnedJournal>,
    yields: Yields,
}

#[async_trait]
impl OwnedJournal for Owned {
    fn epoch(&self) -> Epoch {
        self.inner.epoch()
    }

    fn previous_owner(&self) -> Option<OwnerId> {
        self.inner.previous_owner()
    }

    fn end(&self) -> Seq {
        self.inner.end()
    }

    async fn append(&mut self, commit: &Commit) -> Result<Seq, JournalError> {
        self.yields.here().await;
        let end = self.inner.append(commit).await;
        self.yields.here().await;
        end
    }

    fn snapshot(&self, upto: Seq, state: Snapshot) -> BoxFuture<'static, Result<(), JournalError>> {
        self.inner.snapshot(upto, state)
    }

    fn lost(&self) -> BoxFuture<'static, ()> {
        self.inner.lost()
    }
}
