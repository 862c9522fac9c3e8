//! A small namespace, and a transport that keeps count of what it ran.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use pogo_core::Timestamp;
use pogo_core::dispatcher::{
    Attempt, Capabilities, Clock, DispatchError, Dispatcher, JournalRetry, Reporter, Transport,
};
use pogo_core::fleet::Fleet;
use pogo_core::journal::Journal;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule};
use pogo_core::scheduler::{FailureKind, JobId, Outcome, Scheduler};

pub(crate) const JOB: JobId = JobId::new(1);

/// Runs nothing and says it succeeded. Keeps the hosts in the order in which they ran.
#[derive(Default)]
pub(crate) struct Counting {
    pub(crate) ran: Mutex<Vec<String>>,
    /// Hosts whose attempts never end.
    pub(crate) stuck: Vec<&'static str>,
    /// Whether it resumes attempts that another began.
    pub(crate) resumes: bool,
    /// Hosts that cannot be reached.
    pub(crate) gone: Vec<&'static str>,
    /// The directories of hooks of each attempt.
    pub(crate) hooks: Mutex<Vec<[Option<Arc<str>>; 2]>>,
}

impl Counting {
    pub(crate) fn ran(&self) -> Vec<String> {
        self.ran.lock().unwrap().clone()
    }
}

#[async_trait]
impl Transport for Counting {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn run(&self, attempt: Attempt, _report: Reporter) -> Outcome {
        let host = attempt.host.name.to_string();
        let stuck = self.stuck.contains(&host.as_str());
        let gone = self.gone.contains(&host.as_str());
        self.ran.lock().unwrap().push(host);
        self.hooks.lock().unwrap().push([attempt.pre_hooks, attempt.post_hooks]);
        if stuck {
            futures::future::pending::<()>().await;
        }
        if gone {
            return Outcome::failed(FailureKind::Unreachable, "no route");
        }
        Outcome::Succeeded
    }

    fn resumes(&self, _attempt: &Attempt) -> bool {
        self.resumes
    }
}

/// Time that passes only when it is waited for.
#[derive(Default)]
pub(crate) struct Patient(Mutex<Timestamp>);

#[async_trait]
impl Clock for Patient {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        let mut now = self.0.lock().unwrap();
        *now = deadline.max(*now);
    }
}

/// Four hosts, one at a time.
pub(crate) fn fleet_and_policy() -> (Arc<Fleet>, Arc<Policy>) {
    let fleet = Fleet::builder().tagged("web", "web[1-4]").build().unwrap();
    let limit = Constraint::new("$web".parse().unwrap(), Rule::MaxParallel("1".parse().unwrap()));
    let policy = Policy::new().constraint(limit);
    (Arc::new(fleet), Arc::new(policy))
}

pub(crate) fn spec() -> JobSpec {
    JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell("true"))
}

/// Configures the namespace, runs one job in it and returns how it ended.
pub(crate) async fn run_a_job(
    transport: &Arc<Counting>,
    journal: Arc<dyn Journal>,
) -> Result<Scheduler, DispatchError> {
    let builder = Dispatcher::builder(Arc::clone(transport) as _);
    let (dispatcher, handle) = builder
        .journal(journal)
        .clock(Arc::new(Patient::default()))
        .journal_retry(JournalRetry::forever().give_up_after(Duration::from_secs(30)))
        .build()
        .await?;
    let steer = async move {
        let (fleet, policy) = fleet_and_policy();
        // A dispatcher that had to stop says so itself.
        if handle.configure(fleet, policy).await.is_ok() {
            let _ = handle.submit(spec()).await;
        }
    };
    futures::join!(dispatcher.run(), steer).0
}
