//! Runs one job to its end, under the control of an operator.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pogo_core::dispatcher::{Dispatcher, Handle, Observer, Resolvers, Transport};
use pogo_core::fleet::{Fleet, HostName};
use pogo_core::plan::JobSpec;
use pogo_core::policy::Policy;
use pogo_core::scheduler::{JobEventKind, JobId, JobStatus, Record, Tally};

use super::follow::{self, FollowedSources};
use super::stop::{JobStopper, StopSignals};
use crate::actor::local_actor;
use crate::ask::TerminalPrompter;
use crate::exit::{CliError, Exit};
use crate::report::Screen;
use crate::submission::{self, ASSUMED_DOWN};

/// An operator's choices for a job, and the interfaces to the operator.
pub(super) struct Operator {
    pub(super) screen: Arc<Screen>,
    pub(super) terminal: Arc<TerminalPrompter>,
    pub(super) follow: Option<FollowedSources>,
    /// Resolvers of tags outside the inventory.
    pub(super) resolvers: Option<Resolvers>,
    /// Why the job is run.
    pub(super) reason: Option<String>,
    /// Hosts that are assumed to be down.
    pub(super) down: Vec<HostName>,
    /// How long attempts may run on after SIGTERM or SIGHUP.
    pub(super) stop_grace: Duration,
}

/// Runs the job; the screen shows it, and its end, whatever that is.
pub(super) async fn dispatch(
    namespace: (Arc<Fleet>, Arc<Policy>),
    spec: JobSpec,
    transport: Arc<dyn Transport>,
    operator: Operator,
) -> Result<Exit, CliError> {
    let screen = Arc::clone(&operator.screen);
    let exit = run_to_end(namespace, spec, transport, operator).await;
    let shown = screen.finish();
    // The error of the job matters more than an error of showing it.
    let exit = exit?;
    shown?;
    Ok(exit)
}

async fn run_to_end(
    namespace: (Arc<Fleet>, Arc<Policy>),
    spec: JobSpec,
    transport: Arc<dyn Transport>,
    mut operator: Operator,
) -> Result<Exit, CliError> {
    let finished = Arc::new(FinishedJob::default());
    let mut builder = Dispatcher::builder(transport)
        .observer(Arc::clone(&operator.screen) as _)
        .observer(Arc::clone(&finished) as _);
    if let Some(resolvers) = operator.resolvers.take() {
        builder = builder.resolvers(resolvers);
    }
    let (dispatcher, handle) = builder.build().await.map_err(CliError::broken)?;
    // One listener for the whole job: a signal that comes while another is handled must not get lost.
    let signals = StopSignals::listen().map_err(CliError::broken)?;
    let actor = local_actor();
    operator.screen.watched_by(&actor);
    let steering = handle.as_actor(actor);
    // The dispatcher ends once no handle is left.
    drop(handle);
    let steer = steer(steering, namespace, spec, (operator, signals));
    // On a worker, beside the connections that wake it: from a thread of its own, each message would be a switch.
    let mut dispatcher = tokio::spawn(dispatcher.run());
    let (ended, job) = tokio::select! {
        // A failed dispatcher never reports the end of the job.
        ended = &mut dispatcher => (ended, None),
        steered = steer => {
            let job = steered?;
            (dispatcher.await, Some(job))
        }
    };
    let ended = ended.map_err(CliError::broken)?.map_err(CliError::broken)?;
    let job = job.and_then(|job| ended.job(job));
    Ok(match (job, finished.tally()) {
        (Some(job), _) => Exit::of(job.status(), job.tally()),
        (None, Some(tally)) => Exit::of(JobStatus::Finished, tally),
        (None, None) => Exit::Blocked,
    })
}

/// How the job finished, which its scheduler no longer knows where the policy lets jobs retire at once.
#[derive(Default)]
struct FinishedJob(Mutex<Option<Tally>>);

impl FinishedJob {
    fn tally(&self) -> Option<Tally> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for FinishedJob {
    fn event(&self, record: &Record) {
        if let Some(JobEventKind::Finished { tally }) = record.event.job_kind() {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(*tally);
        }
    }
}

/// Submits the job, and passes on signals and changes of the inventory until it is over. The dispatcher ends when the
/// handle is dropped.
async fn steer(
    handle: Handle,
    (fleet, policy): (Arc<Fleet>, Arc<Policy>),
    spec: JobSpec,
    (operator, mut signals): (Operator, StopSignals),
) -> Result<JobId, CliError> {
    let refused = |error| submission::order_error(&error);
    handle.configure(fleet, policy).await.map_err(refused)?;
    for host in operator.down {
        handle.mark_down(host, ASSUMED_DOWN).await.map_err(refused)?;
    }
    let order = submission::order(spec, operator.reason.as_deref());
    let answer = handle.execute(order).await.map_err(refused)?;
    let no_number = || CliError::broken("a submission has no number");
    let job = answer.job().ok_or_else(no_number)?;
    let stopper = JobStopper {
        job,
        handle: &handle,
        screen: &operator.screen,
        terminal: &operator.terminal,
        grace: operator.stop_grace,
    };
    tokio::select! {
        // A dispatcher that stops earlier reports its error itself.
        _ = handle.wait(job) => {}
        () = stopper.handle_signals(&mut signals) => {}
        () = follow::sources(operator.follow, &handle, &operator.screen) => {}
    }
    Ok(job)
}
