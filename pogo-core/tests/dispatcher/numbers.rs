//! Jobs are numbered when their order is taken.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use pogo_core::dispatcher::{Dispatcher, OrderError};
use pogo_core::journal::MemoryJournal;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::Policy;
use pogo_core::scheduler::{InputError, JobId, Order};

use super::shop::{Counting, JOB, Patient, fleet_and_policy, spec};

#[test]
fn submissions_at_the_same_time_have_numbers_of_their_own() {
    block_on(async {
        let (dispatcher, handle) = Dispatcher::builder(Arc::<Counting>::default()).build().await.unwrap();
        let steer = async move {
            let (fleet, policy) = fleet_and_policy();
            handle.configure(fleet, policy).await.unwrap();
            let other = handle.clone();
            let (first, second) = futures::join!(handle.submit(spec()), other.submit(spec()));
            assert_eq!((first, second), (Ok(JobId::new(1)), Ok(JobId::new(2))));
        };
        let (ended, ()) = futures::join!(dispatcher.run(), steer);
        assert_eq!(ended.unwrap().next_job(), JobId::new(3));
    });
}

#[test]
fn a_refused_submission_uses_no_number() {
    block_on(async {
        let (dispatcher, handle) = Dispatcher::builder(Arc::<Counting>::default()).build().await.unwrap();
        let steer = async move {
            let (fleet, policy) = fleet_and_policy();
            handle.configure(fleet, policy).await.unwrap();
            let nowhere = JobSpec::new("nowhere".parse().unwrap(), RemoteCommand::shell("true"));
            let refused = handle.submit(nowhere).await;
            assert!(
                matches!(refused, Err(OrderError::Refused(InputError::Plan(_)))),
                "{refused:?}"
            );
            assert_eq!(handle.submit(spec()).await, Ok(JobId::new(1)));
        };
        let (ended, ()) = futures::join!(dispatcher.run(), steer);
        ended.unwrap();
    });
}

#[test]
fn numbers_go_on_behind_the_highest_that_was_ever_used() {
    for every in [None, NonZeroU64::new(1)] {
        block_on(async {
            let journal = MemoryJournal::new();
            for (own, next) in [(Some(7), 8), (Some(11), 12), (None, 13)] {
                let mut builder = Dispatcher::builder(Arc::<Counting>::default()).journal(Arc::new(journal.clone()));
                if let Some(records) = every {
                    builder = builder.snapshot_every(records);
                }
                let (dispatcher, handle) = builder.build().await.unwrap();
                let steer = async move {
                    let (fleet, policy) = fleet_and_policy();
                    handle.configure(fleet, policy).await.unwrap();
                    if let Some(number) = own {
                        let (job, spec) = (JobId::new(number), Arc::new(spec()));
                        handle.execute(Order::Submit { job: Some(job), spec }).await.unwrap();
                    }
                    assert_eq!(handle.submit(spec()).await, Ok(JobId::new(next)));
                };
                let (ended, ()) = futures::join!(dispatcher.run(), steer);
                ended.unwrap();
            }
        });
    }
}

#[test]
fn hosts_of_a_retired_job_are_tried_again_under_a_new_number() {
    block_on(async {
        let (journal, transport) = (
            MemoryJournal::new(),
            Arc::new(Counting {
                gone: vec!["web2"],
                ..Counting::default()
            }),
        );
        let (fleet, _) = fleet_and_policy();
        let policy = Arc::new(Policy::new().retire_after(Duration::ZERO));
        let hosts = vec!["web2".parse().unwrap()];
        let builder = Dispatcher::builder(transport).journal(Arc::new(journal.clone()));
        let (dispatcher, handle) = builder.clock(Arc::new(Patient::default())).build().await.unwrap();
        let again = hosts.clone();
        let steer = async move {
            handle.configure(fleet, policy).await.unwrap();
            handle.submit(spec()).await.unwrap();
            while handle.query(|scheduler| scheduler.job(JOB).is_some()).await.unwrap() {}
            assert_eq!(handle.retry(JOB, again.clone()).await, Ok(JobId::new(2)));
            let known = handle
                .query(|scheduler| scheduler.job(JobId::new(2)).map(|job| job.retry_of()))
                .await;
            assert!(matches!(known, Ok(None | Some(Some(JOB)))), "{known:?}");
        };
        let (ended, ()) = futures::join!(dispatcher.run(), steer);
        assert!(ended.unwrap().job(JobId::new(2)).is_none(), "it has retired in turn");

        // Whoever takes over knows what is left of both.
        let builder = Dispatcher::builder(Arc::<Counting>::default()).journal(Arc::new(journal.clone()));
        let (dispatcher, handle) = builder.clock(Arc::new(Patient::default())).build().await.unwrap();
        let steer = async move {
            assert_eq!(handle.retry(JOB, hosts).await, Ok(JobId::new(3)));
        };
        let (ended, ()) = futures::join!(dispatcher.run(), steer);
        assert_eq!(ended.unwrap().retired_jobs().count(), 0);
        let records = journal.records();
        let starts: Vec<u64> = records
            .iter()
            .filter_map(|record| record.event.started())
            .map(|attempt| attempt.number())
            .collect();
        assert_eq!(starts, [1, 2, 3, 4, 5, 6], "each attempt has a number of its own");
    });
}
