//! The event loop: what wakes the dispatcher, and what it does then.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures::channel::mpsc;
use futures::future::{BoxFuture, Fuse, FutureExt, poll_fn};
use futures::stream::StreamExt;

use super::attempts::JobCommand;
use super::commit::Tail;
use super::guarded::Guarded;
use super::handle::Message;
use super::messages::Reply;
use super::running::Running;
use super::shutdown::Shutdown;
use super::waiters::Waiters;
use super::{Clock, DispatchError, Notice, Observer, Report};
use crate::Timestamp;
use crate::journal::JournalError;
use crate::scheduler::{
    AttemptId, BeginRefused, Event, Input, InputError, JobEvent, JobEventKind, JobId, Record, Scheduler, TaskEvent,
    TaskEventKind,
};

/// Runs jobs: carries events to journal, transport and observer, and reports and orders back to the scheduler.
///
/// ```
/// use std::sync::Arc;
/// use async_trait::async_trait;
/// use pogo_core::dispatcher::{Attempt, Capabilities, Dispatcher, Reporter, Transport};
/// use pogo_core::fleet::Fleet;
/// use pogo_core::plan::{Command, JobSpec};
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
///     let job = handle.submit(JobSpec::new("$web".parse()?, Command::shell("uptime"))).await?;
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
    pub(super) running: Running,
    reports: mpsc::UnboundedReceiver<(AttemptId, Report)>,
    messages: mpsc::UnboundedReceiver<Message>,
    /// Whether a handle is left.
    steered: bool,
    pub(super) tail: Tail,
    pub(super) clock: Arc<dyn Clock>,
    observer: Arc<Guarded>,
    timer: Fuse<BoxFuture<'static, ()>>,
    timer_at: Option<Timestamp>,
    pub(super) now: Timestamp,
    pub(super) commands: BTreeMap<JobId, JobCommand>,
    pub(super) namespace: Arc<str>,
    pub(super) waiters: Waiters,
    /// It is to end, and starts nothing more.
    pub(super) shutdown: Option<Shutdown>,
}

/// What a dispatcher reads from and writes to.
pub(super) struct Io {
    pub(super) running: Running,
    pub(super) reports: mpsc::UnboundedReceiver<(AttemptId, Report)>,
    pub(super) messages: mpsc::UnboundedReceiver<Message>,
    pub(super) tail: Tail,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) observer: Arc<Guarded>,
    pub(super) namespace: Arc<str>,
}

/// What wakes the dispatcher.
enum Wakeup {
    /// An attempt entered a phase, or asks whether it may begin.
    Report(AttemptId, Report),
    /// An attempt ended.
    Ended(AttemptId, crate::scheduler::Outcome),
    /// A handle sent an order or a query.
    Message(Message),
    /// The last handle was dropped: nobody gives orders any more.
    HandlesDropped,
    /// The scheduler asked to be woken at this time.
    Timeout,
    /// The journal is owned by somebody else.
    Lost,
}

impl Dispatcher {
    /// The most inputs that share one commit.
    const BATCH: usize = 1_000;

    pub(super) fn over(scheduler: Scheduler, io: Io) -> Self {
        let Io {
            running,
            reports,
            messages,
            tail,
            clock,
            observer,
            namespace,
        } = io;
        Self {
            now: scheduler.now(),
            scheduler,
            running,
            reports,
            messages,
            steered: true,
            tail,
            clock,
            observer,
            timer: Fuse::terminated(),
            timer_at: None,
            commands: BTreeMap::new(),
            namespace,
            waiters: Waiters::default(),
            shutdown: None,
        }
    }

    /// Runs until every [`Handle`](super::Handle) is dropped and nothing more happens by itself: all jobs are finished, or wait for
    /// an operator. That the time limit of such a job is still to run out is not waited for. Or until it has
    /// [shut down](super::Handle::shutdown). Returns the scheduler as it then is.
    ///
    /// # Errors
    /// The journal failed, or another dispatcher took over. Attempts under way are dropped; nothing more is started. Or the
    /// observer panicked, which is reported once everything is over.
    pub async fn run(mut self) -> Result<Scheduler, DispatchError> {
        loop {
            self.arm_timer();
            if self.is_over() {
                return match self.observer.panics() {
                    0 => Ok(self.scheduler),
                    panics => Err(DispatchError::Observer { panics }),
                };
            }
            let first = self.next_wakeup().await;
            let mut wakeups = VecDeque::from([first]);
            while wakeups.len() < Self::BATCH
                && let Some(more) = self.next_wakeup().now_or_never()
            {
                wakeups.push_back(more);
            }
            self.process_batch(wakeups).await?;
        }
    }

    fn is_over(&self) -> bool {
        match &self.shutdown {
            Some(shutdown) => self.running.all_among(&shutdown.left),
            None => !self.steered && self.running.is_empty() && self.scheduler.is_at_rest(),
        }
    }

    /// Waits for what comes next. Always in the same order: what an attempt reported comes before its end.
    async fn next_wakeup(&mut self) -> Wakeup {
        poll_fn(|context| {
            use std::task::Poll;
            if self.tail.poll_lost(context).is_ready() {
                return Poll::Ready(Wakeup::Lost);
            }
            if let Poll::Ready(Some((attempt, report))) = self.reports.poll_next_unpin(context) {
                return Poll::Ready(Wakeup::Report(attempt, report));
            }
            if let Poll::Ready((attempt, outcome)) = self.running.poll_end(context) {
                return Poll::Ready(Wakeup::Ended(attempt, outcome));
            }
            if self.steered {
                match self.messages.poll_next_unpin(context) {
                    Poll::Ready(Some(message)) => return Poll::Ready(Wakeup::Message(message)),
                    Poll::Ready(None) => return Poll::Ready(Wakeup::HandlesDropped),
                    Poll::Pending => {}
                }
            }
            self.timer.poll_unpin(context).map(|()| Wakeup::Timeout)
        })
        .await
    }

    /// Lets the scheduler decide on a batch, makes its decisions durable with one commit, and acts on them.
    async fn process_batch(&mut self, wakeups: VecDeque<Wakeup>) -> Result<(), DispatchError> {
        let (began, inputs) = (self.clock.now(), wakeups.len());
        let mut records = Vec::new();
        let mut replies: Vec<Reply> = Vec::new();
        for wakeup in wakeups {
            match wakeup {
                Wakeup::Report(attempt, Report::Phase(phase)) => {
                    // The scheduler issued the attempt, so it does not refuse what is reported of it.
                    let _ = self.input(Input::PhaseEntered { attempt, phase }, &mut records);
                }
                Wakeup::Report(attempt, Report::Begin(request)) => {
                    let host_lock = request.host_lock;
                    let answer = self.input(Input::Begin { attempt, host_lock }, &mut records);
                    replies.push(Box::new(|| request.answer(answer.map_err(BeginRefused::of))));
                }
                Wakeup::Ended(attempt, outcome) => {
                    let _ = self.input(Input::Reported { attempt, outcome }, &mut records);
                }
                Wakeup::Message(message) => self.receive(message, &mut records, &mut replies),
                Wakeup::HandlesDropped => self.steered = false,
                Wakeup::Lost => return Err(JournalError::Fenced.into()),
                Wakeup::Timeout => {
                    self.timer_at = None;
                    let _ = self.input(Input::Tick, &mut records);
                    self.end_grace(&mut records);
                }
            }
        }
        let mut took = self.clock.now() - began;
        if !records.is_empty() {
            took += self.commit(records).await?;
            self.tail.snapshot(&self.scheduler).await?;
        }
        replies.into_iter().for_each(|reply| reply());
        self.waiters.settle(&self.scheduler);
        self.observer.notice(&Notice::Turned { inputs, took });
        Ok(())
    }

    /// Makes decisions durable, and acts on them. Gives how long it took to act on them.
    pub(super) async fn commit(&mut self, records: Vec<Record>) -> Result<Duration, DispatchError> {
        let began = self.clock.now();
        let records = self.tail.append(records).await?;
        let durable = self.clock.now();
        let committed = records.len();
        self.act(records);
        self.observer.notice(&Notice::Committed {
            records: committed,
            took: durable - began,
            scheduler: &self.scheduler,
        });
        Ok(self.clock.now() - durable)
    }

    pub(super) fn input(&mut self, input: Input, records: &mut Vec<Record>) -> Result<(), InputError> {
        self.now = self.now.max(self.clock.now());
        let events = self.scheduler.handle(self.now, input)?;
        records.extend(events.into_iter().map(|event| Record { at: self.now, event }));
        Ok(())
    }

    fn act(&mut self, records: Vec<Record>) {
        for record in records {
            self.observer.event(&record);
            match record.event {
                Event::Job(event) => self.act_on_job(event),
                Event::Task(event) => self.act_on_task(event),
                Event::Namespace(_) | Event::Host(_) => {}
            }
        }
    }

    fn act_on_job(&mut self, JobEvent { job, kind }: JobEvent) {
        match kind {
            JobEventKind::Submitted { spec, .. } => self.remember(job, &spec),
            JobEventKind::WaveOpened { .. }
            | JobEventKind::FailureBudgetExceeded { .. }
            | JobEventKind::Blocked { .. }
            | JobEventKind::Waiting
            | JobEventKind::Unblocked
            | JobEventKind::Paused
            | JobEventKind::Resumed
            | JobEventKind::Halting { .. }
            | JobEventKind::Halted
            | JobEventKind::Altered { .. }
            | JobEventKind::Finished { .. } => {}
        }
    }

    fn act_on_task(&mut self, TaskEvent { job, host, kind }: TaskEvent) {
        match kind {
            TaskEventKind::Started { attempt, .. } => self.start(job, &host, attempt),
            TaskEventKind::CancelRequested { attempt, .. } => self.running.cancel(attempt),
            TaskEventKind::InDoubt { attempt, .. }
            | TaskEventKind::NeverBegan { attempt, .. }
            | TaskEventKind::Failed { attempt, .. } => self.running.give_up(attempt),
            TaskEventKind::Permitted { .. }
            | TaskEventKind::PhaseEntered { .. }
            | TaskEventKind::Slow { .. }
            | TaskEventKind::Succeeded { .. }
            | TaskEventKind::Retried { .. }
            | TaskEventKind::Skipped
            | TaskEventKind::Cancelled => {}
        }
    }

    fn arm_timer(&mut self) {
        let grace_end = self.shutdown.as_ref().and_then(Shutdown::next_timeout);
        let next = self.scheduler.next_timeout().into_iter().chain(grace_end).min();
        if next != self.timer_at {
            self.timer_at = next;
            let clock = Arc::clone(&self.clock);
            self.timer = match next {
                Some(at) => async move { clock.sleep_until(at).await }.boxed().fuse(),
                None => Fuse::terminated(),
            };
        }
    }
}
