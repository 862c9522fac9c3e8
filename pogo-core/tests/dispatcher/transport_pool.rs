//! Jobs that connect in ways of their own: each set of settings has its transport.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::executor::block_on;
use pogo_core::dispatcher::{
    Attempt, Capabilities, Dispatcher, Fence, Handle, Reporter, Transport, TransportError, TransportFactory,
    TransportPool,
};
use pogo_core::fleet::Host;
use pogo_core::journal::MemoryJournal;
use pogo_core::plan::{JobSpec, RemoteCommand, TransportSettings};
use pogo_core::scheduler::{AttemptId, FailureKind, FenceAnswer, JobId, NeverBegan, Outcome, Scheduler, TaskEventKind};
use pogo_core::testing::{TestAttempt, TestTransport};

use super::permission::{Unhurried, kinds};
use super::shop::{JOB, fleet_and_policy, spec};

/// Makes a transport for any user but `nobody`, and none for `alice` while she is away.
#[derive(Default)]
struct Users {
    made: Mutex<Vec<(TransportSettings, Arc<TestTransport>)>>,
    alice_is_away: AtomicBool,
    /// Transports that were made so far are outdated.
    are_outdated: Arc<AtomicUsize>,
}

/// The transport of a user, which goes by what was there when it was made.
struct MadeTransport {
    inner: Arc<TestTransport>,
    number: usize,
    outdated: Arc<AtomicUsize>,
}

#[async_trait]
impl Transport for MadeTransport {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        self.inner.run(attempt, report).await
    }

    fn resumes(&self, attempt: &Attempt) -> bool {
        self.inner.resumes(attempt)
    }

    fn is_outdated(&self) -> bool {
        self.number < self.outdated.load(Ordering::Relaxed)
    }

    async fn fence(&self, fence: Fence) -> FenceAnswer {
        self.inner.fence(fence).await
    }
}

struct Factory(Arc<Users>);

#[async_trait]
impl TransportFactory for Factory {
    fn capabilities(&self) -> Capabilities {
        TestTransport::default()
            .fencing(|_| FenceAnswer::NeverBegan)
            .capabilities()
    }

    fn resumes(&self, _: &Attempt) -> bool {
        true
    }

    async fn make(&self, settings: &TransportSettings) -> Result<Arc<dyn Transport>, TransportError> {
        let user = settings.value("user");
        if user == Some("nobody") {
            return Err(TransportError::invalid("nobody may log in"));
        }
        // She comes back while the first attempts wait.
        if user == Some("alice") && self.0.alice_is_away.swap(false, Ordering::Relaxed) {
            return Err(TransportError::not_ready("needs alice's agent"));
        }
        let transport = Arc::new(TestTransport::default().fencing(|_| FenceAnswer::NeverBegan));
        let mut made = self.0.made.lock().unwrap();
        let number = made.len();
        made.push((settings.clone(), Arc::clone(&transport)));
        // In a box of its own, so that the record of it does not count as a use.
        Ok(Arc::new(MadeTransport {
            inner: transport,
            number,
            outdated: Arc::clone(&self.0.are_outdated),
        }))
    }
}

impl Users {
    /// Who a transport was made for, in order.
    fn made(&self) -> Vec<String> {
        let made = self.made.lock().unwrap();
        let user = |settings: &TransportSettings| settings.value("user").unwrap_or("-").to_owned();
        made.iter().map(|(settings, _)| user(settings)).collect()
    }

    /// How many attempts the first transport of a user began to run.
    fn started(&self, user: &str) -> usize {
        let made = self.made.lock().unwrap();
        let mut of_user = made.iter().filter(|(settings, _)| settings.value("user") == Some(user));
        of_user.next().map_or(0, |(_, transport)| transport.steps().len() / 2)
    }
}

fn as_user(user: &str) -> TransportSettings {
    TransportSettings::new().set("user", user)
}

fn pool() -> (Arc<Users>, TransportPool) {
    let users = Arc::new(Users::default());
    (Arc::clone(&users), TransportPool::new(Factory(users)))
}

/// Runs these jobs to their end.
async fn run(pool: TransportPool, journal: &MemoryJournal, specs: Vec<JobSpec>) -> Scheduler {
    let clock = Arc::new(Unhurried::default());
    let builder = Dispatcher::builder(Arc::new(pool.clock(Arc::clone(&clock) as _))).clock(clock);
    let (dispatcher, handle): (_, Handle) = builder.journal(Arc::new(journal.clone())).build().await.unwrap();
    let steer = async move {
        let (fleet, policy) = fleet_and_policy();
        handle.configure(fleet, policy).await.unwrap();
        for spec in specs {
            handle.submit(spec).await.unwrap();
        }
    };
    futures::join!(dispatcher.run(), steer).0.unwrap()
}

#[test]
fn jobs_with_equal_settings_share_a_transport_and_others_have_their_own() {
    block_on(async {
        let (users, pool) = pool();
        let specs = ["bob", "carol", "bob"].map(|user| spec().transport_settings(as_user(user)));
        let ended = run(pool, &MemoryJournal::new(), specs.to_vec()).await;
        let tallies = ended.jobs().map(|job| job.tally().succeeded);
        assert_eq!(tallies.collect::<Vec<_>>(), [4, 4, 4]);
        let mut made = users.made();
        made.sort();
        assert_eq!(made, ["bob", "carol"]);
        assert_eq!((users.started("bob"), users.started("carol")), (8, 4));
    });
}

#[test]
fn a_job_without_settings_of_its_own_has_the_transport_of_the_defaults() {
    block_on(async {
        let (users, pool) = pool();
        run(pool, &MemoryJournal::new(), vec![spec()]).await;
        assert_eq!(users.made(), ["-"]);
    });
}

#[test]
fn attempts_of_a_job_with_invalid_settings_are_refused_and_whoever_prepares_hears_it_before() {
    block_on(async {
        let (_, pool) = pool();
        let error = pool.prepare(&as_user("nobody")).await.err().unwrap();
        assert_eq!(error, TransportError::invalid("nobody may log in"));
        let journal = MemoryJournal::new();
        run(pool, &journal, vec![spec().transport_settings(as_user("nobody"))]).await;
        let refused = kinds(&journal.records(), "web1").into_iter().any(|kind| match kind {
            TaskEventKind::Failed { failure, .. } => {
                failure.kind == FailureKind::Refused && failure.message == "nobody may log in"
            }
            _ => false,
        });
        assert!(refused);
    });
}

#[test]
fn a_job_whose_transport_is_not_ready_waits_and_no_host_fails() {
    block_on(async {
        let (users, pool) = pool();
        users.alice_is_away.store(true, Ordering::Relaxed);
        let journal = MemoryJournal::new();
        let ended = run(pool, &journal, vec![spec().transport_settings(as_user("alice"))]).await;
        let records = journal.records();
        let waited = |host: &str| {
            let kinds = kinds(&records, host);
            kinds.into_iter().any(|kind| match kind {
                TaskEventKind::NeverBegan { reason, message, .. } => {
                    (reason, message.as_str()) == (NeverBegan::NotReady, "needs alice's agent")
                }
                TaskEventKind::Failed { .. } => panic!("it failed"),
                _ => false,
            })
        };
        assert!(["web1", "web2", "web3", "web4"].into_iter().any(waited));
        assert_eq!(ended.job(JOB).unwrap().tally().succeeded, 4);
        pogo_audit::audit(&records).unwrap();
    });
}

fn attempt(user: &str) -> Attempt {
    let host = Host::new("web1".parse().unwrap());
    let mut attempt = Attempt::new(
        JobId::new(1),
        AttemptId::new(1),
        host,
        RemoteCommand::shell("true"),
        std::time::Duration::from_secs(60),
    );
    attempt.transport_settings = as_user(user);
    attempt
}

#[test]
fn an_attempt_that_may_still_run_is_in_doubt_without_its_transport() {
    block_on(async {
        let (users, pool) = pool();
        for (user, message) in [("alice", "needs alice's agent"), ("nobody", "nobody may log in")] {
            users.alice_is_away.store(true, Ordering::Relaxed);
            let (mut attempt, report, _watch) = TestAttempt::at("web1", RemoteCommand::shell("true")).start();
            (attempt.resumed, attempt.transport_settings) = (true, as_user(user));
            assert_eq!(pool.run(attempt, report).await, Outcome::in_doubt(message));
        }
    });
}

#[test]
fn hosts_are_asked_through_the_transport_of_the_job() {
    block_on(async {
        let (users, pool) = pool();
        assert_eq!(pool.fence(Fence::new(attempt("bob"))).await, FenceAnswer::NeverBegan);
        assert_eq!(users.made(), ["bob"]);
        let unreachable = pool.fence(Fence::new(attempt("nobody"))).await;
        assert_eq!(unreachable, FenceAnswer::unreachable("nobody may log in"));
    });
}

#[test]
fn a_transport_that_could_not_be_made_is_tried_again() {
    block_on(async {
        let (users, pool) = pool();
        users.alice_is_away.store(true, Ordering::Relaxed);
        assert!(pool.prepare(&as_user("alice")).await.is_err());
        assert!(pool.prepare(&as_user("alice")).await.is_ok());
    });
}

#[test]
fn of_many_transports_those_that_nobody_uses_go_and_the_oldest_first() {
    block_on(async {
        let (users, pool) = pool();
        let user = |number: usize| as_user(&format!("user{number}"));
        let kept = pool.prepare(&user(0)).await.unwrap();
        for number in 1..20 {
            pool.prepare(&user(number)).await.unwrap();
        }
        assert_eq!(users.made().len(), 20);
        // In use, and one of the last.
        for number in [0, 19, 18, 13] {
            pool.prepare(&user(number)).await.unwrap();
        }
        assert_eq!(users.made().len(), 20);
        pool.prepare(&user(1)).await.unwrap();
        assert_eq!(users.made().len(), 21);
        drop(kept);
    });
}

#[test]
fn an_outdated_transport_gives_way_to_another_and_keeps_what_it_runs() {
    block_on(async {
        let (users, pool) = pool();
        let running = pool.prepare(&as_user("bob")).await.unwrap();
        assert!(!running.is_outdated());
        assert!(Arc::ptr_eq(&running, &pool.prepare(&as_user("bob")).await.unwrap()));
        users.are_outdated.store(1, Ordering::Relaxed);
        let fresh = pool.prepare(&as_user("bob")).await.unwrap();
        assert!(!Arc::ptr_eq(&running, &fresh) && !fresh.is_outdated());
        assert!(Arc::ptr_eq(&fresh, &pool.prepare(&as_user("bob")).await.unwrap()));
        assert_eq!(users.made(), ["bob", "bob"]);
    });
}
