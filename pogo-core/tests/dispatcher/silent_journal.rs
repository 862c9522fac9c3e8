//! A journal that never answers, that is away while a dispatcher is built over it, or that takes no record of any size.

use std::sync::Arc;

use async_trait::async_trait;
use futures::executor::block_on;
use pogo_core::dispatcher::{
    Attempt, Capabilities, Clock, DispatchError, Dispatcher, JournalRetry, JournalStatus, OrderError, Reporter,
    Transport,
};
use pogo_core::fleet::Fleet;
use pogo_core::journal::{Acquire, Journal, JournalError, MemoryJournal, Nonce, Owner, OwnerId, replay};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule};
use pogo_core::scheduler::{Blocker, FailureKind, JobId, JobStatus, Outcome, Scheduler};

use super::shop::{JOB, Patient};
use super::slow_journal::{Shop, at};
use super::slow_store::{Habits, secs};
use super::virtual_time;

fn silent() -> Habits {
    Habits {
        silent: vec![secs(5)..secs(100_000)],
        ..Habits::default()
    }
}

#[test]
fn what_runs_can_be_ended_while_an_append_never_answers() {
    let shop = Shop::new(silent(), secs(60));
    let clock = Arc::clone(&shop.clock);
    let ended = shop.run((8, 4), shop.builder(), async move |handle| {
        clock.sleep_until(at(secs(30))).await;
        let marking = handle.mark_down("web8".parse().unwrap(), "burnt");
        let looking = async {
            clock.sleep_until(at(secs(31))).await;
            let status = handle.status().await.unwrap();
            assert_eq!(
                (status.journal, status.not_durable_since),
                (JournalStatus::Ok, Some(at(secs(30))))
            );
            assert!(handle.query(|scheduler| scheduler.attempts().len()).await.is_ok());
            clock.sleep_until(at(secs(41))).await;
            let status = handle.status().await.unwrap();
            let message = "the journal cannot be reached: it has not answered for 10 s".to_owned();
            let since = at(secs(40));
            let away = JournalStatus::Away {
                since,
                message: message.clone(),
            };
            assert_eq!((status.journal, status.not_durable_since), (away, Some(at(secs(30)))));
            assert_eq!(handle.pause(JOB).await, Err(OrderError::JournalAway { since, message }));
            let aborting = handle.abort(JOB, "enough");
            let leaving = async {
                clock.sleep_until(at(secs(45))).await;
                handle.shutdown(secs(0)).await
            };
            let (aborted, left) = futures::join!(aborting, leaving);
            assert!(aborted.is_err() && left.is_err(), "they are never durable");
        };
        let (marked, ()) = futures::join!(marking, looking);
        assert!(marked.is_err(), "it was never durable");
        assert_eq!(clock.now(), at(secs(45)));
    });
    let away = matches!(ended, Err(DispatchError::Journal(JournalError::Unavailable { .. })));
    assert!(away, "{:?}", ended.map(|_| ()));
    let seen = shop.transport.seen.lock().unwrap();
    assert_eq!(seen.started.len(), 4, "nothing starts: {seen:?}");
    assert!(seen.ended.values().all(|ended| *ended == (secs(41), true)), "{seen:?}");
    assert_eq!(seen.unpolled, secs(0));
    assert_eq!(shop.notices.0.lock().unwrap().len(), 1);
}

#[test]
fn an_append_that_answers_late_is_not_made_twice() {
    let append = secs(25);
    let shop = Shop::new(
        Habits {
            appends: [secs(0), secs(0), append].into(),
            ..Habits::default()
        },
        secs(60),
    );
    let ended = shop.run((4, 2), shop.builder(), async move |handle| {
        handle.mark_down("web4".parse().unwrap(), "burnt").await.unwrap();
        assert_eq!(handle.status().await.unwrap().journal, JournalStatus::Ok);
        handle.mark_up("web4".parse().unwrap(), "a new one").await.unwrap();
    });
    shop.ended_well(&ended.unwrap(), 4);
    let notices = shop.notices.0.lock().unwrap();
    let said = [
        "away: the journal cannot be reached: it has not answered for 10 s",
        "back after 25s",
    ];
    assert_eq!(*notices, said);
}

#[test]
fn a_dispatcher_whose_append_never_answers_hears_that_it_lost_the_journal() {
    let shop = Shop::new(silent(), secs(60));
    let (clock, store) = (Arc::clone(&shop.clock), shop.store.inner.clone());
    let ended = shop.run((8, 4), shop.builder(), async move |_handle| {
        clock.sleep_until(at(secs(90))).await;
        let owner = Owner::new(OwnerId("two".into()), Nonce(2), clock.now());
        drop(store.acquire(owner, Acquire::Force).await.unwrap());
    });
    let fenced = DispatchError::Journal(JournalError::Fenced);
    assert_eq!(ended.map(|_| ()), Err(fenced));
    assert_eq!(shop.clock.now(), at(secs(90)));
}

/// A journal with a snapshot and records behind it.
fn with_history() -> MemoryJournal {
    let shop = Shop::new(Habits::default(), secs(1));
    let builder = shop.builder().snapshot_every(4.try_into().unwrap());
    shop.run((3, 1), builder, async |_| ()).unwrap();
    assert!(block_on(shop.store.inner.latest_snapshot()).unwrap().is_some());
    shop.store.inner.clone()
}

#[test]
fn a_journal_that_is_away_while_a_dispatcher_is_built_is_waited_for() {
    let habits = Habits {
        away: vec![secs(0)..secs(600)],
        ..Habits::default()
    };
    let shop = Shop::over(with_history(), habits, secs(1));
    let (clock, builder) = (Arc::clone(&shop.clock), shop.builder());
    virtual_time::run(&shop.clock, async move {
        let (_dispatcher, handle) = builder.build().await.unwrap();
        drop(handle);
        assert!(clock.now() >= at(secs(600)) && clock.now() < at(secs(606)));
    });
    let notices = shop.notices.0.lock().unwrap();
    let [away, back] = notices.as_slice() else {
        panic!("{notices:?}")
    };
    assert_eq!(away, "away: the journal cannot be reached: the network is down");
    assert!(back.starts_with("back after "), "{back}");
}

/// Whichever call it is that finds the journal away or silent.
#[test]
fn a_dispatcher_is_not_built_once_the_retry_policy_gives_up() {
    let spans = |from: u64| vec![secs(from)..secs(100_000)];
    for habits in [
        Habits {
            away: spans(0),
            ..Habits::default()
        },
        Habits {
            silent: spans(0),
            ..Habits::default()
        },
    ] {
        let shop = Shop::over(with_history(), habits, secs(1));
        let retry = JournalRetry::forever().give_up_after(secs(30));
        let builder = shop.builder().journal_retry(retry);
        let built = virtual_time::run(&shop.clock, async move { builder.build().await.map(|_| ()) });
        let away = matches!(built, Err(DispatchError::Journal(JournalError::Unavailable { .. })));
        assert!(away, "{built:?}");
        assert!(
            (at(secs(30))..at(secs(36))).contains(&shop.clock.now()),
            "{:?}",
            shop.clock.now()
        );
    }
}

/// Says more than a journal takes.
struct Verbose;

#[async_trait]
impl Transport for Verbose {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn run(&self, attempt: Attempt, _report: Reporter) -> Outcome {
        let message = format!("first {} last", "\u{1b}\"\u{20ac}".repeat(5_000));
        match attempt.host.name.as_str() {
            "doubtful" => Outcome::in_doubt(message),
            name if name.starts_with("failed") => {
                let signal = "TERM".repeat(5_000);
                Outcome::failed(FailureKind::Signal { signal }, message)
            }
            _ => Outcome::Succeeded,
        }
    }
}

/// Runs a job on these hosts over a journal that takes 4,000 bytes, and returns its records and the end.
fn over_small_journal(fleet: Fleet, policy: Policy, targets: [&str; 2]) -> (Vec<String>, Scheduler) {
    let journal = MemoryJournal::new().with_max_commit(4_000);
    let ended = block_on(async {
        let builder = Dispatcher::builder(Arc::new(Verbose)).journal(Arc::new(journal.clone()));
        let (dispatcher, handle) = builder.clock(Arc::new(Patient::default())).build().await.unwrap();
        let steer = async move {
            handle.configure(Arc::new(fleet), Arc::new(policy)).await.unwrap();
            for targets in targets {
                let spec = JobSpec::new(targets.parse().unwrap(), RemoteCommand::shell("true"));
                let job = handle.submit(spec).await.unwrap();
                handle.wait(job).await.unwrap();
            }
        };
        futures::join!(dispatcher.run(), steer).0.unwrap()
    });
    let records = journal.records();
    assert!(replay(&records).unwrap().same_state(&ended));
    let written: Vec<String> = records
        .iter()
        .map(|record| serde_json::to_string(record).unwrap())
        .collect();
    assert!(written.iter().all(|record| record.len() <= 4_000));
    (written, ended)
}

#[test]
fn a_report_that_is_larger_than_the_journal_takes_is_shortened_and_says_so() {
    let fleet = Fleet::builder().hosts("doubtful,failed,well").build().unwrap();
    let (records, ended) = over_small_journal(fleet, Policy::default(), ["doubtful,failed", "well"]);
    let cut = "bytes are cut, as the journal takes no larger record";
    let shortened: Vec<&String> = records.iter().filter(|record| record.contains(cut)).collect();
    assert_eq!(shortened.len(), 2, "{records:#?}");
    assert!(
        shortened
            .iter()
            .all(|said| said.contains("first ") && said.contains(" last"))
    );
    let tally = ended.job(JobId::new(1)).unwrap().tally();
    assert_eq!((tally.failed, tally.in_doubt), (1, 1));
}

#[test]
fn a_job_that_more_hosts_block_than_the_journal_takes_is_blocked() {
    let limit = Constraint::new("$web".parse().unwrap(), Rule::MaxParallel("200".parse().unwrap()));
    let fleet = Fleet::builder().tagged("web", "failed[1-200],web1").build().unwrap();
    let (records, ended) = over_small_journal(fleet, Policy::new().constraint(limit), ["failed[1-200]", "web1"]);
    let second = ended.job(JobId::new(2)).unwrap();
    assert_eq!(second.status(), JobStatus::Blocked);
    let blocked: Vec<&String> = records.iter().filter(|record| record.contains("job_blocked")).collect();
    let [blocked] = blocked.as_slice() else {
        panic!("{blocked:?}")
    };
    assert!(blocked.contains("left_out"), "{blocked}");
    let why = ended.explain(second.id(), "web1").unwrap();
    let Blocker::BucketFull { holders, .. } = &why[0].blocker else {
        panic!("{why:?}")
    };
    assert_eq!(holders.len(), 200, "whoever asks gets all of them");
}
