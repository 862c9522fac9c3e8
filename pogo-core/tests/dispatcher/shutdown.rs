//! A dispatcher that is shut down leaves a journal with which the next goes on.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::executor::block_on;
use futures::future::{Either, join, select};
use pogo_core::Timestamp;
use pogo_core::dispatcher::{Attempt, Capabilities, Clock as _, Dispatcher, Handle, OrderError, Reporter, Transport};
use pogo_core::journal::MemoryJournal;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::scheduler::{
    CancelReason, Event, FailureKind, Input, InputError, JobStatus, Outcome, Scheduler, TaskEvent, TaskEventKind,
    TaskState,
};

use super::shop::{JOB, fleet_and_policy, spec};
use super::yields::{Manual, Watched};

const GRACE: Duration = Duration::from_secs(60);

/// Runs what it is handed until the test lets it end.
#[derive(Default)]
struct Gated {
    open: Watched<BTreeSet<String>>,
    ran: Watched<Vec<String>>,
    confirms: bool,
    resumes: bool,
    /// Hosts that cannot be reached.
    gone: Vec<&'static str>,
}

#[async_trait]
impl Transport for Gated {
    fn capabilities(&self) -> Capabilities {
        match self.confirms {
            true => Capabilities::default().with_confirmed_cancel(),
            false => Capabilities::default(),
        }
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        let host = attempt.host.name.to_string();
        self.ran.change(|ran| ran.push(host.clone()));
        if self.gone.contains(&host.as_str()) {
            return Outcome::failed(FailureKind::Unreachable, "");
        }
        let ends = Box::pin(self.open.until(|open| open.contains(&host)));
        match select(ends, Box::pin(report.cancelled())).await {
            Either::Left(_) => Outcome::Succeeded,
            Either::Right(_) => Outcome::failed(
                FailureKind::Signal {
                    signal: "TERM".to_owned(),
                },
                "",
            ),
        }
    }

    fn resumes(&self, _attempt: &Attempt) -> bool {
        self.resumes
    }
}

impl Gated {
    fn open(&self, hosts: &[&str]) {
        self.open
            .change(|open| open.extend(hosts.iter().map(|&host| host.to_owned())));
    }

    fn open_all(&self) {
        self.open(&["web1", "web2", "web3", "web4"]);
    }
}

/// A journal, and what one dispatcher after the other runs over.
#[derive(Default)]
struct Place {
    journal: MemoryJournal,
    clock: Arc<Manual>,
    transport: Arc<Gated>,
}

impl Place {
    fn over(transport: Gated) -> Self {
        let transport = Arc::new(transport);
        Self {
            transport,
            ..Self::default()
        }
    }

    /// Runs a dispatcher to its end, with these orders.
    async fn run<F: Future<Output = ()>>(&self, orders: impl FnOnce(Handle) -> F) -> Scheduler {
        let builder = Dispatcher::builder(Arc::clone(&self.transport) as _).journal(Arc::new(self.journal.clone()));
        let (dispatcher, handle) = builder.clock(Arc::clone(&self.clock) as _).build().await.unwrap();
        let (ended, ()) = join(dispatcher.run(), orders(handle)).await;
        let ended = ended.unwrap();
        let replayed = pogo_core::journal::replay(&self.journal.records()).unwrap();
        assert!(replayed.same_state(&ended), "the journal is the state");
        ended
    }

    /// Submits this job, and shuts down while `web1` runs; then does this.
    async fn shut_down_in_the_middle<F: Future<Output = ()>>(
        &self,
        job: JobSpec,
        then: impl FnOnce(Handle) -> F,
    ) -> Scheduler {
        self.run(async |handle| {
            let (fleet, policy) = fleet_and_policy();
            handle.configure(fleet, policy).await.unwrap();
            handle.submit(job).await.unwrap();
            self.transport.ran.until(|ran| !ran.is_empty()).await;
            handle.shutdown(GRACE).await.unwrap();
            then(handle).await;
        })
        .await
    }

    /// The next dispatcher lets everything end.
    async fn go_on(&self) -> Scheduler {
        self.transport.open_all();
        self.run(async |handle| drop(handle)).await
    }

    fn ran(&self) -> Vec<String> {
        self.transport.ran.get(Clone::clone)
    }

    fn cancels(&self) -> Vec<CancelReason> {
        let cancel = |event| match event {
            Event::Task(TaskEvent {
                kind: TaskEventKind::CancelRequested { reason, .. },
                ..
            }) => Some(reason),
            _ => None,
        };
        self.journal
            .records()
            .into_iter()
            .filter_map(|record| cancel(record.event))
            .collect()
    }
}

fn states(scheduler: &Scheduler) -> Vec<TaskState> {
    scheduler.job(JOB).unwrap().tasks().map(|task| task.state()).collect()
}

#[test]
fn what_runs_may_end_and_nothing_starts_after_it() {
    block_on(async {
        let place = Place::default();
        let ended = place
            .shut_down_in_the_middle(spec(), async |_handle| place.transport.open_all())
            .await;
        assert_eq!(place.ran(), ["web1"]);
        assert_eq!(
            place.clock.now(),
            Timestamp::EPOCH,
            "nobody waits for a time that is not needed"
        );
        assert_eq!(
            states(&ended),
            [
                TaskState::Succeeded,
                TaskState::Waiting,
                TaskState::Waiting,
                TaskState::Waiting
            ]
        );
        assert_eq!(ended.job(JOB).unwrap().status(), JobStatus::Running, "it is no pause");
        let ended = place.go_on().await;
        assert_eq!(place.ran(), ["web1", "web2", "web3", "web4"]);
        assert_eq!(ended.job(JOB).unwrap().status(), JobStatus::Finished);
        assert_eq!(ended.job(JOB).unwrap().tally().succeeded, 4);
        assert_eq!(place.cancels(), []);
    });
}

#[test]
fn what_runs_longer_is_cancelled_and_its_retries_are_the_next_dispatchers() {
    for retries in [0, 1] {
        block_on(async {
            let place = Place::over(Gated {
                confirms: true,
                ..Gated::default()
            });
            let job = spec().retries(retries).retry_delay(Duration::ZERO);
            let ended = place
                .shut_down_in_the_middle(job, async |_handle| place.clock.pass(GRACE))
                .await;
            assert_eq!(place.ran(), ["web1"]);
            assert_eq!(place.cancels(), [CancelReason::Shutdown]);
            let task = ended.job(JOB).unwrap().tasks().next().unwrap();
            if retries == 1 {
                assert_eq!(task.state(), TaskState::Waiting);
                let ended = place.go_on().await;
                assert_eq!(ended.job(JOB).unwrap().tally().succeeded, 4);
                assert_eq!(place.ran(), ["web1", "web1", "web2", "web3", "web4"]);
            } else {
                let failure = task.failure().unwrap().to_string();
                assert!(failure.contains("by the shutdown of its dispatcher"), "{failure}");
            }
        });
    }
}

#[test]
fn what_cannot_be_cancelled_with_an_answer_is_in_doubt() {
    block_on(async {
        let place = Place::default();
        let ended = place
            .shut_down_in_the_middle(spec(), async |_handle| place.clock.pass(GRACE))
            .await;
        assert_eq!(states(&ended)[0], TaskState::InDoubt);
        assert_eq!(place.cancels(), [CancelReason::Shutdown]);
    });
}

#[test]
fn what_can_be_resumed_is_left_to_the_next_dispatcher() {
    block_on(async {
        let place = Place::over(Gated {
            resumes: true,
            confirms: true,
            ..Gated::default()
        });
        let ended = place
            .shut_down_in_the_middle(spec(), async |_handle| place.clock.pass(GRACE))
            .await;
        assert_eq!(states(&ended)[0], TaskState::Running);
        assert_eq!(place.cancels(), []);
        let ended = place.go_on().await;
        assert_eq!(ended.job(JOB).unwrap().tally().succeeded, 4);
        let attempts: Vec<u32> = ended.job(JOB).unwrap().tasks().map(|task| task.attempts()).collect();
        assert_eq!(attempts, [1, 1, 1, 1], "it goes on under its number");
    });
}

#[test]
fn the_shortest_of_several_times_counts() {
    block_on(async {
        let place = Place::default();
        let then = async |handle: Handle| {
            handle.shutdown(GRACE / 2).await.unwrap();
            handle.shutdown(GRACE * 10).await.unwrap();
            place.clock.pass(GRACE / 2);
        };
        let ended = place.shut_down_in_the_middle(spec(), then).await;
        assert_eq!(states(&ended)[0], TaskState::InDoubt);
    });
}

#[test]
fn orders_that_start_something_are_refused_and_all_others_are_taken() {
    block_on(async {
        let place = Place::default();
        let then = async |handle: Handle| {
            let draining = Err(OrderError::Refused(InputError::Draining));
            let web2 = vec!["web2".parse().unwrap()];
            assert_eq!(handle.submit(spec()).await.map(|_| ()), draining);
            assert_eq!(handle.retry(JOB, web2.clone()).await.map(|_| ()), draining);
            assert_eq!(handle.resume(JOB).await, draining);
            assert_eq!(handle.promote(JOB).await, draining);
            handle.skip(JOB, web2).await.unwrap();
            handle.mark_down("web4".parse().unwrap(), "burnt").await.unwrap();
            handle.pause(JOB).await.unwrap();
            place.transport.open_all();
        };
        let ended = place.shut_down_in_the_middle(spec(), then).await;
        assert_eq!(ended.job(JOB).unwrap().status(), JobStatus::Paused);
        assert_eq!(place.ran(), ["web1"]);
    });
}

#[test]
fn a_host_that_settles_is_not_waited_for_and_settles_in_the_next_dispatcher() {
    block_on(async {
        let place = Place::default();
        let job = JobSpec::new("web1".parse().unwrap(), RemoteCommand::shell("true")).settle(GRACE * 10);
        let ended = place
            .shut_down_in_the_middle(job, async |_handle| place.transport.open_all())
            .await;
        assert_eq!(states(&ended), [TaskState::Running]);
        place.clock.pass(GRACE * 10);
        let ended = place.go_on().await;
        assert_eq!(states(&ended), [TaskState::Succeeded]);
        assert_eq!(place.cancels(), []);
    });
}

#[test]
fn a_retry_whose_delay_ends_meanwhile_is_left_to_the_next_dispatcher() {
    block_on(async {
        let place = Place::over(Gated {
            gone: vec!["web1"],
            ..Gated::default()
        });
        // The first host fails and is to be tried again, while the second runs.
        let job = spec().retries(1).retry_delay(GRACE / 4);
        let ended = place
            .run(async |handle| {
                let fleet = fleet_and_policy().0;
                handle.configure(fleet, Arc::default()).await.unwrap();
                handle.submit(job).await.unwrap();
                place.transport.ran.until(|ran| ran.len() == 4).await;
                handle.shutdown(GRACE).await.unwrap();
                place.clock.pass(GRACE / 2);
                // Two looks, so that the dispatcher has seen that time has passed.
                for _ in 0..2 {
                    let running = handle.query(|scheduler| scheduler.attempts().len()).await;
                    assert_eq!(running, Ok(3));
                }
                place.transport.open_all();
            })
            .await;
        assert_eq!(place.ran(), ["web1", "web2", "web3", "web4"]);
        assert_eq!(states(&ended)[0], TaskState::Waiting);
        assert_eq!(ended.job(JOB).unwrap().status(), JobStatus::Running);
        let ended = place.go_on().await;
        assert_eq!(place.ran().last().map(String::as_str), Some("web1"));
        assert_eq!(ended.job(JOB).unwrap().tally().failed, 1);
    });
}

#[test]
fn an_attempt_that_was_never_started_cannot_be_cancelled() {
    let attempt = pogo_core::scheduler::AttemptId::new(1);
    let refused = Scheduler::new().handle(Timestamp::EPOCH, Input::Drain { cancel: vec![attempt] });
    assert_eq!(refused, Err(InputError::UnknownAttempt { attempt }));
}
