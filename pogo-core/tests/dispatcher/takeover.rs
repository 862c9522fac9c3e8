//! A second dispatcher goes on where the first left off.

use std::num::NonZeroU64;
use std::sync::Arc;

use futures::executor::block_on;
use futures::future::{Either, select};
use pogo_core::Timestamp;
use pogo_core::dispatcher::{DispatchError, Dispatcher, DispatcherBuilder};
use pogo_core::fleet::HostName;
use pogo_core::journal::{
    Acquire, Commit, ContentLoader, Journal, JournalError, MemoryJournal, Nonce, Owner, OwnerId, Seq,
};
use pogo_core::policy::Policy;
use pogo_core::scheduler::{Event, JobId, JobStatus, Order, Record, Scheduler, TaskEventKind, TaskState};

use super::shop::{Counting, JOB, Patient, fleet_and_policy, run_a_job, spec};

/// A dispatcher that dies while `web2` runs.
pub(crate) async fn die_in_the_middle(journal: &MemoryJournal, snapshot_every: Option<NonZeroU64>) {
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
        handle.submit(spec()).await.unwrap();
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
        let (upto, mut snapshot) = journal.latest_snapshot().await.unwrap().unwrap();
        ContentLoader::new()
            .load_snapshot(&journal, &mut snapshot)
            .await
            .unwrap();
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
        let other = Owner::new(OwnerId("the other".into()), Nonce(1), Timestamp::EPOCH);
        let _other = journal.acquire(other, Acquire::Force).await.unwrap();
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
            let job = handle.submit(spec()).await.unwrap();
            assert_eq!(job, JobId::new(2), "numbers go on after a restart");
        };
        let (ended, ()) = futures::join!(dispatcher.run(), steer);
        assert_eq!(ended.unwrap().next_job(), JobId::new(3));
        assert_eq!(transport.ran().len(), 4);
        let submitted = |event: &Event| event.submitted().is_some();
        assert!(
            journal.records()[before..]
                .iter()
                .any(|record| submitted(&record.event))
        );
    });
}

#[test]
fn what_the_transport_takes_up_again_is_never_in_doubt() {
    block_on(async {
        let journal = MemoryJournal::new();
        die_in_the_middle(&journal, None).await;
        let transport = Arc::new(Counting {
            resumes: true,
            ..Counting::default()
        });
        let builder = Dispatcher::builder(Arc::clone(&transport) as _).journal(Arc::new(journal.clone()));
        let (dispatcher, _) = builder.clock(Arc::new(Patient::default())).build().await.unwrap();
        let ended = dispatcher.run().await.unwrap();
        assert_eq!(transport.ran(), ["web2", "web3", "web4"]);
        assert_eq!(ended.job(JOB).unwrap().tally().succeeded, 4);
        let attempts: Vec<u32> = ended.job(JOB).unwrap().tasks().map(|task| task.attempts()).collect();
        assert_eq!(attempts, [1, 1, 1, 1], "it goes on under its number");
        let records = journal.read(Seq::default()).await.unwrap().records;
        let in_doubt = records
            .iter()
            .any(|record| matches!(record.event.task_kind(), Some(TaskEventKind::InDoubt { .. })));
        assert!(!in_doubt);
    });
}

#[test]
fn what_was_to_end_is_to_end_when_it_is_taken_up_again() {
    block_on(async {
        let journal = MemoryJournal::new();
        die_in_the_middle(&journal, None).await;
        let transport = Arc::new(Counting {
            resumes: true,
            stuck: vec!["web2"],
            ..Counting::default()
        });
        let take_over = || Dispatcher::builder(Arc::clone(&transport) as _).journal(Arc::new(journal.clone()));
        let (dispatcher, handle) = take_over().build().await.unwrap();
        let aborting = Box::pin(async {
            handle.abort(JOB, "enough").await.unwrap();
        });
        // It dies before the attempt has ended.
        drop(select(aborting, Box::pin(dispatcher.run())).await);
        let (dispatcher, _) = take_over().clock(Arc::new(Patient::default())).build().await.unwrap();
        let ended = dispatcher.run().await.unwrap();
        assert_eq!(ended.job(JOB).unwrap().status(), JobStatus::Finished);
        assert_eq!(ended.job(JOB).unwrap().tally().in_doubt, 1);
    });
}

#[test]
fn what_cannot_be_found_again_is_in_doubt_and_not_failed() {
    block_on(async {
        let journal = MemoryJournal::new();
        die_in_the_middle(&journal, None).await;
        let transport = Arc::new(Counting {
            resumes: true,
            gone: vec!["web2", "web3"],
            ..Counting::default()
        });
        let builder = Dispatcher::builder(Arc::clone(&transport) as _).journal(Arc::new(journal.clone()));
        let (dispatcher, handle) = builder.clock(Arc::new(Patient::default())).build().await.unwrap();
        let skipping = async move {
            while handle.query(|scheduler| scheduler.attempts().len()).await.unwrap() > 0 {}
            handle.skip(JOB, vec!["web2".parse().unwrap()]).await.unwrap();
        };
        let (ended, ()) = futures::join!(dispatcher.run(), skipping);
        let tally = ended.unwrap().job(JOB).unwrap().tally();
        assert_eq!(
            (tally.skipped, tally.failed),
            (1, 1),
            "web2 was in doubt, and web3 had never begun"
        );
    });
}

/// A policy whose jobs run hooks from these directories.
fn with_hooks(pre: &str, post: Option<&str>) -> Arc<Policy> {
    let mut policy = Policy::clone(&fleet_and_policy().1);
    policy.defaults.pre_hooks = Some(pre.to_owned());
    policy.defaults.post_hooks = post.map(str::to_owned);
    Arc::new(policy)
}

#[test]
fn hooks_are_those_of_the_policy_under_which_the_job_was_submitted() {
    block_on(async {
        let journal = MemoryJournal::new();
        let transport = Arc::new(Counting {
            gone: vec!["web1"],
            ..Counting::default()
        });
        let builder = Dispatcher::builder(transport).journal(Arc::new(journal.clone()));
        let (dispatcher, handle) = builder.build().await.unwrap();
        let steer = async move {
            let fleet = fleet_and_policy().0;
            handle
                .configure(Arc::clone(&fleet), with_hooks("/old", None))
                .await
                .unwrap();
            handle.submit(spec()).await.unwrap();
            handle.configure(fleet, with_hooks("/new", Some("/new"))).await.unwrap();
        };
        let (ended, ()) = futures::join!(dispatcher.run(), steer);
        assert_eq!(ended.unwrap().job(JOB).unwrap().status(), JobStatus::Blocked);

        let transport = Arc::<Counting>::default();
        let (dispatcher, handle) = Dispatcher::builder(Arc::clone(&transport) as _)
            .journal(Arc::new(journal.clone()))
            .build()
            .await
            .unwrap();
        let steer = async move {
            let tried = handle.retry(JOB, vec!["web1".parse().unwrap()]).await;
            assert_eq!(tried, Ok(JOB), "a job that has not retired goes on itself");
        };
        let (ended, ()) = futures::join!(dispatcher.run(), steer);
        assert_eq!(ended.unwrap().job(JOB).unwrap().status(), JobStatus::Finished);
        let hooks = transport.hooks.lock().unwrap();
        assert!(!hooks.is_empty());
        for [pre, post] in hooks.iter() {
            assert_eq!(
                (pre.as_deref(), post.as_deref()),
                (Some("/old"), Some("/etc/pogo/post.d"))
            );
        }
    });
}

#[test]
fn a_journal_gets_snapshots_though_nobody_asked_for_them() {
    // What came before is of hosts that were marked down and up.
    let (mut scheduler, host) = (Scheduler::new(), "web1".parse::<HostName>().unwrap());
    let (fleet, policy) = fleet_and_policy();
    let mut records = vec![];
    let mut order = |order: Order| {
        let events = scheduler.handle(Timestamp::EPOCH, order).unwrap();
        records.extend(events.into_iter().map(|event| Record::new(Timestamp::EPOCH, event)));
    };
    order(Order::Configure { fleet, policy });
    for _ in 0..DispatcherBuilder::SNAPSHOT_EVERY.get() / 2 {
        order(Order::MarkDown { host: host.clone() });
        order(Order::MarkUp {
            host: host.clone(),
            force: false,
        });
    }
    block_on(async {
        let journal = MemoryJournal::new();
        let owner = Owner::new(OwnerId("before".into()), Nonce(1), Timestamp::EPOCH);
        let mut owned = journal.acquire(owner, Acquire::IfFree).await.unwrap();
        owned.append(&Commit::new(Seq(0), records)).await.unwrap();
        drop(owned);
        let builder = Dispatcher::builder(Arc::<Counting>::default() as _).journal(Arc::new(journal.clone()));
        let (dispatcher, handle) = builder.build().await.unwrap();
        let steer = async move { handle.mark_down(host, "disk").await.unwrap() };
        futures::join!(dispatcher.run(), steer).0.unwrap();
        let (upto, _) = journal.latest_snapshot().await.unwrap().expect("a snapshot");
        assert!(upto.0 > DispatcherBuilder::SNAPSHOT_EVERY.get());
    });
}
