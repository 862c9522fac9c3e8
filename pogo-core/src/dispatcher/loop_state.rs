//! What the event loop has in hand.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures::channel::mpsc;

use super::alarm::Alarm;
use super::commit::JournalTail;
use super::commit_delay::CommitDelay;
use super::fencing::Fencing;
use super::guarded::Guarded;
use super::job_command::JobCommand;
use super::message::Message;
use super::pending::Pending;
use super::queries::{Queries, Reply};
use super::running::Running;
use super::shutdown::Shutdown;
use super::start_request::StartRequest;
use super::waiters::Waiters;
use super::{Clock, Report};
use crate::Timestamp;
use crate::scheduler::{AttemptId, JobId, Scheduler};

/// Runs jobs: carries events to journal, transport and observer, and reports and orders back to the scheduler.
///
/// ```
/// use std::sync::Arc;
/// use async_trait::async_trait;
/// use pogo_core::dispatcher::{Attempt, Capabilities, Dispatcher, Reporter, Transport};
/// use pogo_core::fleet::Fleet;
/// use pogo_core::plan::{JobSpec, RemoteCommand};
/// use pogo_core::policy::Policy;
/// use pogo_core::scheduler::{JobStatus, Outcome};
///
/// struct Imaginary;
///
/// #[async_trait]
/// impl Transport for Imaginary {
///     fn capabilities(&self) -> Capabilities {
///         Capabilities::default()
///     }
///     async fn run(&self, _attempt: Attempt, _report: Reporter) -> Outcome {
///         Outcome::Succeeded
///     }
/// }
///
/// # futures::executor::block_on(async {
/// let fleet = Fleet::builder().tagged("web", "web[1-20]").build()?;
/// let (dispatcher, handle) = Dispatcher::builder(Arc::new(Imaginary)).build().await?;
/// let steer = async move {
///     handle.configure(Arc::new(fleet), Arc::new(Policy::default())).await?;
///     let job = handle.submit(JobSpec::new("$web".parse()?, RemoteCommand::shell("uptime"))).await?;
///     Ok::<_, Box<dyn std::error::Error>>(handle.wait(job).await?)
/// };
/// // Without a handle left to steer it, the dispatcher ends when there is nothing more to do.
/// let (ended, steered) = futures::join!(dispatcher.run(), steer);
/// ended?;
/// let end = steered?;
/// assert_eq!((end.status, end.tally.succeeded), (JobStatus::Finished, 20));
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub struct Dispatcher {
    pub(super) scheduler: Scheduler,
    pub(super) io: Io,
    /// Whether a handle is left.
    pub(super) steered: bool,
    pub(super) timer: Alarm,
    pub(super) timer_at: Option<Timestamp>,
    pub(super) now: Timestamp,
    pub(super) commands: BTreeMap<JobId, JobCommand>,
    /// Inputs that wait for the append in flight.
    pub(super) queue: VecDeque<Pending>,
    /// How long they wait for others without one.
    pub(super) delay: CommitDelay,
    /// Replies to orders, sent once their records are durable.
    pub(super) replies: Vec<Reply>,
    pub(super) queries: Queries,
    /// Those who want to follow, until the scheduler's state is durable.
    pub(super) stream_starts: Vec<StartRequest>,
    pub(super) waiters: Waiters,
    /// The work since the last notice.
    pub(super) turn: Turn,
    /// It is shutting down, and starts nothing more.
    pub(super) shutdown: Option<Shutdown>,
}

/// A dispatcher's inputs and outputs.
pub(super) struct Io {
    pub(super) running: Running,
    pub(super) fencing: Fencing,
    pub(super) reports: mpsc::UnboundedReceiver<(AttemptId, Report)>,
    pub(super) messages: mpsc::UnboundedReceiver<Message>,
    pub(super) start_requests: mpsc::UnboundedReceiver<StartRequest>,
    pub(super) tail: JournalTail,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) observer: Arc<Guarded>,
    pub(super) namespace: Arc<str>,
}

/// Work of the loop that is not noticed yet.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Turn {
    /// How many inputs it processed.
    pub(super) inputs: usize,
    /// How long that took.
    pub(super) took: Duration,
}

impl Dispatcher {
    pub(super) fn over(scheduler: Scheduler, io: Io) -> Self {
        Self {
            now: scheduler.now(),
            scheduler,
            steered: true,
            timer: Alarm::new(Arc::clone(&io.clock)),
            timer_at: None,
            commands: BTreeMap::new(),
            queue: VecDeque::new(),
            delay: io.running.commit_delay(),
            replies: Vec::new(),
            queries: Queries::default(),
            stream_starts: Vec::new(),
            waiters: Waiters::default(),
            turn: Turn::default(),
            shutdown: None,
            io,
        }
    }
}
