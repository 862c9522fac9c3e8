//! A journal that was restored: it is accepted by somebody, nothing goes on by itself, and hosts are asked.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::StreamExt;
use futures::executor::block_on;
use futures::future::{Either, pending, select};
use pogo_core::dispatcher::{AcceptRestore, DispatchError, Dispatcher, DispatcherBuilder, Handle, SubscriptionOptions};
use pogo_core::journal::{Journal, JournalError, MemoryJournal, OwnedJournal};
use pogo_core::scheduler::{
    Actor, FenceAnswer, Incarnation, JobId, JobStatus, Order, Outcome, RequestId, RestoreCause, Scheduler, TaskState,
};
use pogo_core::stream::{ResyncReason, StreamId, StreamRequest, Update};
use pogo_core::testing::{TestBehavior, TestStep, TestTransport};

use super::intercepted::{Intercepted, Interceptor};
use super::permission::Unhurried;
use super::shop::{JOB, fleet_and_policy, spec};

const GAP: u64 = 1 << 31;

fn builder(transport: &Arc<TestTransport>, journal: &MemoryJournal) -> DispatcherBuilder {
    let builder = Dispatcher::builder(Arc::clone(transport) as _).clock(Arc::new(Unhurried::default()));
    builder.journal(Arc::new(journal.clone()))
}

fn accepted() -> AcceptRestore {
    AcceptRestore::because("the disk is gone").by(Actor::new("ada"))
}

/// A journal that was set back to the moment when the first attempt ran; others have run since.
async fn set_back() -> MemoryJournal {
    let journal = MemoryJournal::new();
    let transport = TestTransport::new(|attempt| match attempt.id.number() {
        1 => TestBehavior::Run,
        _ => TestBehavior::Succeed,
    });
    let transport = Arc::new(transport.fencing(|_| FenceAnswer::StillRunning));
    let (dispatcher, handle) = builder(&transport, &journal).build().await.unwrap();
    let steer = Box::pin(async {
        let (fleet, policy) = fleet_and_policy();
        handle.configure(fleet, policy).await.unwrap();
        handle.submit(spec()).await.unwrap();
        while !transport.steps_of("web1").contains(&TestStep::Began) {
            handle.query(|_| ()).await.unwrap();
        }
        let backup = journal.backup();
        handle.submit(spec()).await.unwrap();
        backup
    });
    let backup = match select(Box::pin(dispatcher.run()), steer).await {
        Either::Right((backup, _)) => backup,
        Either::Left(_) => panic!("it ended by itself"),
    };
    journal.restore(&backup);
    journal
}

async fn state(handle: &Handle) -> TaskState {
    let of_web1 = |scheduler: &Scheduler| scheduler.job(JOB).unwrap().tasks().next().unwrap().state();
    handle.query(of_web1).await.unwrap()
}

#[test]
fn a_journal_that_was_restored_is_refused_until_somebody_accepts_it() {
    block_on(async {
        let journal = set_back().await;
        let transport = Arc::new(TestTransport::default());
        for _ in 0..2 {
            let refused = builder(&transport, &journal).build().await.map(|_| ()).unwrap_err();
            let cause = RestoreCause::Copied;
            assert_eq!(refused, DispatchError::Journal(JournalError::Restored { cause }));
            assert!(
                refused.to_string().contains("accept the restore with a reason"),
                "{refused}"
            );
        }
        let before = journal.records().len();
        drop(
            builder(&transport, &journal)
                .accept_restore(accepted())
                .build()
                .await
                .unwrap(),
        );
        assert!(journal.records().len() > before);
        // It is recorded, and nobody is asked to accept it again.
        drop(
            builder(&transport, &journal)
                .accept_restore(accepted())
                .build()
                .await
                .unwrap(),
        );
        drop(builder(&transport, &journal).build().await.unwrap());
        let restored = journal
            .records()
            .iter()
            .filter(|record| record.event.restored().is_some())
            .count();
        assert_eq!(restored, 1);
        pogo_audit::audit(&journal.records()).unwrap();
    });
}

#[test]
fn after_a_restore_hosts_are_asked_and_nothing_goes_on_without_an_order() {
    block_on(async {
        let journal = set_back().await;
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        let transport = Arc::new(
            TestTransport::new(move |attempt| {
                seen.lock().unwrap().push((attempt.id.number(), attempt.incarnation));
                TestBehavior::Succeed
            })
            .resuming()
            .fencing(|fence| {
                assert_eq!((fence.attempt.id.number(), fence.attempt.incarnation), (1, 0));
                FenceAnswer::Ended(Outcome::Succeeded)
            }),
        );
        let build = builder(&transport, &journal).accept_restore(accepted()).build();
        let (dispatcher, handle) = build.await.unwrap();
        let steer = async move {
            while state(&handle).await != TaskState::Succeeded {}
            let status = |scheduler: &Scheduler| scheduler.job(JOB).unwrap().status();
            assert_eq!(handle.query(status).await.unwrap(), JobStatus::Paused);
            let id = handle.submit(spec()).await.unwrap();
            assert_eq!(
                id,
                JobId::new(GAP + 2),
                "the second job of before is lost, and so is its number"
            );
            handle.wait(id).await.unwrap();
            handle.execute(Order::Resume { job: JOB }).await.unwrap();
            handle.wait(JOB).await.unwrap();
        };
        let (ended, ()) = futures::join!(dispatcher.run(), steer);
        let ended = ended.unwrap();
        assert_eq!(ended.incarnation(), Incarnation(1));
        assert_eq!(ended.job(JOB).unwrap().tally().succeeded, 4);
        let started = asked.lock().unwrap().clone();
        assert!(!started.is_empty());
        assert!(
            started
                .iter()
                .all(|&(number, incarnation)| number > GAP && incarnation == 1),
            "{started:?}"
        );
        pogo_audit::audit(&journal.records()).unwrap();
    });
}

#[test]
fn somebody_may_say_that_a_journal_is_of_an_earlier_time_where_the_store_cannot_know() {
    block_on(async {
        let journal = MemoryJournal::new();
        let transport = Arc::new(TestTransport::default());
        for incarnation in 0..3 {
            let builder = builder(&transport, &journal);
            let builder = match incarnation {
                0 => builder.accept_restore(accepted()),
                _ => builder.accept_restore(accepted().declared()),
            };
            let (dispatcher, handle) = builder.build().await.unwrap();
            drop(handle);
            let ended = dispatcher.run().await.unwrap();
            assert_eq!(ended.incarnation(), Incarnation(incarnation));
        }
    });
}

#[test]
fn restores_of_one_copy_begin_different_incarnations() {
    block_on(async {
        let journal = MemoryJournal::new();
        let transport = Arc::new(TestTransport::default());
        let backup = journal.backup();
        for incarnation in 1..4 {
            journal.restore(&backup);
            let build = builder(&transport, &journal).accept_restore(accepted()).build();
            let (dispatcher, handle) = build.await.unwrap();
            drop(handle);
            let ended = dispatcher.run().await.unwrap();
            assert_eq!(ended.incarnation(), Incarnation(incarnation));
            assert_eq!(ended.next_job(), JobId::new(incarnation * GAP + 1));
        }
    });
}

#[test]
fn a_follower_of_before_a_restore_begins_anew() {
    block_on(async {
        let journal = set_back().await;
        let transport = Arc::new(TestTransport::default());
        let build = builder(&transport, &journal).accept_restore(accepted()).build();
        let (dispatcher, handle) = build.await.unwrap();
        let follow = Box::pin(async {
            let after = StreamId::new(0, pogo_core::journal::Seq(2));
            let request = StreamRequest::new().after(after);
            let mut updates = handle.subscribe(request, SubscriptionOptions::new());
            let reason = ResyncReason::Restored;
            assert_eq!(updates.next().await, Some(Ok(Update::Resync { reason })));
            let Some(Ok(Update::Snapshot { id, .. })) = updates.next().await else {
                panic!("a snapshot follows");
            };
            assert_eq!(id.incarnation(), 1);
        });
        select(Box::pin(dispatcher.run()), follow).await;
    });
}

#[test]
fn a_dispatcher_that_dies_while_it_restores_leaves_that_to_the_next() {
    block_on(async {
        let journal = set_back().await;
        let owner = pogo_core::journal::Owner::new(
            pogo_core::journal::OwnerId("it dies".into()),
            pogo_core::journal::Nonce(7),
            pogo_core::Timestamp::EPOCH,
        );
        let how = pogo_core::journal::Acquire::IfFree;
        drop(journal.acquire(owner, how).await.unwrap());
        let transport = Arc::new(TestTransport::default());
        let refused = builder(&transport, &journal).build().await.map(|_| ());
        assert!(matches!(
            refused,
            Err(DispatchError::Journal(JournalError::Restored { .. }))
        ));
    });
}

/// A journal that cannot be told any more that its restore is recorded.
struct Unconfirmed;

#[async_trait]
impl Interceptor for Unconfirmed {
    async fn confirm_restored(&self, _: &mut dyn OwnedJournal, _: Incarnation) -> Result<(), JournalError> {
        pending().await
    }
}

fn incarnations(journal: &MemoryJournal) -> Vec<Incarnation> {
    let records = journal.records();
    records.iter().filter_map(|record| record.event.restored()).collect()
}

#[test]
fn a_dispatcher_that_dies_before_the_store_knows_is_followed_by_one_that_records_nothing_again() {
    block_on(async {
        let journal = set_back().await;
        let transport = Arc::new(TestTransport::default());
        let dying = Arc::new(Intercepted::over(journal.clone(), Unconfirmed));
        let building = builder(&transport, &journal).journal(Arc::clone(&dying) as _);
        let mut building = Box::pin(building.accept_restore(accepted()).build());
        while incarnations(&journal).is_empty() {
            assert!(futures::poll!(&mut building).is_pending());
        }
        drop(building);
        // The store still says so, whoever owns it.
        let refused = builder(&transport, &journal).build().await.map(|_| ());
        assert!(matches!(
            refused,
            Err(DispatchError::Journal(JournalError::Restored { .. }))
        ));
        for _ in 0..2 {
            let building = builder(&transport, &journal).accept_restore(accepted());
            drop(building.build().await.unwrap());
            assert_eq!(incarnations(&journal), [Incarnation(1)]);
        }
        drop(builder(&transport, &journal).build().await.unwrap());
        pogo_audit::audit(&journal.records()).unwrap();
    });
}

#[test]
fn a_restore_that_somebody_says_again_under_the_same_id_begins_one_incarnation() {
    block_on(async {
        let journal = MemoryJournal::new();
        let transport = Arc::new(TestTransport::default());
        for (request, incarnation) in [("a", 1), ("a", 1), ("b", 2), ("a", 2)] {
            let request = RequestId::new(request).unwrap();
            let accepted = accepted().declared().as_request(request);
            let building = builder(&transport, &journal).accept_restore(accepted);
            let (dispatcher, handle) = building.build().await.unwrap();
            drop(handle);
            let ended = dispatcher.run().await.unwrap();
            assert_eq!(ended.incarnation(), Incarnation(incarnation));
        }
    });
}

#[test]
fn a_copy_from_before_a_restore_that_somebody_declared_begins_a_later_incarnation() {
    block_on(async {
        let journal = MemoryJournal::new();
        let transport = Arc::new(TestTransport::default());
        let backup = journal.backup();
        for (declared, incarnation) in [(true, 1), (true, 2), (false, 3)] {
            let accepted = match declared {
                true => accepted().declared(),
                // All that is known of those two is gone, and numbers of theirs may have been used.
                false => {
                    journal.restore(&backup);
                    accepted()
                }
            };
            let building = builder(&transport, &journal).accept_restore(accepted);
            let (dispatcher, handle) = building.build().await.unwrap();
            drop(handle);
            assert_eq!(dispatcher.run().await.unwrap().incarnation(), Incarnation(incarnation));
        }
    });
}
