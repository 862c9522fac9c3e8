//! Hosts in doubt are asked by and by, until they have reported the state of their attempts.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use futures::executor::block_on;
use futures::future::{Either, pending, poll_fn, select};
use pogo_core::Timestamp;
use pogo_core::dispatcher::{Attempt, Capabilities, Clock, Dispatcher, Fence, Handle, Reporter, Transport};
use pogo_core::journal::MemoryJournal;
use pogo_core::scheduler::{FenceAnswer, NeverBegan, Outcome, Phase, Record, Scheduler, TaskEventKind, TaskState};
use pogo_core::testing::{TestBehavior, TestStep, TestTransport};

use super::permission::{Unhurried, kinds};
use super::shop::{JOB, fleet_and_policy, spec};

/// The first attempt ends unknown, and its host answers so, one after the other; the last answer stays.
fn doubtful(answers: Vec<FenceAnswer>) -> Arc<TestTransport> {
    let asked = AtomicUsize::new(0);
    let transport = TestTransport::new(|attempt| match attempt.id.number() {
        1 => TestBehavior::End(Outcome::in_doubt("the link broke")),
        _ => TestBehavior::Succeed,
    });
    Arc::new(transport.fencing(move |fence| {
        assert_eq!(fence.attempt.id.number(), 1);
        let at = asked.fetch_add(1, Ordering::Relaxed).min(answers.len() - 1);
        answers[at].clone()
    }))
}

fn unreachable() -> FenceAnswer {
    FenceAnswer::unreachable("no route")
}

fn succeeded() -> FenceAnswer {
    FenceAnswer::Ended(Outcome::Succeeded)
}

async fn dispatcher(
    transport: Arc<dyn Transport>,
    (journal, clock): (&MemoryJournal, impl Clock + 'static),
) -> (Dispatcher, Handle) {
    let builder = Dispatcher::builder(transport).clock(Arc::new(clock));
    builder.journal(Arc::new(journal.clone())).build().await.unwrap()
}

async fn state(handle: &Handle) -> TaskState {
    let of_web1 = |scheduler: &Scheduler| scheduler.job(JOB).unwrap().tasks().next().unwrap().state();
    handle.query(of_web1).await.unwrap()
}

/// Submits a job, does this, and returns the records.
async fn steered(transport: Arc<dyn Transport>, act: impl AsyncFnOnce(Handle)) -> Vec<Record> {
    let journal = MemoryJournal::new();
    let (dispatcher, handle) = dispatcher(transport, (&journal, Unhurried::default())).await;
    let steer = async move {
        let (fleet, policy) = fleet_and_policy();
        handle.configure(fleet, policy).await.unwrap();
        handle.submit(spec()).await.unwrap();
        act(handle).await;
    };
    let (ended, ()) = futures::join!(dispatcher.run(), steer);
    ended.unwrap();
    pogo_audit::audit(&journal.records()).unwrap();
    journal.records()
}

/// How long after the doubt each answer was recorded, in seconds.
fn answered_after(records: &[Record]) -> Vec<u64> {
    let is = |wanted: fn(&TaskEventKind) -> bool| move |record: &&Record| record.event.task_kind().is_some_and(wanted);
    let in_doubt = is(|kind| matches!(kind, TaskEventKind::InDoubt { .. }));
    let doubt = records.iter().find(in_doubt).unwrap().at;
    let answers = records
        .iter()
        .filter(is(|kind| matches!(kind, TaskEventKind::Fenced { .. })));
    answers.map(|record| (record.at - doubt).as_secs()).collect()
}

#[test]
fn a_host_in_doubt_is_asked_by_and_by_without_an_order() {
    block_on(async {
        let running = FenceAnswer::StillRunning;
        let transport = doubtful(vec![
            unreachable(),
            unreachable(),
            running.clone(),
            running,
            succeeded(),
        ]);
        let records = steered(Arc::clone(&transport) as _, async |handle| {
            while state(&handle).await != TaskState::Succeeded {}
        });
        let records = records.await;
        // After 5 s, and each time twice as long after the answer before; what is known already is not recorded again.
        assert_eq!(answered_after(&records), [5, 35, 155]);
        let steps = transport.steps_of("web1").into_iter();
        assert_eq!(steps.filter(|step| *step == TestStep::Fenced).count(), 5);
    });
}

#[test]
fn a_host_that_has_said_that_its_attempt_is_over_is_asked_no_more() {
    block_on(async {
        let transport = doubtful(vec![FenceAnswer::Ended(Outcome::in_doubt("what ran it is gone"))]);
        let of_doubt = |scheduler: &Scheduler| scheduler.doubts().first().map(|doubt| doubt.fence.is_fenced());
        let records = steered(Arc::clone(&transport) as _, async |handle| {
            while handle.query(of_doubt).await.unwrap() != Some(true) {}
            // Time passes while nothing else happens.
            for _ in 0..10_000 {
                handle.query(|_| ()).await.unwrap();
            }
        });
        assert_eq!(answered_after(&records.await), [5]);
        let steps = transport.steps_of("web1").into_iter();
        assert_eq!(steps.filter(|step| *step == TestStep::Fenced).count(), 1);
    });
}

/// Notes that it is asked, and never answers.
struct Silent {
    inner: Arc<TestTransport>,
    asked: AtomicBool,
}

#[async_trait]
impl Transport for Silent {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        self.inner.run(attempt, report).await
    }

    async fn fence(&self, _: Fence) -> FenceAnswer {
        self.asked.store(true, Ordering::Relaxed);
        pending().await
    }
}

#[test]
fn a_question_that_nobody_waits_for_keeps_no_dispatcher_from_ending() {
    block_on(async {
        // It has nothing else to do before it would ask.
        let transport = doubtful(vec![succeeded()]);
        steered(Arc::clone(&transport) as _, async |_| ()).await;
        assert!(!transport.steps_of("web1").contains(&TestStep::Fenced));
        // It has asked, and the host has not answered.
        let (inner, asked) = (doubtful(vec![succeeded()]), AtomicBool::new(false));
        let transport = Arc::new(Silent { inner, asked });
        let asks = Arc::clone(&transport);
        let records = steered(transport, async |handle| {
            while !asks.asked.load(Ordering::Relaxed) {
                handle.query(|_| ()).await.unwrap();
            }
        });
        assert!(answered_after(&records.await).is_empty());
    });
}

#[test]
fn another_attempt_begins_on_a_host_in_doubt_once_that_was_asked() {
    for (answers, asked) in [
        (vec![succeeded()], 1),
        (vec![unreachable()], 3),
        (vec![unreachable(), succeeded()], 2),
        (vec![FenceAnswer::StillRunning, succeeded()], 2),
    ] {
        block_on(async {
            let transport = doubtful(answers);
            let records = steered(Arc::clone(&transport) as _, async |handle| {
                while state(&handle).await != TaskState::InDoubt {}
                handle.submit(spec()).await.unwrap();
            });
            records.await;
            let mut wanted = vec![TestStep::Started, TestStep::Began];
            wanted.extend(vec![TestStep::Fenced; asked]);
            wanted.extend([TestStep::Started, TestStep::Began]);
            assert_eq!(transport.steps_of("web1")[..wanted.len()], wanted);
        });
    }
}

/// Attempts run for ever, whoever cancels them.
struct Deaf {
    resumes: bool,
    answers: Mutex<Vec<FenceAnswer>>,
    begun: AtomicBool,
}

impl Deaf {
    /// Hosts answer so, the last first.
    fn new(resumes: bool, answers: Vec<FenceAnswer>) -> Arc<Self> {
        Arc::new(Self {
            resumes,
            answers: Mutex::new(answers),
            begun: AtomicBool::new(false),
        })
    }
}

#[async_trait]
impl Transport for Deaf {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
            .with_permission()
            .with_confirmed_cancel()
            .with_fences()
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        if !attempt.resumed {
            if let Err(refused) = report.begin(true).await {
                return Outcome::never_began(NeverBegan::Refused, refused.to_string());
            }
            report.phase(Phase::Command);
            self.begun.store(true, Ordering::Relaxed);
        }
        pending().await
    }

    fn resumes(&self, _: &Attempt) -> bool {
        self.resumes
    }

    async fn fence(&self, _: Fence) -> FenceAnswer {
        self.answers.lock().unwrap().pop().unwrap()
    }
}

/// A dispatcher dies while its attempt runs, and another takes over. Returns all records.
async fn taken_over(
    transport: Arc<Deaf>,
    clocks: [impl Clock + 'static; 2],
    before: impl AsyncFnOnce(Handle),
) -> Vec<Record> {
    let journal = MemoryJournal::new();
    let [clock, later] = clocks;
    let (first, handle) = dispatcher(Arc::clone(&transport) as _, (&journal, clock)).await;
    let steer = Box::pin(async {
        let (fleet, policy) = fleet_and_policy();
        handle.configure(fleet, policy).await.unwrap();
        handle.submit(spec()).await.unwrap();
        while !transport.begun.load(Ordering::Relaxed) {
            handle.query(|_| ()).await.unwrap();
        }
        before(handle).await;
    });
    let Either::Right(_) = select(Box::pin(first.run()), steer).await else {
        panic!("it ended by itself")
    };
    let (second, handle) = dispatcher(transport, (&journal, later)).await;
    drop(handle);
    second.run().await.unwrap();
    pogo_audit::audit(&journal.records()).unwrap();
    journal.records()
}

/// The same long after the job was ordered to be aborted.
async fn aborted_and_taken_over(transport: Arc<Deaf>) -> Vec<Record> {
    let later = Unhurried::at(Timestamp::EPOCH + Duration::from_secs(900));
    let abort = async |handle: Handle| handle.abort(JOB, "it was wrong").await.unwrap();
    taken_over(transport, [Unhurried::default(), later], abort).await
}

/// Time that passes when nothing else has happened for a while, to the first moment that anybody waits for.
#[derive(Default)]
struct InOrder {
    now: Mutex<Timestamp>,
    awaited: Mutex<Vec<Timestamp>>,
}

/// Waits no longer when dropped.
struct Sleeper<'a>(&'a InOrder, Timestamp);

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        let mut awaited = self.0.awaited.lock().unwrap();
        let at = awaited.iter().position(|deadline| *deadline == self.1).unwrap();
        awaited.swap_remove(at);
    }
}

#[async_trait]
impl Clock for InOrder {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        self.awaited.lock().unwrap().push(deadline);
        let sleeper = Sleeper(self, deadline);
        let mut left = 32;
        poll_fn(|context| {
            let is_first = *self.awaited.lock().unwrap().iter().min().unwrap() == sleeper.1;
            if left == 0 && is_first {
                return Poll::Ready(());
            }
            left = if is_first { left - 1 } else { 32 };
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        let mut now = self.now.lock().unwrap();
        *now = deadline.max(*now);
    }
}

fn in_doubt(kinds: &[TaskEventKind]) -> usize {
    let is_doubt = |kind: &&TaskEventKind| matches!(kind, TaskEventKind::InDoubt { .. });
    kinds.iter().filter(is_doubt).count()
}

#[test]
fn a_host_that_has_said_that_its_attempt_runs_is_asked_again_when_it_cannot_be_reached() {
    block_on(async {
        // Three minutes pass while it runs.
        let mut answers = vec![succeeded(), unreachable(), unreachable()];
        answers.extend(vec![FenceAnswer::StillRunning; 10]);
        let clocks = [InOrder::default(), InOrder::default()];
        let records = taken_over(Deaf::new(false, answers), clocks, async |_| ()).await;
        let seen = kinds(&records, "web1");
        assert_eq!(in_doubt(&seen), 0, "{seen:#?}");
        assert!(
            matches!(seen.last(), Some(TaskEventKind::Succeeded { .. })),
            "{seen:#?}"
        );
    });
}

#[test]
fn what_was_cancelled_before_a_takeover_is_in_doubt_only_where_its_host_says_nothing_of_its_end() {
    for resumes in [false, true] {
        block_on(async {
            // The link broke the first two times.
            let transport = Deaf::new(resumes, vec![succeeded(), unreachable(), unreachable()]);
            let kinds_of = |records: &[Record]| kinds(records, "web1");
            let seen = kinds_of(&aborted_and_taken_over(transport).await);
            assert_eq!(in_doubt(&seen), 0, "{seen:#?}");
            assert!(
                matches!(seen.last(), Some(TaskEventKind::Succeeded { .. })),
                "{seen:#?}"
            );
            // Nobody has to wait for what runs on.
            let transport = Deaf::new(resumes, vec![FenceAnswer::StillRunning]);
            let seen = kinds_of(&aborted_and_taken_over(transport).await);
            assert_eq!(in_doubt(&seen), 1, "{seen:#?}");
            let transport = Deaf::new(resumes, vec![unreachable(); 20]);
            let seen = kinds_of(&aborted_and_taken_over(Arc::clone(&transport)).await);
            assert_eq!(in_doubt(&seen), 1, "{seen:#?}");
            let asked = 20 - transport.answers.lock().unwrap().len();
            assert!(asked >= 3, "{asked} questions");
        });
    }
}
