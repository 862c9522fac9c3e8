//! Hosts are asked for the state of attempts in doubt, before anything is done about them.

use std::sync::Arc;

use async_trait::async_trait;
use futures::executor::block_on;
use futures::future::{Either, pending, select};
use pogo_core::dispatcher::layer::{Layer, TransportExt};
use pogo_core::dispatcher::{Attempt, Dispatcher, Fence, Handle, OrderError, Reporter, Transport};
use pogo_core::journal::MemoryJournal;
use pogo_core::plan::JobSpec;
use pogo_core::policy::OnDoubt;
use pogo_core::scheduler::{
    AttemptId, FailureKind, FenceAnswer, FenceState, InputError, Order, Outcome, Record, Scheduler, TaskEventKind,
    TaskState,
};
use pogo_core::testing::{TestBehavior, TestStep, TestTransport};

use super::permission::{Unhurried, kinds};
use super::shop::{JOB, fleet_and_policy, spec};

/// The first attempt on `web1` ends unknown, and all others well.
fn doubtful(answer: impl Fn(&Fence) -> FenceAnswer + Send + Sync + 'static) -> TestTransport {
    TestTransport::new(|attempt| match attempt.id.number() {
        1 => TestBehavior::End(Outcome::in_doubt("the link broke")),
        _ => TestBehavior::Succeed,
    })
    .fencing(answer)
}

fn gone(_: &Fence) -> FenceAnswer {
    FenceAnswer::Ended(Outcome::in_doubt("what ran it is gone"))
}

async fn dispatcher(transport: Arc<dyn Transport>, journal: &MemoryJournal) -> (Dispatcher, Handle) {
    let builder = Dispatcher::builder(transport).clock(Arc::new(Unhurried::default()));
    builder.journal(Arc::new(journal.clone())).build().await.unwrap()
}

/// Runs a job, gives an order about `web1` when that is in doubt, and returns the answer, how it all ended, and the
/// records.
async fn ordered(
    transport: Arc<dyn Transport>,
    spec: JobSpec,
    order: Option<Order>,
) -> (Result<(), OrderError>, Scheduler, Vec<Record>) {
    ordered_over(&MemoryJournal::new(), transport, spec, order).await
}

async fn ordered_over(
    journal: &MemoryJournal,
    transport: Arc<dyn Transport>,
    spec: JobSpec,
    order: Option<Order>,
) -> (Result<(), OrderError>, Scheduler, Vec<Record>) {
    let (dispatcher, handle) = dispatcher(transport, journal).await;
    let steer = async move {
        let (fleet, policy) = fleet_and_policy();
        handle.configure(fleet, policy).await.unwrap();
        handle.submit(spec).await.unwrap();
        let Some(order) = order else { return Ok(()) };
        while state(&handle).await != TaskState::InDoubt {}
        handle.execute(order.because("it was looked at")).await.map(|_| ())
    };
    let (ended, answer) = futures::join!(dispatcher.run(), steer);
    let records = journal.records();
    pogo_audit::audit(&records).unwrap();
    (answer, ended.unwrap(), records)
}

async fn state(handle: &Handle) -> TaskState {
    let of_web1 = |scheduler: &Scheduler| scheduler.job(JOB).unwrap().tasks().next().unwrap().state();
    handle.query(of_web1).await.unwrap()
}

fn retry(force: bool) -> Order {
    let (job, hosts) = (JOB, vec!["web1".parse().unwrap()]);
    Order::Retry { job, hosts, force }
}

fn skip() -> Order {
    let (job, hosts, force) = (JOB, vec!["web1".parse().unwrap()], false);
    Order::Skip { job, hosts, force }
}

fn state_of_web1(ended: &Scheduler) -> TaskState {
    ended.job(JOB).unwrap().tasks().next().unwrap().state()
}

fn began(transport: &TestTransport) -> usize {
    let steps = transport.steps_of("web1");
    steps.iter().filter(|step| **step == TestStep::Began).count()
}

#[test]
fn a_host_is_asked_before_it_is_tried_again() {
    block_on(async {
        let transport = Arc::new(doubtful(|fence| {
            assert_eq!((fence.attempt.id, fence.attempt.resumed), (AttemptId::new(1), true));
            assert_eq!(
                (fence.attempt.host.name.as_str(), fence.attempt.host_lock),
                ("web1", true)
            );
            gone(fence)
        }));
        let (answer, ended, records) = ordered(Arc::clone(&transport) as _, spec(), Some(retry(false))).await;
        answer.unwrap();
        assert_eq!(ended.job(JOB).unwrap().tally().succeeded, 4);
        let steps = transport.steps_of("web1");
        let wanted = [
            TestStep::Started,
            TestStep::Began,
            TestStep::Fenced,
            TestStep::Started,
            TestStep::Began,
        ];
        assert_eq!(steps, wanted);
        let kinds = kinds(&records, "web1");
        let at = |is: fn(&TaskEventKind) -> bool| kinds.iter().position(is).unwrap();
        let asked = at(|kind| matches!(kind, TaskEventKind::Fenced { .. }));
        assert!(asked < at(|kind| matches!(kind, TaskEventKind::Retried { .. })));
    });
}

#[test]
fn whoever_asks_says_that_the_attempt_began_without_the_lock_of_its_host() {
    block_on(async {
        let transport = doubtful(|fence| match fence.attempt.host_lock {
            true => gone(fence),
            false => FenceAnswer::unreachable("it has no record"),
        });
        let (answer, _, _) = ordered(Arc::new(transport.without_host_lock()), spec(), Some(retry(false))).await;
        assert!(answer.is_err_and(|error| error.to_string().contains("could not be asked")));
    });
}

#[test]
fn what_a_host_says_is_shortened_to_what_the_journal_takes() {
    let long = "x".repeat(10_000);
    for answer in [
        FenceAnswer::unreachable(&long),
        FenceAnswer::Ended(Outcome::in_doubt(&long)),
        FenceAnswer::Ended(Outcome::failed(FailureKind::Command { status: 3 }, &long)),
    ] {
        block_on(async {
            let journal = MemoryJournal::new().with_max_commit(4_000);
            let transport = Arc::new(doubtful(move |_| answer.clone()));
            let (_, _, records) = ordered_over(&journal, transport as _, spec(), Some(retry(false))).await;
            let written = records.iter().map(|record| serde_json::to_string(record).unwrap());
            assert!(written.filter(|record| record.contains("bytes are cut")).count() > 0);
        });
    }
}

#[test]
fn a_host_that_says_how_its_attempt_ended_needs_no_order() {
    block_on(async {
        for (order, answer, runs) in [
            (retry(false), FenceAnswer::Ended(Outcome::Succeeded), 1),
            (skip(), FenceAnswer::Ended(Outcome::Succeeded), 1),
            (retry(false), FenceAnswer::NeverBegan, 2),
        ] {
            let says = answer.clone();
            let transport = Arc::new(doubtful(move |_| says.clone()));
            let (given, ended, _) = ordered(Arc::clone(&transport) as _, spec(), Some(order)).await;
            given.unwrap();
            assert_eq!(ended.job(JOB).unwrap().tally().succeeded, 4, "{answer}");
            assert_eq!(began(&transport), runs, "{answer}");
        }
        // What failed is tried again, as ordered.
        let failed = Outcome::failed(FailureKind::Command { status: 3 }, "");
        let transport = Arc::new(doubtful(move |_| FenceAnswer::Ended(failed.clone())));
        let (given, ended, _) = ordered(Arc::clone(&transport) as _, spec(), Some(retry(false))).await;
        given.unwrap();
        assert_eq!((state_of_web1(&ended), began(&transport)), (TaskState::Succeeded, 2));
    });
}

#[test]
fn an_order_is_refused_while_the_attempt_runs_or_its_host_says_nothing() {
    block_on(async {
        for (answer, state) in [
            (FenceAnswer::StillRunning, FenceState::StillRunning),
            (FenceAnswer::unreachable("no route"), FenceState::Unreachable),
        ] {
            for order in [retry(false), skip()] {
                let says = answer.clone();
                let transport = Arc::new(doubtful(move |_| says.clone()));
                let (given, ended, _) = ordered(Arc::clone(&transport) as _, spec(), Some(order)).await;
                let refused = given.unwrap_err();
                assert!(
                    matches!(&refused, OrderError::Refused(InputError::NotFenced { fence, .. }) if *fence == state),
                    "{refused}"
                );
                assert_eq!((state_of_web1(&ended), began(&transport)), (TaskState::InDoubt, 1));
            }
        }
    });
}

#[test]
fn by_force_nobody_is_asked() {
    block_on(async {
        let transport = Arc::new(doubtful(|_| FenceAnswer::StillRunning));
        let (given, ended, _) = ordered(Arc::clone(&transport) as _, spec(), Some(retry(true))).await;
        given.unwrap();
        assert_eq!((state_of_web1(&ended), began(&transport)), (TaskState::Succeeded, 2));
        assert!(!transport.steps_of("web1").contains(&TestStep::Fenced));
    });
}

#[test]
fn a_transport_that_panics_when_it_asks_leaves_the_host_in_doubt() {
    block_on(async {
        let transport = doubtful(|_| panic!("a defect"));
        let (given, ended, records) = ordered(Arc::new(transport), spec(), Some(retry(false))).await;
        assert!(given.unwrap_err().to_string().contains("could not be asked"));
        assert_eq!(state_of_web1(&ended), TaskState::InDoubt);
        let kinds = kinds(&records, "web1");
        let said = kinds.iter().find_map(|kind| match kind {
            TaskEventKind::Fenced { answer, .. } => Some(answer.to_string()),
            _ => None,
        });
        assert!(said.unwrap().contains("defect of the transport"));
    });
}

/// Lets nobody answer.
struct Silence;

#[async_trait]
impl Layer for Silence {
    async fn run(&self, inner: &dyn Transport, attempt: Attempt, report: Reporter) -> Outcome {
        inner.run(attempt, report).await
    }

    async fn fence(&self, _: &dyn Transport, _: Fence) -> FenceAnswer {
        pending().await
    }
}

#[test]
fn a_host_that_never_answers_holds_up_its_order_for_a_while_and_nothing_else() {
    block_on(async {
        let transport = doubtful(gone).layer(Silence);
        let (given, ended, records) = ordered(Arc::new(transport), spec(), Some(retry(false))).await;
        assert!(given.unwrap_err().to_string().contains("could not be asked"));
        let at = |is: fn(&TaskEventKind) -> bool| {
            let found = records.iter().find(|record| record.event.task_kind().is_some_and(is));
            found.unwrap().at
        };
        let doubt = at(|kind| matches!(kind, TaskEventKind::InDoubt { .. }));
        let answer = at(|kind| matches!(kind, TaskEventKind::Fenced { .. }));
        assert!(
            (60..=65).contains(&(answer - doubt).as_secs()),
            "a minute from the question"
        );
        let (tally, state) = (ended.job(JOB).unwrap().tally(), state_of_web1(&ended));
        assert_eq!(
            (tally.succeeded, state),
            (0, TaskState::InDoubt),
            "web1 holds the only slot"
        );
    });
}

#[test]
fn where_doubts_are_retried_the_host_is_asked_before_the_doubt_is_reported() {
    block_on(async {
        let wanted = |again| spec().on_doubt(OnDoubt::Retry).retries(again);
        let transport = Arc::new(doubtful(gone));
        let (_, ended, records) = ordered(Arc::clone(&transport) as _, wanted(1), None).await;
        assert_eq!((ended.job(JOB).unwrap().tally().succeeded, began(&transport)), (4, 2));
        let kinds = kinds(&records, "web1");
        let at = |is: fn(&TaskEventKind) -> bool| kinds.iter().position(is).unwrap();
        let asked = at(|kind| matches!(kind, TaskEventKind::Fenced { .. }));
        assert!(asked < at(|kind| matches!(kind, TaskEventKind::InDoubt { .. })));
        // What its host says counts, instead of the doubt.
        let transport = Arc::new(doubtful(|_| FenceAnswer::Ended(Outcome::Succeeded)));
        let (_, ended, records) = ordered(Arc::clone(&transport) as _, wanted(1), None).await;
        assert_eq!((ended.job(JOB).unwrap().tally().succeeded, began(&transport)), (4, 1));
        let in_doubt = |record: &Record| matches!(record.event.task_kind(), Some(TaskEventKind::InDoubt { .. }));
        assert!(!records.iter().any(in_doubt));
        // While it runs, or without a lock of the host, no second attempt follows by itself.
        let running = doubtful(|_| FenceAnswer::StillRunning);
        for transport in [running, doubtful(gone).without_host_lock()] {
            let transport = Arc::new(transport);
            let (_, ended, _) = ordered(Arc::clone(&transport) as _, wanted(1), None).await;
            assert_eq!((state_of_web1(&ended), began(&transport)), (TaskState::InDoubt, 1));
        }
    });
}

/// A dispatcher dies while `web1` runs. Another takes over, and its hosts answer so.
async fn taken_over(answer: FenceAnswer) -> (Scheduler, Arc<TestTransport>) {
    let journal = MemoryJournal::new();
    let runs = TestTransport::new(|_| TestBehavior::Run).fencing(gone);
    let transport = Arc::new(runs);
    let (first, handle) = dispatcher(Arc::clone(&transport) as _, &journal).await;
    let steer = Box::pin(async {
        let (fleet, policy) = fleet_and_policy();
        handle.configure(fleet, policy).await.unwrap();
        handle.submit(spec()).await.unwrap();
        while !transport.steps_of("web1").contains(&TestStep::Began) {
            handle.query(|_| ()).await.unwrap();
        }
    });
    let Either::Right(_) = select(Box::pin(first.run()), steer).await else {
        panic!("it ended by itself")
    };
    let is_final = answer.is_final();
    let transport = Arc::new(TestTransport::default().fencing(move |_| answer.clone()));
    let (second, handle) = dispatcher(Arc::clone(&transport) as _, &journal).await;
    drop(handle);
    let ended = second.run().await.unwrap();
    let records = journal.records();
    pogo_audit::audit(&records).unwrap();
    let in_doubt = |record: &Record| matches!(record.event.task_kind(), Some(TaskEventKind::InDoubt { .. }));
    assert_eq!(
        records.iter().any(in_doubt),
        !is_final,
        "only where its host does not say"
    );
    (ended, transport)
}

#[test]
fn after_a_takeover_hosts_say_what_became_of_their_attempts() {
    block_on(async {
        let (ended, transport) = taken_over(FenceAnswer::Ended(Outcome::Succeeded)).await;
        assert_eq!((ended.job(JOB).unwrap().tally().succeeded, began(&transport)), (4, 0));
        let (ended, transport) = taken_over(FenceAnswer::NeverBegan).await;
        assert_eq!((ended.job(JOB).unwrap().tally().succeeded, began(&transport)), (4, 1));
        for (answer, state) in [
            (FenceAnswer::StillRunning, FenceState::StillRunning),
            (FenceAnswer::unreachable("no route"), FenceState::Unreachable),
        ] {
            let (ended, _) = taken_over(answer).await;
            assert_eq!(state_of_web1(&ended), TaskState::InDoubt);
            assert_eq!(ended.doubts()[0].fence, state);
        }
    });
}
