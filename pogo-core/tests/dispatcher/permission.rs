//! Attempts that ask: nothing begins without a permission that is durable.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use std::task::Poll;

use async_trait::async_trait;
use futures::executor::block_on;
use futures::future::{Either, FutureExt, poll_fn, select};
use pogo_core::Timestamp;
use pogo_core::dispatcher::{Clock, DispatchError, Dispatcher, Handle};
use pogo_core::journal::{Acquire, Journal, MemoryJournal, Nonce, Owner, OwnerId};
use pogo_core::scheduler::{JobStatus, NeverBegan, Outcome, Record, Scheduler, TaskEventKind, TaskState};
use pogo_core::testing::{TestBehavior, TestStep, TestTransport};

use super::shop::{JOB, fleet_and_policy, spec};

/// Time that passes only when nothing else has happened for a while: attempts ask and are answered in no time.
#[derive(Default)]
pub(crate) struct Unhurried(Mutex<Timestamp>);

impl Unhurried {
    /// Time that begins then.
    pub(crate) fn at(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }
}

#[async_trait]
impl Clock for Unhurried {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        let mut left = 32;
        poll_fn(|context| match left {
            0 => Poll::Ready(()),
            _ => {
                left -= 1;
                context.waker().wake_by_ref();
                Poll::Pending
            }
        })
        .await;
        let mut now = self.0.lock().unwrap();
        *now = deadline.max(*now);
    }
}

async fn dispatcher(transport: &Arc<TestTransport>, journal: &MemoryJournal) -> (Dispatcher, Handle) {
    let builder = Dispatcher::builder(Arc::clone(transport) as _).clock(Arc::new(Unhurried::default()));
    builder.journal(Arc::new(journal.clone())).build().await.unwrap()
}

fn other_owner() -> Owner {
    Owner::new(OwnerId("the other".into()), Nonce(7), Timestamp::EPOCH)
}

async fn submit(handle: &Handle) {
    let (fleet, policy) = fleet_and_policy();
    handle.configure(fleet, policy).await.unwrap();
    handle.submit(spec()).await.unwrap();
}

async fn run(transport: &Arc<TestTransport>, journal: &MemoryJournal) -> Scheduler {
    let (dispatcher, handle) = dispatcher(transport, journal).await;
    let steer = async move { submit(&handle).await };
    futures::join!(dispatcher.run(), steer).0.unwrap()
}

pub(crate) fn kinds(records: &[Record], host: &str) -> Vec<TaskEventKind> {
    let of_host = records
        .iter()
        .filter(|record| record.event.host().is_some_and(|on| on.as_str() == host));
    of_host.filter_map(|record| record.event.task_kind().cloned()).collect()
}

fn count(kinds: &[TaskEventKind], is: fn(&TaskEventKind) -> bool) -> usize {
    kinds.iter().filter(|kind| is(kind)).count()
}

fn permitted(kind: &TaskEventKind) -> bool {
    matches!(kind, TaskEventKind::Permitted { .. })
}

#[test]
fn every_command_begins_after_its_permission() {
    block_on(async {
        let journal = MemoryJournal::new();
        let seen = journal.clone();
        // What an attempt does that begins is decided after it has started, and looked at before it ends.
        let transport = Arc::new(TestTransport::default());
        let ended = run(&transport, &journal).await;
        assert_eq!(ended.job(JOB).unwrap().tally().succeeded, 4);
        for host in ["web1", "web2", "web3", "web4"] {
            let kinds = kinds(&seen.records(), host);
            // That the command begins may be reported together with its end.
            assert!(matches!(
                kinds[0],
                TaskEventKind::Started {
                    asks_permission: true,
                    ..
                }
            ));
            assert!(matches!(kinds[1], TaskEventKind::Permitted { host_lock: true, .. }));
            assert!(matches!(kinds[kinds.len() - 1], TaskEventKind::Succeeded { .. }));
        }
        pogo_audit::audit(&seen.records()).unwrap();
    });
}

#[test]
fn a_busy_host_is_tried_again_later_and_nothing_is_charged() {
    block_on(async {
        let (journal, tries) = (MemoryJournal::new(), AtomicUsize::new(0));
        let transport = Arc::new(TestTransport::new(move |attempt| {
            match attempt.host.name.as_str() == "web2" && tries.fetch_add(1, Ordering::Relaxed) < 3 {
                true => TestBehavior::Busy,
                false => TestBehavior::Succeed,
            }
        }));
        let ended = run(&transport, &journal).await;
        assert_eq!(ended.job(JOB).unwrap().tally().succeeded, 4);
        let kinds = kinds(&journal.records(), "web2");
        assert_eq!(
            count(&kinds, |kind| matches!(kind, TaskEventKind::NeverBegan { .. })),
            3
        );
        assert_eq!(count(&kinds, permitted), 1);
        assert_eq!(
            transport
                .steps_of("web2")
                .iter()
                .filter(|step| **step == TestStep::Began)
                .count(),
            1
        );
        pogo_audit::audit(&journal.records()).unwrap();
    });
}

#[test]
fn a_dispatcher_that_was_taken_over_lets_nothing_begin() {
    block_on(async {
        let journal = MemoryJournal::new();
        let other = journal.clone();
        // Another takes over between the start of the first attempt and its permission.
        let transport = Arc::new(TestTransport::new(move |_| {
            other
                .acquire(other_owner(), Acquire::Force)
                .now_or_never()
                .unwrap()
                .unwrap();
            TestBehavior::Succeed
        }));
        let (dispatcher, handle) = dispatcher(&transport, &journal).await;
        let steer = async move {
            submit(&handle).await;
            let _ = handle.wait(JOB).await;
        };
        let (ended, ()) = futures::join!(dispatcher.run(), steer);
        assert!(matches!(ended, Err(DispatchError::Journal(_))));
        assert_eq!(transport.steps_of("web1"), [TestStep::Started]);
        assert_eq!(count(&kinds(&journal.records(), "web1"), permitted), 0);
    });
}

#[test]
fn what_was_not_permitted_when_its_dispatcher_died_waits_again() {
    block_on(async {
        let journal = MemoryJournal::new();
        let transport = Arc::new(TestTransport::new(|_| TestBehavior::Connect));
        let (first, handle) = dispatcher(&transport, &journal).await;
        let steer = Box::pin(async {
            submit(&handle).await;
            while transport.steps().is_empty() {
                handle.query(|_| ()).await.unwrap();
            }
        });
        let Either::Right(_) = select(Box::pin(first.run()), steer).await else {
            panic!("it ended by itself")
        };
        for resuming in [false, true] {
            let transport = match resuming {
                true => TestTransport::default().resuming(),
                false => TestTransport::default(),
            };
            let (journal, transport) = (journal.backup(), Arc::new(transport));
            let (second, _) = dispatcher(&transport, &journal).await;
            let ended = second.run().await.unwrap();
            assert_eq!(ended.job(JOB).unwrap().tally().succeeded, 4);
            assert_eq!(transport.steps_of("web1"), [TestStep::Started, TestStep::Began]);
            let kinds = kinds(&journal.records(), "web1");
            assert_eq!(count(&kinds, |kind| matches!(kind, TaskEventKind::InDoubt { .. })), 0);
            pogo_audit::audit(&journal.records()).unwrap();
        }
    });
}

#[test]
fn what_was_permitted_when_its_dispatcher_died_is_resumed_or_in_doubt_and_may_never_have_begun() {
    block_on(async {
        let journal = MemoryJournal::new();
        let transport = Arc::new(TestTransport::new(|_| TestBehavior::Run));
        let (first, handle) = dispatcher(&transport, &journal).await;
        let steer = Box::pin(async {
            submit(&handle).await;
            while !transport.steps_of("web1").contains(&TestStep::Began) {
                handle.query(|_| ()).await.unwrap();
            }
        });
        let Either::Right(_) = select(Box::pin(first.run()), steer).await else {
            panic!("it ended by itself")
        };
        let never = Outcome::never_began(NeverBegan::Expired, "the host says so");
        let finds = move |attempt: &pogo_core::dispatcher::Attempt| match attempt.resumed {
            true => {
                assert!(attempt.host_lock, "it began under the lock");
                TestBehavior::End(never.clone())
            }
            false => TestBehavior::Succeed,
        };
        for (transport, state) in [
            (TestTransport::default(), TaskState::InDoubt),
            (TestTransport::default().resuming(), TaskState::Succeeded),
            (TestTransport::new(finds).resuming(), TaskState::Succeeded),
        ] {
            let (journal, transport) = (journal.backup(), Arc::new(transport));
            let (second, _) = dispatcher(&transport, &journal).await;
            let ended = second.run().await.unwrap();
            let job = ended.job(JOB).unwrap();
            assert_eq!(job.tasks().next().unwrap().state(), state);
            assert_eq!(job.status() == JobStatus::Finished, state == TaskState::Succeeded);
            pogo_audit::audit(&journal.records()).unwrap();
        }
    });
}

#[test]
fn an_attempt_that_is_aborted_before_it_asks_is_cancelled_and_not_in_doubt() {
    block_on(async {
        let journal = MemoryJournal::new();
        let transport = Arc::new(TestTransport::new(|_| TestBehavior::Connect));
        let (dispatcher, handle) = dispatcher(&transport, &journal).await;
        let steer = async move {
            submit(&handle).await;
            handle.abort(JOB, "enough").await.unwrap();
        };
        let (ended, ()) = futures::join!(dispatcher.run(), steer);
        let tally = ended.unwrap().job(JOB).unwrap().tally();
        assert_eq!((tally.cancelled, tally.in_doubt, tally.failed), (4, 0, 0));
        assert_eq!(transport.steps_of("web1"), [TestStep::Started, TestStep::Cancelled]);
    });
}

#[test]
fn a_shutdown_leaves_what_has_not_begun_to_the_next_dispatcher() {
    block_on(async {
        let journal = MemoryJournal::new();
        let transport = Arc::new(TestTransport::new(|_| TestBehavior::Connect));
        let (first, handle) = dispatcher(&transport, &journal).await;
        let steer = async move {
            submit(&handle).await;
            handle.shutdown(std::time::Duration::ZERO).await.unwrap();
        };
        let (ended, ()) = futures::join!(first.run(), steer);
        let tally = ended.unwrap().job(JOB).unwrap().tally();
        assert_eq!((tally.waiting, tally.in_doubt), (4, 0));
        let transport = Arc::new(TestTransport::default());
        let (second, _) = dispatcher(&transport, &journal).await;
        assert_eq!(second.run().await.unwrap().job(JOB).unwrap().tally().succeeded, 4);
    });
}
