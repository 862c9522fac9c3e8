//! Following a dispatcher: whoever does so from anywhere, loses updates, reads slowly or stops, sees what is durable
//! and holds nobody up.

use super::every_query::queries;
use super::forgetful::Forgetful;
use super::shop::{Counting, JOB};
use super::stream_client::{Known, clients, views};
use super::yields::{Manual, Yields, yields};
use futures::StreamExt;
use futures::executor::{LocalPool, block_on};
use futures::future::RemoteHandle;
use futures::task::LocalSpawnExt;
use pogo_core::dispatcher::{Clock, Dispatcher, Handle, SubscriptionError, SubscriptionOptions};
use pogo_core::fleet::Fleet;
use pogo_core::journal::{Journal, MemoryJournal, Seq, replay};
use pogo_core::plan::{HoldOwner, JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule};
use pogo_core::scheduler::{HoldMode, JobEventKind, JobId, Order, Query, QueryError};
use pogo_core::stream::{ResyncReason, StreamId, StreamRequest, Update};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn host(name: &str) -> pogo_core::fleet::HostName {
    name.parse().unwrap()
}

fn ann() -> HoldOwner {
    "ann".parse().unwrap()
}

/// What an operator may do in any state; some of it is refused.
fn orders() -> impl Strategy<Value = Order> {
    let job = (1..4_u64).prop_map(JobId::new);
    let hosts = (1..6_u8).prop_map(|number| vec![host(&format!("web{number}"))]);
    prop_oneof![
        3 => Just(Order::submit(JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell("true")).retries(0))),
        1 => job.clone().prop_map(|job| Order::Pause { job }),
        2 => job.clone().prop_map(|job| Order::Resume { job }),
        1 => job.clone().prop_map(|job| Order::Abort { job }),
        2 => (job.clone(), hosts.clone()).prop_map(|(job, hosts)| Order::Retry { job, hosts, force: false }),
        2 => (job, hosts.clone()).prop_map(|(job, hosts)| Order::Skip { job, hosts, force: false }),
        1 => hosts.clone().prop_map(|hosts| Order::MarkDown { host: hosts[0].clone() }),
        1 => hosts.clone().prop_map(|hosts| Order::MarkUp { host: hosts[0].clone(), force: false }),
        1 => hosts.clone().prop_map(|hosts| Order::Hold { hosts, owner: ann(), priority: 0, mode: HoldMode::Wait }),
        1 => hosts.prop_map(|hosts| Order::Release { hosts, force: false, by: ann() }),
        1 => Just(Order::Freeze { hosts: "web1".parse().unwrap() }),
        1 => Just(Order::Thaw { hosts: "web1".parse().unwrap() }),
    ]
}

fn configuration() -> Order {
    let fleet = Fleet::builder().tagged("web", "web[1-5]").build().unwrap();
    let limit = Constraint::new("$web".parse().unwrap(), Rule::MaxParallel("3".parse().unwrap()));
    let (fleet, policy) = (Arc::new(fleet), Arc::new(Policy::new().constraint(limit)));
    Order::Configure { fleet, policy }
}

async fn dispatcher(journal: Arc<dyn Journal>, clock: &Arc<Manual>) -> (Dispatcher, Handle) {
    let transport = Counting {
        gone: vec!["web2"],
        stuck: vec!["web4"],
        ..Counting::default()
    };
    let builder = Dispatcher::builder(Arc::new(transport)).journal(journal);
    builder.clock(Arc::clone(clock) as _).build().await.unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn whoever_follows_sees_what_is_durable(
        plan in vec(0_u8..4, 1..40),
        orders in vec(orders(), 1..12),
        clients in vec(clients(), 1..4),
        keeps in 2..60_u64,
    ) {
        let (pace, clock) = (Yields::new(plan), Arc::<Manual>::default());
        let journal = Forgetful::journal(pace.clone(), keeps);
        let (dispatcher, handle) = block_on(dispatcher(Arc::clone(&journal) as _, &clock));
        let mut pool = LocalPool::new();
        let spawner = pool.spawner();
        let running = spawner.spawn_local_with_handle(dispatcher.run()).unwrap();
        let (operator, paced) = (handle.clone(), pace.clone());
        let steering = spawner.spawn_local_with_handle(async move {
            operator.execute(configuration()).await.unwrap();
            for order in orders {
                paced.here().await;
                // Some are refused.
                let _ = operator.execute(order.because("why not")).await;
            }
        }).unwrap();
        let following: Vec<(_, RemoteHandle<()>)> = clients.into_iter().map(|client| {
            let known = Arc::<Mutex<Known>>::default();
            let follows = client.follow(handle.clone(), pace.clone(), Arc::clone(&known));
            (known, spawner.spawn_local_with_handle(follows).unwrap())
        }).collect();
        pool.run_until(steering);
        // Whatever was lost is noticed with a heartbeat at the latest.
        for _ in 0..20 {
            pool.run_until_stalled();
            clock.pass(Duration::from_secs(15));
        }
        pool.run_until_stalled();

        let end = StreamId::new(0, Seq(journal.inner.records().len() as u64));
        let asked = handle.clone();
        let answers = spawner.spawn_local_with_handle(async move {
            let of = asked.query(queries).await.unwrap();
            let mut answers = vec![];
            for query in of {
                let answer = asked.view(query.clone()).await.unwrap();
                assert_eq!((answer.as_of, answer.not_durable_since), (end, None));
                answers.push((query, answer.view));
            }
            answers
        }).unwrap();
        let answers = pool.run_until(answers);
        let records = journal.inner.records();
        let mut at = BTreeMap::new();
        for (known, _) in &following {
            let known = known.lock().unwrap();
            prop_assert_eq!(known.follower.position(), Some(end), "it has caught up");
            for (query, view) in &answers {
                let answer = known.follower.view(clock.now(), query).unwrap();
                prop_assert_eq!(&answer.view, view, "{:?}", query);
            }
            for (id, views_then) in &known.seen {
                let seq = usize::try_from(id.seq().0).unwrap();
                let durable = at.entry(seq).or_insert_with(|| views(&replay(&records[..seq]).unwrap()));
                prop_assert_eq!(views_then, &*durable, "after {}", id);
            }
        }
        spawner.spawn_local(async move { handle.shutdown(Duration::ZERO).await.unwrap() }).unwrap();
        pool.run_until(running).unwrap();
        for (_, follows) in following {
            pool.run_until(follows);
        }
    }
}

/// Runs a dispatcher for as long as this takes.
fn beside<T>(journal: Arc<dyn Journal>, act: impl AsyncFnOnce(Handle, Arc<Manual>) -> T) -> T {
    block_on(async {
        let clock = Arc::<Manual>::default();
        let (dispatcher, handle) = dispatcher(journal, &clock).await;
        let act = std::pin::pin!(async {
            handle.execute(configuration()).await.unwrap();
            act(handle, clock).await
        });
        let running = std::pin::pin!(dispatcher.run());
        match futures::future::select(running, act).await {
            futures::future::Either::Left((ended, _)) => panic!("{ended:?}"),
            futures::future::Either::Right((result, _)) => result,
        }
    })
}

async fn run_a_job(handle: &Handle) {
    let spec = JobSpec::new("web1, web3, web5".parse().unwrap(), RemoteCommand::shell("true"));
    let job = handle.submit(spec).await.unwrap();
    handle.wait(job).await.unwrap();
}

#[test]
fn a_reader_that_stops_holds_nobody_up_and_costs_nothing() {
    let journal = Forgetful::journal(Yields::new(vec![]), u64::MAX);
    let store = Arc::clone(&journal);
    beside(journal, async move |handle, _| {
        let options = SubscriptionOptions::new().max_lag(20);
        let mut updates = handle.subscribe(StreamRequest::new(), options);
        assert!(matches!(updates.next().await, Some(Ok(Update::Snapshot { .. }))));
        let read = store.interceptor.reads.load(Ordering::SeqCst);
        for _ in 0..10 {
            run_a_job(&handle).await;
        }
        assert_eq!(
            store.interceptor.reads.load(Ordering::SeqCst),
            read,
            "nothing is read ahead for it"
        );
        let reason = ResyncReason::TooSlow;
        assert_eq!(updates.next().await, Some(Ok(Update::Resync { reason })));
        let Some(Ok(Update::Snapshot { id, .. })) = updates.next().await else {
            panic!()
        };
        assert_eq!(id.seq().0, store.inner.records().len() as u64);
        assert_eq!(
            store.interceptor.reads.load(Ordering::SeqCst),
            read,
            "nor what it has missed"
        );
    });
}

#[test]
fn whoever_goes_on_hears_at_once_that_nothing_has_happened_and_then_now_and_then() {
    beside(Arc::new(MemoryJournal::new()), async |handle, clock| {
        let at = handle.view(Query::Namespace).await.unwrap().as_of;
        let options = SubscriptionOptions::new().heartbeat(Duration::from_secs(5));
        let mut updates = handle.subscribe(StreamRequest::new().after(at), options);
        let began = clock.now();
        let heartbeat = |at_time| Some(Ok(Update::Heartbeat { id: at, at: at_time }));
        assert_eq!(updates.next().await, heartbeat(began));
        let pass = async {
            for _ in 0..5 {
                yields(9).await;
                clock.pass(Duration::from_secs(1));
            }
        };
        let (next, ()) = futures::join!(updates.next(), pass);
        assert_eq!(next, heartbeat(began + Duration::from_secs(5)));
    });
}

#[test]
fn a_position_that_is_of_no_use_is_answered_with_the_reason_and_a_snapshot() {
    let journal = Forgetful::journal(Yields::new(vec![]), 5);
    beside(journal, async |handle, _| {
        run_a_job(&handle).await;
        let end = handle.view(Query::Namespace).await.unwrap().as_of;
        let options = SubscriptionOptions::new();
        for (after, reason) in [
            (StreamId::new(0, Seq(end.seq().0 + 1)), ResyncReason::BeyondEnd),
            (StreamId::new(1, end.seq()), ResyncReason::Restored),
            (StreamId::new(0, Seq(0)), ResyncReason::Compacted),
        ] {
            let mut updates = handle.subscribe(StreamRequest::new().after(after), options);
            assert_eq!(updates.next().await, Some(Ok(Update::Resync { reason })));
            let next = updates.next().await.unwrap().unwrap();
            assert!(matches!(next, Update::Snapshot { id, .. } if id == end), "{next:?}");
        }
    });
}

#[test]
fn a_stream_of_one_job_has_that_job_alone() {
    beside(Arc::new(MemoryJournal::new()), async |handle, _| {
        run_a_job(&handle).await;
        let options = SubscriptionOptions::new();
        let second = JobId::new(2);
        let mut none = handle.subscribe(StreamRequest::new().job(second), options);
        let unknown = QueryError::UnknownJob { job: second };
        assert_eq!(none.next().await, Some(Err(SubscriptionError::Query(unknown))));
        assert_eq!(none.next().await, None, "an error is the last item");
        // Also where it is to go on: there is nothing that it went on from.
        let end = handle.view(Query::Namespace).await.unwrap().as_of;
        let mut none = handle.subscribe(StreamRequest::new().job(second).after(end), options);
        let unknown = QueryError::UnknownJob { job: second };
        assert_eq!(none.next().await, Some(Err(SubscriptionError::Query(unknown))));

        let mut updates = handle.subscribe(StreamRequest::new().job(JOB), options);
        let Some(Ok(Update::Job { id: mut at, job })) = updates.next().await else {
            panic!()
        };
        assert_eq!(job.summary.tally.succeeded, 3);
        run_a_job(&handle).await;
        // What has happened to others is passed over, and each update goes on where the last one ended.
        handle
            .execute(Order::Retry {
                job: second,
                hosts: vec![host("web1")],
                force: false,
            })
            .await
            .unwrap_err();
        handle.pause(JOB).await.unwrap_err();
        handle.freeze("web1".parse().unwrap(), "sale").await.unwrap();
        handle
            .execute(Order::submit(JobSpec::new(
                "web1".parse().unwrap(),
                RemoteCommand::shell("true"),
            )))
            .await
            .unwrap();
        let third = JobId::new(3);
        let mut of_third = handle.subscribe(StreamRequest::new().job(third), options);
        let Some(Ok(Update::Job { id, .. })) = of_third.next().await else {
            panic!()
        };
        at = at.max(id);
        handle.mark_down(host("web5"), "fire").await.unwrap();
        for _ in 0..2 {
            handle.pause(third).await.unwrap();
            handle.mark_up(host("web5"), "water").await.unwrap();
            handle.mark_down(host("web5"), "fire").await.unwrap();
            handle.resume(third).await.unwrap();
            let Some(Ok(Update::Records { after, id, records })) = of_third.next().await else {
                panic!()
            };
            assert_eq!(after, at);
            assert!(
                records.iter().all(|record| record.record.event.job() == Some(third)),
                "{records:?}"
            );
            at = id;
        }
    });
}

/// Jobs retire as soon as they are finished.
async fn retire_at_once(handle: &Handle) {
    let fleet = Fleet::builder().tagged("web", "web[1-5]").build().unwrap();
    let policy = Policy::new().retire_after(Duration::ZERO);
    handle.configure(Arc::new(fleet), Arc::new(policy)).await.unwrap();
}

async fn submit(handle: &Handle) -> JobId {
    let spec = JobSpec::new("web1, web3".parse().unwrap(), RemoteCommand::shell("true"));
    handle.submit(spec).await.unwrap()
}

#[test]
fn a_stream_of_a_job_that_has_retired_ends_after_its_last_record() {
    beside(Arc::new(MemoryJournal::new()), async |handle, _| {
        retire_at_once(&handle).await;
        let begin = handle.view(Query::Namespace).await.unwrap().as_of;
        let job = submit(&handle).await;
        while handle
            .query(move |scheduler| scheduler.job(job).is_some())
            .await
            .unwrap()
        {}
        let retired = || Some(Err(SubscriptionError::Query(QueryError::RetiredJob { job })));
        let options = SubscriptionOptions::new();
        let mut updates = handle.subscribe(StreamRequest::new().job(job).after(begin), options);
        let Some(Ok(Update::Records { records, id, .. })) = updates.next().await else {
            panic!()
        };
        let last = records.last().and_then(|record| record.record.event.job_kind());
        assert_eq!(last, Some(&JobEventKind::Retired));
        assert_eq!(updates.next().await, retired());
        assert_eq!(updates.next().await, None);
        let mut nothing = handle.subscribe(StreamRequest::new().job(job).after(id), options);
        assert_eq!(nothing.next().await, retired());
        assert_eq!(nothing.next().await, None);
    });
}

#[test]
fn a_stream_of_a_job_that_retires_meanwhile_ends_after_its_last_record() {
    beside(Arc::new(MemoryJournal::new()), async |handle, _| {
        retire_at_once(&handle).await;
        handle.freeze("$web".parse().unwrap(), "not yet").await.unwrap();
        let job = submit(&handle).await;
        let mut updates = handle.subscribe(StreamRequest::new().job(job), SubscriptionOptions::new());
        assert!(matches!(updates.next().await, Some(Ok(Update::Job { .. }))));
        handle.thaw("$web".parse().unwrap(), "now").await.unwrap();
        let mut last = None;
        let end = loop {
            match updates.next().await {
                Some(Ok(Update::Records { records, .. })) => last = records.last().cloned(),
                Some(Ok(_)) => {}
                end => break end,
            }
        };
        assert_eq!(end, Some(Err(SubscriptionError::Query(QueryError::RetiredJob { job }))));
        let last = last.unwrap().record.event;
        assert_eq!(last.job_kind(), Some(&JobEventKind::Retired));
    });
}

#[test]
fn a_subscription_ends_with_its_dispatcher_even_one_that_never_ran() {
    block_on(async {
        let clock = Arc::<Manual>::default();
        let (dispatcher, handle) = dispatcher(Arc::new(MemoryJournal::new()), &clock).await;
        let mut updates = handle.subscribe(StreamRequest::new(), SubscriptionOptions::new());
        drop(dispatcher);
        assert_eq!(updates.next().await, None);
        assert_eq!(handle.view(Query::Namespace).await, Err(QueryError::Stopped));
    });
}
