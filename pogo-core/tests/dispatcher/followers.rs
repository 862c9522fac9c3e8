//! Whoever stands by follows the journal of another process, and answers as its owner does.

use std::num::NonZeroU64;
use std::sync::Arc;

use futures::StreamExt;
use futures::executor::block_on;
use futures::future::{Either, join, select};
use pogo_core::dispatcher::{Dispatcher, Handle, JournalFollower, OrderError, SystemClock};
use pogo_core::journal::{Journal, MemoryJournal, Seq};
use pogo_core::scheduler::{JobStatus, JobsQuery, Query};
use pogo_core::stream::{StreamId, StreamRequest, Update};

use super::forgetful::Forgetful;
use super::shop::{Counting, JOB, fleet_and_policy, run_a_job, spec};
use super::takeover::die_in_the_middle;
use super::yields::Yields;

async fn follow(journal: &MemoryJournal) -> (JournalFollower, Handle) {
    let journal: Arc<dyn Journal> = Arc::new(journal.clone());
    JournalFollower::open(journal, Arc::new(SystemClock)).await.unwrap()
}

/// Polls a follower as long as somebody asks.
async fn asked<T>(follower: JournalFollower, asks: impl Future<Output = T>) -> T {
    match select(Box::pin(follower.run()), Box::pin(asks)).await {
        Either::Right((answer, _)) => answer,
        Either::Left(_) => panic!("it has ended while somebody asks"),
    }
}

#[test]
fn a_follower_answers_as_the_owner_does_while_a_job_runs() {
    block_on(async {
        let journal = MemoryJournal::new();
        let (follower, handle) = follow(&journal).await;
        let transport = Arc::<Counting>::default();
        let (dispatcher, owner) = Dispatcher::builder(transport)
            .journal(Arc::new(journal.clone()))
            .build()
            .await
            .unwrap();
        let asks = async {
            let mut updates = handle.subscribe(StreamRequest::new(), Default::default());
            assert!(matches!(updates.next().await, Some(Ok(Update::Snapshot { .. }))));
            let (fleet, policy) = fleet_and_policy();
            owner.configure(fleet, policy).await.unwrap();
            owner.submit(spec()).await.unwrap();
            let ended = owner.wait(JOB).await.unwrap();
            let end = owner.status().await.unwrap().end;
            let mut seen = 0;
            while seen < end.0 {
                if let Update::Records { records, .. } = updates.next().await.unwrap().unwrap() {
                    assert!(records.iter().all(|record| record.seq.0 < end.0));
                    seen += records.len() as u64;
                }
            }
            assert_eq!(handle.wait(JOB).await.unwrap(), ended);
            let query = Query::Jobs(JobsQuery::new());
            let (theirs, here) = join(owner.view(query.clone()), handle.view(query)).await;
            assert_eq!(theirs.unwrap().view, here.unwrap().view);
            let status = handle.status().await.unwrap();
            assert!(status.end == end && status.caught_up.is_some(), "{status:?}");
        };
        let asks = asked(follower, asks);
        match select(Box::pin(dispatcher.run()), Box::pin(asks)).await {
            Either::Right(((), _)) => {}
            Either::Left(_) => panic!("the dispatcher has ended"),
        }
    });
}

#[test]
fn a_follower_takes_no_order() {
    block_on(async {
        let journal = MemoryJournal::new();
        run_a_job(&Arc::default(), Arc::new(journal.clone())).await.unwrap();
        let before = journal.records();
        let (follower, handle) = follow(&journal).await;
        let asks = async {
            assert_eq!(handle.pause(JOB).await, Err(OrderError::Standby));
            assert_eq!(handle.submit(spec()).await, Err(OrderError::Standby));
            let (fleet, policy) = fleet_and_policy();
            assert_eq!(handle.configure(fleet, policy).await.unwrap_err(), OrderError::Standby);
        };
        asked(follower, asks).await;
        assert_eq!(journal.records(), before);
    });
}

#[test]
fn a_follower_goes_on_from_the_snapshot_where_the_journal_was_compacted() {
    block_on(async {
        // Of the records none but the last five are kept.
        let journal = Forgetful::journal(Yields::new(vec![]), 5);
        let shared: Arc<dyn Journal> = journal.clone();
        let (follower, handle) = JournalFollower::open(shared, Arc::new(SystemClock)).await.unwrap();
        // Nobody polls it while all that it would read next is dropped.
        let builder = Dispatcher::builder(Arc::<Counting>::default()).journal(journal.clone());
        let (dispatcher, owner) = builder.snapshot_every(NonZeroU64::MIN).build().await.unwrap();
        let steer = async move {
            let (fleet, policy) = fleet_and_policy();
            owner.configure(fleet, policy).await.unwrap();
            owner.submit(spec()).await.unwrap();
        };
        let (ended, ()) = join(dispatcher.run(), steer).await;
        ended.unwrap();
        assert!(journal.read(Seq(0)).await.is_err(), "nothing was compacted");
        let asks = async {
            while handle.query(|scheduler| scheduler.jobs().count()).await.unwrap() == 0 {
                futures_timer::Delay::new(std::time::Duration::from_millis(10)).await;
            }
            let status = handle.query(|scheduler| scheduler.job(JOB).unwrap().status()).await;
            assert_eq!(status.unwrap(), JobStatus::Finished);
        };
        asked(follower, asks).await;
    });
}

#[test]
fn whoever_has_seen_more_elsewhere_goes_on_without_a_snapshot() {
    block_on(async {
        let journal = MemoryJournal::new();
        let (follower, handle) = follow(&journal).await;
        die_in_the_middle(&journal, None).await;
        let end = journal.records().len() as u64;
        // What the owner has said; the follower has not read it yet.
        let after = StreamId::new(0, Seq(end - 1));
        let asks = async {
            let mut updates = handle.subscribe(StreamRequest::new().after(after), Default::default());
            match updates.next().await.unwrap().unwrap() {
                Update::Records { records, .. } => assert_eq!(records[0].seq, Seq(end - 1)),
                other => panic!("{other:?}"),
            }
        };
        asked(follower, asks).await;
    });
}
