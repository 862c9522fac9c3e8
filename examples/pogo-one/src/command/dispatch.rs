//! Running one job to its end, with an operator at the keyboard.

use std::sync::Arc;
use std::time::Duration;

use pogo_core::dispatcher::{Dispatcher, Transport};
use pogo_core::fleet::{Fleet, HostName};
use pogo_core::plan::JobSpec;
use pogo_core::policy::Policy;
use pogo_core::scheduler::JobId;

use super::follow::{self, Follow};
use super::stop::{StopSignals, Stopping};
use crate::ask::People;
use crate::exit::{Exit, Stop};
use crate::report::Screen;
use crate::source::{self, ASSUMED_DOWN};

/// Who follows and steers a job from outside.
pub(super) struct Operator {
    pub(super) screen: Arc<Screen>,
    pub(super) people: Arc<People>,
    pub(super) follow: Option<Follow>,
    /// Hosts that are taken to be down.
    pub(super) down: Vec<HostName>,
    /// How long what runs may go on after SIGTERM or SIGHUP.
    pub(super) stop_grace: Duration,
}

/// Runs the job; the screen shows it, and its end, whatever that is.
pub(super) async fn dispatch(
    namespace: (Arc<Fleet>, Arc<Policy>),
    spec: JobSpec,
    transport: Arc<dyn Transport>,
    operator: Operator,
) -> Result<Exit, Stop> {
    let screen = Arc::clone(&operator.screen);
    let exit = run_to_end(namespace, spec, transport, operator).await;
    let shown = screen.finish();
    // That it broke matters more than that this could not be shown.
    let exit = exit?;
    shown?;
    Ok(exit)
}

async fn run_to_end(
    (fleet, policy): (Arc<Fleet>, Arc<Policy>),
    spec: JobSpec,
    transport: Arc<dyn Transport>,
    operator: Operator,
) -> Result<Exit, Stop> {
    let Operator {
        screen,
        people,
        follow,
        down,
        stop_grace,
    } = operator;
    let (dispatcher, handle) = Dispatcher::builder(transport)
        .observer(Arc::clone(&screen) as _)
        .build()
        .await
        .map_err(Stop::broken)?;
    // One listener for the whole job: a signal that comes while another is dealt with must not get lost.
    let mut signals = StopSignals::listen().map_err(Stop::broken)?;
    let steer = async move {
        handle
            .configure(fleet, policy)
            .await
            .map_err(|error| source::not_ordered(&error))?;
        for host in down {
            let marked = handle.mark_down(host, ASSUMED_DOWN).await;
            marked.map_err(|error| source::not_ordered(&error))?;
        }
        let job = handle.submit(spec).await.map_err(|error| source::not_ordered(&error))?;
        let stopping = Stopping {
            job,
            handle: &handle,
            screen: &screen,
            people: &people,
            grace: stop_grace,
        };
        tokio::select! {
            // One that stops before says why itself.
            _ = handle.wait(job) => {}
            () = stopping.obey(&mut signals) => {}
            () = follow::sources(follow, &handle, &screen) => {}
        }
        Ok::<JobId, Stop>(job)
    };
    // On a worker, beside the connections that wake it: from a thread of its own, each message would be a switch.
    let mut dispatcher = tokio::spawn(dispatcher.run());
    let (ended, job) = tokio::select! {
        // One that breaks never tells that the job is over.
        ended = &mut dispatcher => (ended, None),
        steered = steer => {
            let job = steered?;
            (dispatcher.await, Some(job))
        }
    };
    let ended = ended.map_err(Stop::broken)?.map_err(Stop::broken)?;
    let job = job.and_then(|job| ended.job(job));
    Ok(job.map_or(Exit::Blocked, |job| Exit::of(job.status(), job.tally())))
}
