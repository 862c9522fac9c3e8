//! A store whose clock is another machine's: whoever is too far from it takes over by force alone.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::executor::block_on;
use futures::future::{join, pending, poll_fn, select};
use pogo_core::Timestamp;
use pogo_core::dispatcher::{Clock, DispatchError, Dispatcher, DispatcherBuilder, Handle, Notice, Observer};
use pogo_core::journal::{Acquire, ClockSkew, JournalError, MemoryJournal};

use super::intercepted::{Intercepted, Interceptor};
use super::permission::Unhurried;
use super::shop::Counting;

const NOW: Timestamp = Timestamp::from_millis(1_795_874_520_000);

/// A store whose clock is so many milliseconds ahead of the dispatchers'.
#[derive(Default)]
struct Elsewhere {
    ahead: AtomicI64,
    is_silent: AtomicBool,
}

#[async_trait]
impl Interceptor for Elsewhere {
    async fn store_time(&self) -> Result<Option<Timestamp>, JournalError> {
        if self.is_silent.load(Ordering::Relaxed) {
            pending::<()>().await;
        }
        let time = NOW.as_millis().checked_add_signed(self.ahead.load(Ordering::Relaxed));
        Ok(time.map(Timestamp::from_millis))
    }
}

#[derive(Default)]
struct Notices(Mutex<Vec<String>>);

impl Observer for Notices {
    fn notice(&self, notice: &Notice<'_>) {
        if let Notice::ClockSkewed { .. } = notice {
            self.0.lock().unwrap().push(notice.to_string());
        }
    }
}

fn journal(ahead: i64) -> Arc<Intercepted<Elsewhere>> {
    let elsewhere = Elsewhere::default();
    elsewhere.ahead.store(ahead, Ordering::Relaxed);
    Arc::new(Intercepted::over(MemoryJournal::new(), elsewhere))
}

fn builder(journal: &Arc<Intercepted<Elsewhere>>) -> DispatcherBuilder {
    let builder = Dispatcher::builder(Arc::<Counting>::default()).journal(Arc::clone(journal) as _);
    builder.clock(Arc::new(Unhurried::at(NOW)))
}

async fn build(journal: &Arc<Intercepted<Elsewhere>>, how: Acquire) -> Result<(Dispatcher, Handle), DispatchError> {
    builder(journal).acquire(how).build().await
}

#[test]
fn a_clock_up_to_ten_seconds_away_is_no_hindrance_and_one_beyond_is() {
    block_on(async {
        for ahead in [0, 10_000, -10_000] {
            build(&journal(ahead), Acquire::IfFree).await.unwrap();
        }
        for ahead in [10_001, -10_001, 15_000] {
            let journal = journal(ahead);
            for how in [Acquire::IfFree, Acquire::Wait] {
                let refused = build(&journal, how).await.map(|_| ());
                let skew = ClockSkew(-ahead);
                assert_eq!(refused, Err(DispatchError::ClockSkewed { skew }));
            }
            // Nobody has owned it.
            assert_eq!(journal.inner.records(), []);
            let (_, handle) = build(&journal, Acquire::Force).await.unwrap();
            drop(handle);
        }
    });
}

#[test]
fn the_refusal_says_how_far_the_clock_is_and_what_to_do() {
    block_on(async {
        let refused = build(&journal(-15_000), Acquire::IfFree).await.map(|_| ()).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "the clock of this machine is 15.0 s ahead of the clock of the journal's store, and whoever takes over \
             may be 10 s away at most; \
             set the clock right, or take over by force"
        );
    });
}

#[test]
fn whoever_takes_over_by_force_says_that_the_clock_is_wrong() {
    block_on(async {
        let notices = Arc::new(Notices::default());
        let observed = builder(&journal(15_000)).observer(Arc::clone(&notices) as _);
        observed.acquire(Acquire::Force).build().await.unwrap();
        let said = "the clock of this machine is 15.0 s behind the clock of the journal's store";
        assert_eq!(*notices.0.lock().unwrap(), [said]);
    });
}

#[test]
fn a_clock_that_went_wrong_while_its_owner_was_waited_for_takes_nothing_over() {
    block_on(async {
        let journal = journal(0);
        let (first, handle) = build(&journal, Acquire::IfFree).await.unwrap();
        let waiting = Box::pin(build(&journal, Acquire::Wait));
        let ending = async {
            // It has measured by then, and waits.
            let mut turns = 100;
            poll_fn(|context| {
                context.waker().wake_by_ref();
                turns -= 1;
                if turns == 0 {
                    std::task::Poll::Ready(())
                } else {
                    std::task::Poll::Pending
                }
            })
            .await;
            journal.interceptor.ahead.store(20_000, Ordering::Relaxed);
            drop((first, handle));
        };
        let (refused, ()) = join(waiting, ending).await;
        let skew = ClockSkew(-20_000);
        assert_eq!(refused.map(|_| ()), Err(DispatchError::ClockSkewed { skew }));
        journal.interceptor.ahead.store(0, Ordering::Relaxed);
        build(&journal, Acquire::IfFree).await.unwrap();
    });
}

#[test]
fn the_status_has_the_skew_of_now_and_the_last_one_where_the_store_does_not_answer() {
    block_on(async {
        let journal = journal(2_000);
        let (dispatcher, handle) = build(&journal, Acquire::IfFree).await.unwrap();
        let asking = Box::pin(async {
            let skew = async || handle.status().await.unwrap().clock_skew;
            assert_eq!(skew().await, Some(ClockSkew(-2_000)));
            journal.interceptor.ahead.store(-12_000, Ordering::Relaxed);
            assert_eq!(
                skew().await,
                Some(ClockSkew(12_000)),
                "a running owner is shown it, and goes on"
            );
            journal.interceptor.is_silent.store(true, Ordering::Relaxed);
            assert_eq!(skew().await, Some(ClockSkew(12_000)));
        });
        select(Box::pin(dispatcher.run()), asking).await;
    });
}

#[test]
fn a_store_on_this_machine_has_no_skew() {
    block_on(async {
        let build = Dispatcher::builder(Arc::<Counting>::default()).journal(Arc::new(MemoryJournal::new()));
        let (dispatcher, handle) = build.clock(Arc::new(Unhurried::at(NOW))).build().await.unwrap();
        let asking = Box::pin(async { assert_eq!(handle.status().await.unwrap().clock_skew, None) });
        select(Box::pin(dispatcher.run()), asking).await;
    });
}

#[test]
fn a_skew_is_what_the_time_of_an_answer_cannot_explain() {
    let at = |millis: i64| Timestamp::from_millis(NOW.as_millis().checked_add_signed(millis).unwrap());
    for (store, skew) in [(-1, 1), (0, 0), (700, 0), (1_000, 0), (1_001, -1)] {
        assert_eq!(ClockSkew::between((at(0), at(1_000)), at(store)), ClockSkew(skew));
    }
    assert_eq!(ClockSkew(-1_500).distance(), Duration::from_millis(1_500));
    let _ = Unhurried::at(NOW).now();
}
