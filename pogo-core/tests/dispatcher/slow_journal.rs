//! A journal that is slow, away or small: what runs is polled, nothing starts before it is durable, and nothing is
//! dropped.

use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use pogo_core::Timestamp;
use pogo_core::dispatcher::{Clock, DispatchError, Dispatcher, DispatcherBuilder, Handle, JournalStatus, OrderError};
use pogo_core::fleet::Fleet;
use pogo_core::journal::{ContentLoader, Journal, JournalError, MemoryJournal, Seq, replay};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule};
use pogo_core::scheduler::{InputError, JobStatus, Scheduler};
use proptest::collection::vec;
use proptest::prelude::*;

use super::shop::{Counting, JOB, fleet_and_policy};
use super::slow_store::{Habits, Notices, SlowStore, Stepping, millis, secs};
use super::virtual_time::{self, VirtualClock};

pub(crate) fn at(time: Duration) -> Timestamp {
    Timestamp::EPOCH + time
}

/// A dispatcher over such a store, whose attempts take so long.
pub(crate) struct Shop {
    pub(crate) clock: Arc<VirtualClock>,
    pub(crate) store: Arc<SlowStore>,
    pub(crate) transport: Arc<Stepping>,
    pub(crate) notices: Arc<Notices>,
}

impl Shop {
    pub(crate) fn new(habits: Habits, takes: Duration) -> Self {
        Self::over(MemoryJournal::new(), habits, takes)
    }

    pub(crate) fn over(inner: MemoryJournal, habits: Habits, takes: Duration) -> Self {
        let clock = Arc::<VirtualClock>::default();
        let store = Arc::new(SlowStore::slow(inner, &clock, habits));
        let transport = Stepping::new(&clock, &store, takes);
        let notices = Arc::default();
        Self {
            clock,
            store,
            transport,
            notices,
        }
    }

    pub(crate) fn builder(&self) -> DispatcherBuilder {
        let builder = Dispatcher::builder(Arc::clone(&self.transport) as _);
        let builder = builder
            .journal(Arc::clone(&self.store) as _)
            .clock(Arc::clone(&self.clock) as _);
        builder.observer(Arc::clone(&self.notices) as _)
    }

    /// Runs a job over so many hosts, so many of them at once, and does this meanwhile.
    pub(crate) fn run<F: Future<Output = ()> + 'static>(
        &self,
        (hosts, at_once): (usize, usize),
        builder: DispatcherBuilder,
        meanwhile: impl FnOnce(Handle) -> F + 'static,
    ) -> Result<Scheduler, DispatchError> {
        let fleet = Fleet::builder()
            .tagged("web", &format!("web[1-{hosts}]"))
            .build()
            .unwrap();
        let limit = Rule::MaxParallel(at_once.to_string().parse().unwrap());
        let mut policy = Policy::default();
        policy.constraints.push(Constraint::new("$web".parse().unwrap(), limit));
        virtual_time::run(&self.clock, async move {
            let (dispatcher, handle) = builder.build().await.unwrap();
            let steer = async move {
                handle.configure(Arc::new(fleet), Arc::new(policy)).await.unwrap();
                let spec = JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell("true"));
                handle.submit(spec).await.unwrap();
                meanwhile(handle).await;
            };
            futures::join!(dispatcher.run(), steer).0
        })
    }

    /// Every host has succeeded, each after one start that was durable before, and the journal is the state.
    pub(crate) fn ended_well(&self, ended: &Scheduler, hosts: usize) {
        let job = ended.job(JOB).unwrap();
        assert_eq!(
            (job.status(), job.tally().succeeded as usize),
            (JobStatus::Finished, hosts)
        );
        assert!(replay(&self.store.inner.records()).unwrap().same_state(ended));
        let seen = self.transport.seen.lock().unwrap();
        assert_eq!((seen.too_early, seen.unpolled), (0, Duration::ZERO));
        assert!(seen.started.len() == hosts && seen.started.values().all(|starts| starts.len() == 1));
    }
}

async fn nothing(_handle: Handle) {}

#[test]
fn what_runs_is_polled_while_an_append_takes_300_ms() {
    let shop = Shop::new(
        Habits {
            append: millis(300),
            ..Habits::default()
        },
        millis(500),
    );
    let ended = shop.run((20, 5), shop.builder(), nothing).unwrap();
    shop.ended_well(&ended, 20);
}

#[test]
fn a_journal_that_is_away_for_ten_minutes_costs_nothing_but_time() {
    let away = secs(5)..secs(605);
    let shop = Shop::new(
        Habits {
            away: vec![away.clone()],
            ..Habits::default()
        },
        secs(60),
    );
    let clock = Arc::clone(&shop.clock);
    let ended = shop.run((8, 4), shop.builder(), async move |handle| {
        clock.sleep_until(at(secs(100))).await;
        let status = handle.status().await.unwrap();
        let since = at(secs(60));
        let message = "the journal cannot be reached: the network is down".to_owned();
        let journal = JournalStatus::Away {
            since,
            message: message.clone(),
        };
        assert_eq!((status.journal, status.not_durable_since), (journal, Some(since)));
        assert_eq!((status.running, status.end), (0, Seq(6)));
        let refused = Err(OrderError::JournalAway { since, message });
        assert_eq!(handle.pause(JOB).await, refused);
        let spec = JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell("true"));
        assert_eq!(handle.submit(spec).await.map(|_| ()), refused);
        assert_eq!(clock.now(), at(secs(100)), "no order waits for the journal");
        assert_eq!(handle.query(|scheduler| scheduler.attempts().len()).await, Ok(4));
        assert_eq!(clock.now(), at(secs(101)), "a query waits for a second");
        // It ends well all the same.
        assert_eq!(handle.wait(JOB).await.unwrap().status, JobStatus::Finished);
        assert_eq!(handle.status().await.unwrap().journal, JournalStatus::Ok);
    });
    shop.ended_well(&ended.unwrap(), 8);
    let seen = shop.transport.seen.lock().unwrap();
    let starts = seen.started.values().flatten();
    assert!(
        starts.clone().all(|start| !away.contains(start) || *start < secs(60)),
        "{seen:?}"
    );
    // It is tried again every five seconds.
    assert!(starts.clone().any(|start| (secs(605)..secs(611)).contains(start)));
    let notices = shop.notices.0.lock().unwrap();
    assert!(notices.len() == 2 && notices[0].starts_with("away: ") && notices[1].starts_with("back after"));
}

#[test]
fn what_runs_can_be_aborted_while_the_journal_is_away() {
    let shop = Shop::new(
        Habits {
            away: vec![secs(5)..secs(605)],
            ..Habits::default()
        },
        secs(60),
    );
    let clock = Arc::clone(&shop.clock);
    let seen = Arc::clone(&shop.transport);
    let ended = shop.run((8, 4), shop.builder(), async move |handle| {
        clock.sleep_until(at(secs(30))).await;
        // The journal does not take this, so it is not there for what comes next.
        let marking = handle.mark_down("web8".parse().unwrap(), "burnt");
        let aborting = async {
            clock.sleep_until(at(secs(31))).await;
            handle.abort(JOB, "enough").await
        };
        let (marked, aborted) = futures::join!(marking, aborting);
        assert_eq!((marked, aborted), (Ok(()), Ok(())));
        assert!(clock.now() >= at(secs(605)), "it is answered when it is durable");
        let seen = seen.seen.lock().unwrap();
        assert!(seen.ended.values().all(|ended| *ended == (secs(31), true)), "{seen:?}");
    });
    let job = ended.unwrap();
    let tally = job.job(JOB).unwrap().tally();
    assert_eq!((tally.failed, tally.cancelled), (4, 4));
}

#[test]
fn a_shutdown_ends_while_the_journal_is_away() {
    let shop = Shop::new(
        Habits {
            away: vec![secs(5)..secs(100_000)],
            ..Habits::default()
        },
        secs(60),
    );
    let clock = Arc::clone(&shop.clock);
    let ended = shop.run((8, 4), shop.builder(), async move |handle| {
        clock.sleep_until(at(secs(70))).await;
        assert!(handle.shutdown(secs(20)).await.is_err(), "it is never durable");
        assert_eq!(clock.now(), at(secs(90)));
    });
    let away = matches!(ended, Err(DispatchError::Journal(JournalError::Unavailable { .. })));
    assert!(away, "{:?}", ended.map(|_| ()));
    let seen = shop.transport.seen.lock().unwrap();
    assert_eq!(seen.started.len(), 4, "nothing starts");
}

#[test]
fn what_becomes_durable_after_the_grace_of_a_shutdown_is_cancelled_too() {
    let mut shop = Shop::new(
        Habits {
            away: vec![secs(5)..secs(100)],
            ..Habits::default()
        },
        secs(60),
    );
    Arc::get_mut(&mut shop.transport).unwrap().slow = Some("web2");
    let clock = Arc::clone(&shop.clock);
    let ended = shop.run((4, 2), shop.builder(), async move |handle| {
        // By now web1 has ended, and that web3 starts in its place is not durable.
        clock.sleep_until(at(secs(70))).await;
        handle.shutdown(secs(20)).await.unwrap();
    });
    let job = ended.unwrap();
    let seen = shop.transport.seen.lock().unwrap();
    assert_eq!(seen.ended["web2"], (secs(120), true), "{seen:?}");
    let started = seen.started["web3"][0];
    assert!(
        started >= secs(100) && seen.ended["web3"] == (started, true),
        "{seen:?}"
    );
    assert!(!seen.started.contains_key("web4"), "{seen:?}");
    assert_eq!(job.job(JOB).unwrap().tally().succeeded, 1);
}

#[test]
fn a_batch_that_is_too_large_is_split() {
    for most in [1, 2, 3, 7] {
        let shop = Shop::new(
            Habits {
                most: Some(most),
                append: millis(10),
                ..Habits::default()
            },
            secs(1),
        );
        let ended = shop.run((30, 10), shop.builder(), nothing).unwrap();
        shop.ended_well(&ended, 30);
    }
}

#[test]
fn an_order_that_is_too_large_by_itself_is_refused_and_changes_nothing() {
    let journal = MemoryJournal::new().with_max_commit(4_000);
    let clock = Arc::<VirtualClock>::default();
    let transport = Counting {
        stuck: vec!["web1"],
        ..Counting::default()
    };
    let builder = Dispatcher::builder(Arc::new(transport)).journal(Arc::new(journal.clone()));
    let builder = builder.clock(Arc::clone(&clock) as _);
    let ended = virtual_time::run(&clock, async move {
        let (dispatcher, handle) = builder.build().await.unwrap();
        let steer = async move {
            let too_large = |answer: Result<(), OrderError>| match answer {
                Err(OrderError::Refused(InputError::TooLarge { bytes, max })) => bytes > max && max == 4_000,
                other => panic!("{other:?}"),
            };
            let large = "x".repeat(4_000);
            let names: Vec<String> = (0..2_000).map(|n| format!("h{}", n * 7_919 % 100_003)).collect();
            let many = Fleet::builder().tagged("web", &names.join(",")).build().unwrap();
            // A fleet of any size is stored apart from the record that names it.
            handle.configure(Arc::new(many), Arc::default()).await.unwrap();
            let (fleet, policy) = fleet_and_policy();
            handle.configure(fleet, policy).await.unwrap();
            let job = |command: &str| JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell(command));
            assert!(too_large(handle.submit(job(&large)).await.map(drop)));
            let frozen = handle.freeze("web1".parse().unwrap(), large.clone()).await;
            assert!(too_large(frozen.map(drop)));
            assert!(too_large(
                handle.mark_down("web1".parse().unwrap(), large.clone()).await.map(drop)
            ));
            assert_eq!(handle.submit(job("true")).await, Ok(JOB), "no number was used");
            assert!(too_large(handle.halt(JOB, large.clone()).await.map(drop)));
            assert!(too_large(handle.abort(JOB, large).await.map(drop)));
            handle.abort(JOB, "enough").await.unwrap();
            assert_eq!(handle.wait(JOB).await.unwrap().status, JobStatus::Finished);
        };
        futures::join!(dispatcher.run(), steer).0
    });
    let ended = ended.unwrap();
    let tally = ended.job(JOB).unwrap().tally();
    assert_eq!((tally.in_doubt, tally.cancelled), (1, 3));
    assert!(replay(&journal.records()).unwrap().same_state(&ended));
}

#[test]
fn appends_go_on_while_a_snapshot_is_stored() {
    let shop = Shop::new(
        Habits {
            snapshot: secs(20),
            append: millis(10),
            ..Habits::default()
        },
        secs(1),
    );
    let builder = shop.builder().snapshot_every(10.try_into().unwrap());
    let ended = shop.run((20, 1), builder, nothing).unwrap();
    shop.ended_well(&ended, 20);
    let seen = shop.transport.seen.lock().unwrap();
    // One host after the other, 20 ms apart: while a snapshot is stored, and while none is.
    let last = seen.started.values().flatten().max().unwrap();
    assert!(*last < secs(25), "{last:?}");
    let (upto, mut state) = block_on(shop.store.latest_snapshot()).unwrap().unwrap();
    block_on(ContentLoader::new().load_snapshot(&*shop.store, &mut state)).unwrap();
    let records = &shop.store.inner.records()[..upto.0 as usize];
    let restored = Scheduler::restore(&state).unwrap();
    assert!(restored.same_state(&replay(records).unwrap()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_job_ends_as_if_undisturbed_over_any_journal_that_comes_back(
        appends in vec(0_u64..900, 0..30),
        away in vec((0_u64..20_000, 1_u64..60_000), 0..3),
        answers_lost in vec(1_usize..40, 0..6),
        most in proptest::option::of(1_usize..12),
        at_once in 1_usize..5,
        orders in vec((0_u64..3_000, 0_u8..4), 0..6),
    ) {
        let away = away.into_iter().map(|(from, span)| millis(from)..millis(from + span)).collect();
        let appends = appends.into_iter().map(millis).collect();
        let shop = Shop::new(
            Habits { appends, away, answers_lost, most, ..Habits::default() },
            millis(400),
        );
        let clock = Arc::clone(&shop.clock);
        let ended = shop.run((9, at_once), shop.builder().snapshot_every(7.try_into().unwrap()), async move |handle| {
            for (pause, order) in orders {
                clock.sleep_until(clock.now() + millis(pause)).await;
                // Any of them may be refused, and none may be lost.
                match order {
                    0 => _ = handle.pause(JOB).await,
                    1 => _ = handle.resume(JOB).await,
                    2 => _ = handle.query(|scheduler| scheduler.attempts().len()).await.unwrap(),
                    _ => _ = handle.status().await.unwrap(),
                }
            }
            // A job that was paused last is resumed.
            while handle.query(|scheduler| scheduler.job(JOB).unwrap().status()).await != Ok(JobStatus::Finished) {
                clock.sleep_until(clock.now() + secs(7)).await;
                let _ = handle.resume(JOB).await;
            }
        });
        shop.ended_well(&ended.unwrap(), 9);
    }
}
