//! Following the journal: each record once and in order, whenever it is appended and however slow the subscriber is.

use std::sync::{Arc, Mutex};

use futures::StreamExt;
use futures::executor::{LocalPool, block_on};
use futures::task::LocalSpawnExt;
use pogo_core::dispatcher::{Dispatcher, Records};
use pogo_core::journal::{JournalError, MemoryJournal, Seq};
use pogo_core::scheduler::Record;
use proptest::collection::vec;
use proptest::prelude::*;

use super::flaky::Flaky;
use super::shop::{Counting, Patient, fleet_and_policy, run_a_job, spec};
use super::yields::{Yielding, Yields, yields};

/// Somebody who follows the journal.
#[derive(Debug, Clone)]
struct Subscriber {
    /// It comes after so many turns.
    comes: u8,
    from: u64,
}

type Seen = Arc<Mutex<Vec<(Seq, Record)>>>;

async fn follow(mut records: Records, seen: Seen, pace: Yields) -> bool {
    while let Some(record) = records.next().await {
        seen.lock().unwrap().push(record.unwrap());
        pace.here().await;
    }
    true
}

proptest! {
    #[test]
    fn every_record_is_seen_once_and_in_order(
        plan in vec(0_u8..4, 1..40),
        subscribers in vec((0_u8..60, 0_u64..20).prop_map(|(comes, from)| Subscriber { comes, from }), 1..4),
    ) {
        let journal = MemoryJournal::new();
        // What an earlier dispatcher wrote is history.
        block_on(run_a_job(&Arc::default(), Arc::new(journal.clone()))).unwrap();
        let plan = Yields::new(plan);
        let yielding = Yielding::over(journal.clone(), plan.clone());
        let builder = Dispatcher::builder(Arc::<Counting>::default());
        let builder = builder.journal(Arc::new(yielding)).clock(Arc::new(Patient::default()));
        let (dispatcher, handle) = block_on(builder.build()).unwrap();

        let mut pool = LocalPool::new();
        let spawner = pool.spawner();
        let running = spawner.spawn_local_with_handle(dispatcher.run()).unwrap();
        let orders = handle.clone();
        let pace = plan.clone();
        let steering = spawner.spawn_local_with_handle(async move {
            for _ in 0..2 {
                pace.here().await;
                let job = orders.submit(spec()).await.unwrap();
                orders.wait(job).await.unwrap();
            }
        }).unwrap();
        let mut following = Vec::new();
        for Subscriber { comes, from } in &subscribers {
            let (seen, handle, pace) = (Seen::default(), handle.clone(), plan.clone());
            let (comes, from, sees) = (*comes, Seq(*from), Arc::clone(&seen));
            let follows = async move {
                yields(comes).await;
                let records = handle.records(from);
                // A subscription is no handle.
                drop(handle);
                follow(records, sees, pace).await
            };
            following.push((from, seen, spawner.spawn_local_with_handle(follows).unwrap()));
        }

        pool.run_until_stalled();
        let records = journal.records();
        let whole: Vec<(Seq, Record)> = (0..).map(Seq).zip(records.iter().cloned()).collect();
        for (from, seen, _) in &following {
            let due = whole.get(from.0 as usize..).unwrap_or_default();
            prop_assert_eq!(&seen.lock().unwrap()[..], due, "while the dispatcher lives");
        }
        drop(handle);
        pool.run_until(steering);
        prop_assert!(pool.run_until(running).is_ok());
        for (_, _, follows) in following {
            prop_assert!(pool.run_until(follows), "the stream ends with the dispatcher");
        }
    }
}

#[test]
fn a_subscription_ends_when_a_dispatcher_is_dropped_that_never_ran() {
    block_on(async {
        let (dispatcher, handle) = Dispatcher::builder(Arc::<Counting>::default()).build().await.unwrap();
        let mut records = handle.records(Seq(0));
        drop(dispatcher);
        assert!(records.next().await.is_none());
    });
}

#[test]
fn an_error_of_the_journal_is_the_last_item() {
    block_on(async {
        let (journal, _) = Flaky::unreadable();
        let (_dispatcher, handle) = Dispatcher::builder(Arc::<Counting>::default())
            .journal(journal)
            .build()
            .await
            .unwrap();
        let seen: Vec<_> = handle.records(Seq(1)).collect().await;
        assert!(matches!(&seen[..], [Err(JournalError::Compacted { .. })]), "{seen:?}");
    });
}

#[test]
fn what_a_run_appends_comes_to_whoever_subscribed_before_it() {
    block_on(async {
        let (dispatcher, handle) = Dispatcher::builder(Arc::<Counting>::default()).build().await.unwrap();
        let records = handle.records(Seq(0)).collect::<Vec<_>>();
        let steer = async move {
            let (fleet, policy) = fleet_and_policy();
            handle.configure(fleet, policy).await.unwrap();
            handle.submit(spec()).await.unwrap();
        };
        let (ended, records, ()) = futures::join!(dispatcher.run(), records, steer);
        let mut scheduler = pogo_core::scheduler::Scheduler::new();
        for record in records {
            scheduler.apply(&record.unwrap().1).unwrap();
        }
        assert!(scheduler.same_state(&ended.unwrap()));
    });
}
