//! A second dispatcher goes on where the first left off.

use std::num::NonZeroU64;
use std::sync::Arc;

use futures::executor::block_on;
use futures::future::{Either, select};
use pogo_core::dispatcher::{DispatchError, Dispatcher};
use pogo_core::journal::{Journal, JournalError, MemoryJournal, OwnerId, Seq};
use pogo_core::scheduler::{Event, JobStatus, Scheduler, TaskState};

use super::shop::{Counting, JOB, Patient, fleet_and_policy, run_a_job, spec};

/// A dispatcher that dies while `web2` runs.
async fn die_in_the_middle(journal: &MemoryJournal, snapshot_every: Option<NonZeroU64>) {
    let transport = Arc::new(Counting {
        stuck: vec!["web2"],
        ..Counting::default()
    });
    let mut builder = Dispatcher::builder(Arc::clone(&transport) as _).journal(Arc::new(journal.clone()));
    if let Some(records) = snapshot_every {
        builder = builder.snapshot_every(records);
    }
    let (dispatcher, handle) = builder.build().await.unwrap();
    let steer = Box::pin(async {
        let (fleet, policy) = fleet_and_policy();
        handle.configure(fleet, policy).await.unwrap();
        handle.submit(JOB, spec()).await.unwrap();
        while transport.ran().len() < 2 {
            handle.query(|_| ()).await.unwrap();
        }
    });
    let Either::Right(_) = select(Box::pin(dispatcher.run()), steer).await else {
        panic!("it ended by itself")
    };
}

/// Takes the journal over and lets the job go on as far as it can.
async fn go_on(journal: &MemoryJournal) -> (Scheduler, Vec<String>) {
    let transport = Arc::<Counting>::default();
    let builder = Dispatcher::builder(Arc::clone(&transport) as _).journal(Arc::new(journal.clone()));
    let (dispatcher, handle) = builder.clock(Arc::new(Patient::default())).build().await.unwrap();
    let steer = async move {
        let state = handle
            .query(|scheduler| scheduler.job(JOB).unwrap().tasks().nth(1).unwrap().state())
            .await;
        assert!(matches!(state, Ok(TaskState::InDoubt)));
        handle.skip(JOB, vec!["web2".parse().unwrap()]).await.unwrap();
    };
    let (ended, ()) = futures::join!(dispatcher.run(), steer);
    (ended.unwrap(), transport.ran())
}

#[test]
fn what_ran_is_in_doubt_and_the_rest_goes_on() {
    block_on(async {
        let journal = MemoryJournal::new();
        die_in_the_middle(&journal, None).await;
        let (ended, ran) = go_on(&journal).await;
        assert_eq!(ran, ["web3", "web4"]);
        assert_eq!(ended.job(JOB).unwrap().status(), JobStatus::Finished);
    });
}

#[test]
fn a_takeover_from_a_snapshot_is_the_same_as_one_from_the_first_record() {
    block_on(async {
        let mut ends = Vec::new();
        for every in [None, NonZeroU64::new(1), NonZeroU64::new(2)] {
            let journal = MemoryJournal::new();
            die_in_the_middle(&journal, every).await;
            let snapshot = journal.latest_snapshot().await.unwrap();
            assert_eq!(snapshot.is_some(), every.is_some());
            let (ended, ran) = go_on(&journal).await;
            assert_eq!(ran, ["web3", "web4"]);
            ends.push(ended.job(JOB).unwrap().tally());
        }
        assert!(ends.windows(2).all(|pair| pair[0] == pair[1]), "{ends:?}");
    });
}

#[test]
fn a_snapshot_spares_the_records_before_it() {
    block_on(async {
        let journal = MemoryJournal::new();
        die_in_the_middle(&journal, NonZeroU64::new(1)).await;
        let (upto, snapshot) = journal.latest_snapshot().await.unwrap().unwrap();
        assert!(upto > Seq(2), "{upto}");
        let mut scheduler = Scheduler::restore(&snapshot).unwrap();
        for record in journal.read(upto).await.unwrap().records {
            scheduler.apply(&record).unwrap();
        }
        let replayed = pogo_core::journal::replay(&journal.records()).unwrap();
        assert!(scheduler.same_state(&replayed));
    });
}

#[test]
fn a_dispatcher_that_was_taken_over_stops_and_starts_nothing_more() {
    block_on(async {
        let journal = MemoryJournal::new();
        let transport = Arc::<Counting>::default();
        let (first, handle) = Dispatcher::builder(Arc::clone(&transport) as _)
            .journal(Arc::new(journal.clone()))
            .build()
            .await
            .unwrap();
        journal.acquire(OwnerId("the other".into())).await.unwrap();
        let (fleet, policy) = fleet_and_policy();
        let (ended, configured) = futures::join!(first.run(), handle.configure(fleet, policy));
        assert!(matches!(ended, Err(DispatchError::Journal(JournalError::Fenced))));
        assert!(configured.is_err());
        assert!(journal.records().is_empty());
    });
}

#[test]
fn a_second_job_goes_into_the_same_journal() {
    block_on(async {
        let journal = MemoryJournal::new();
        run_a_job(&Arc::default(), Arc::new(journal.clone())).await.unwrap();
        let before = journal.records().len();
        let transport = Arc::<Counting>::default();
        let (dispatcher, handle) = Dispatcher::builder(Arc::clone(&transport) as _)
            .journal(Arc::new(journal.clone()))
            .build()
            .await
            .unwrap();
        let steer = async move {
            handle
                .submit(pogo_core::scheduler::JobId::new(2), spec())
                .await
                .unwrap()
        };
        let (ended, ()) = futures::join!(dispatcher.run(), steer);
        assert_eq!(ended.unwrap().jobs().count(), 2);
        assert_eq!(transport.ran().len(), 4);
        let submitted = |event: &Event| matches!(event, Event::JobSubmitted { .. });
        assert!(submitted(&journal.records()[before].event));
    });
}
