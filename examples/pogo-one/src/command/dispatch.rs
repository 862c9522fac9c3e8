//! Running one job to its end, with an operator at the keyboard.

use std::sync::Arc;

use pogo_core::dispatcher::{Dispatcher, Handle, Observer, OutputChunk, Transport};
use pogo_core::fleet::Fleet;
use pogo_core::plan::JobSpec;
use pogo_core::policy::Policy;
use pogo_core::scheduler::{Event, JobId, Record};
use tokio::signal::unix;
use tokio::sync::Notify;

use super::follow::{self, Follow};
use crate::ask::People;
use crate::exit::{Exit, Stop};
use crate::report::Screen;
use crate::source;

const JOB: JobId = JobId::new(1);

/// Runs the job; the screen shows it.
pub(super) async fn dispatch(
    (fleet, policy): (Arc<Fleet>, Arc<Policy>),
    spec: JobSpec,
    transport: Arc<dyn Transport>,
    (screen, people): (Arc<Screen>, Arc<People>),
    follow: Option<Follow>,
) -> Result<Exit, Stop> {
    let over = Arc::new(Notify::new());
    let observer = Arc::new(Watcher {
        screen: Arc::clone(&screen),
        over: Arc::clone(&over),
    });
    let (dispatcher, handle) = Dispatcher::builder(transport)
        .observer(observer)
        .build()
        .await
        .map_err(Stop::broken)?;
    // One listener for the whole job: a ^C that comes while another is dealt with must not get lost.
    let mut interrupted = unix::signal(unix::SignalKind::interrupt()).map_err(Stop::broken)?;
    let steer = async move {
        handle
            .configure(fleet, policy)
            .await
            .map_err(|error| source::not_ordered(&error))?;
        handle
            .submit(JOB, spec)
            .await
            .map_err(|error| source::not_ordered(&error))?;
        tokio::select! {
            () = listen(&handle, &mut interrupted, &over, (&screen, &people)) => {}
            () = follow::sources(follow, &handle, &screen) => {}
        }
        Ok::<(), Stop>(())
    };
    // On a worker, beside the connections that wake it: from a thread of its own, each message would be a switch.
    let dispatcher = tokio::spawn(dispatcher.run());
    let (ended, steered) = tokio::join!(dispatcher, steer);
    steered?;
    let ended = ended.map_err(Stop::broken)?.map_err(Stop::broken)?;
    Ok(ended
        .job(JOB)
        .map_or(Exit::Blocked, |job| Exit::of(job.status(), job.tally())))
}

/// Passes ^C on: the first stops starting, the second ends what runs. Returns when the job is over.
async fn listen(handle: &Handle, interrupted: &mut unix::Signal, over: &Notify, (screen, people): (&Screen, &People)) {
    let mut interrupts = 0;
    loop {
        tokio::select! {
            () = over.notified() => return,
            Some(()) = interrupted.recv() => interrupts += 1,
        }
        // A job that has just ended refuses; then its end is what comes next.
        let _ = match interrupts {
            1 => {
                screen.say("interrupted: starting no more, waiting for what runs (again to end it now)");
                handle.halt(JOB, "interrupted").await
            }
            2 => {
                screen.say("interrupted again: ending what runs");
                handle.abort(JOB, "interrupted twice").await
            }
            _ => {
                screen.say("leaving without waiting; what still runs is in doubt");
                People::leave();
                std::process::exit(i32::from(Exit::Blocked.code()));
            }
        };
        people.stopped();
    }
}

/// Shows events, and notices when the job can get no further.
struct Watcher {
    screen: Arc<Screen>,
    over: Arc<Notify>,
}

impl Observer for Watcher {
    fn event(&self, record: &Record) {
        self.screen.event(record);
        if let Event::JobFinished { .. } | Event::JobBlocked { .. } | Event::JobHalted { .. } = record.event {
            self.over.notify_one();
        }
    }

    fn output(&self, chunk: &OutputChunk<'_>) {
        self.screen.output(chunk);
    }
}
