//! The event loop: what wakes the dispatcher, and what it does then.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures::channel::{mpsc, oneshot};
use futures::future::{BoxFuture, Fuse, FutureExt, poll_fn};
use futures::stream::StreamExt;

use super::commit::Tail;
use super::guarded::Guarded;
use super::handle::Message;
use super::running::Running;
use super::{Attempt, Clock, DispatchError, Observer};
use crate::Timestamp;
use crate::plan::{Command, Invocation, JobSpec};
use crate::scheduler::{
    AttemptId, Event, Input, InputError, JobEvent, JobEventKind, JobId, Phase, Record, Scheduler, TaskEvent,
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
/// use pogo_core::scheduler::{JobId, JobStatus, Outcome};
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
///     handle.submit(JobId::new(1), JobSpec::new("$web".parse()?, Command::shell("uptime"))).await?;
///     Ok::<_, Box<dyn std::error::Error>>(())
/// };
/// // Without a handle left to steer it, the dispatcher ends when there is nothing more to do.
/// let (ended, steered) = futures::join!(dispatcher.run(), steer);
/// steered?;
/// assert_eq!(ended?.job(JobId::new(1)).unwrap().status(), JobStatus::Finished);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub struct Dispatcher {
    scheduler: Scheduler,
    running: Running,
    phases: mpsc::UnboundedReceiver<(AttemptId, Phase)>,
    messages: mpsc::UnboundedReceiver<Message>,
    /// Whether a handle is left.
    steered: bool,
    tail: Tail,
    clock: Arc<dyn Clock>,
    observer: Arc<Guarded>,
    timer: Fuse<BoxFuture<'static, ()>>,
    timer_at: Option<Timestamp>,
    now: Timestamp,
    commands: BTreeMap<JobId, JobCommand>,
}

/// What a dispatcher reads from and writes to.
pub(super) struct Io {
    pub(super) running: Running,
    pub(super) phases: mpsc::UnboundedReceiver<(AttemptId, Phase)>,
    pub(super) messages: mpsc::UnboundedReceiver<Message>,
    pub(super) tail: Tail,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) observer: Arc<Guarded>,
}

/// What every attempt of a job shares.
#[derive(Clone)]
struct JobCommand {
    command: Arc<Command>,
    invocation: Arc<Invocation>,
}

type Answer = Result<(), InputError>;

/// What wakes the dispatcher.
enum Wakeup {
    /// An attempt entered a phase.
    Phase(AttemptId, Phase),
    /// An attempt ended.
    Ended(AttemptId, crate::scheduler::Outcome),
    /// A handle sent an order or a query.
    Message(Message),
    /// The last handle was dropped: nobody gives orders any more.
    HandlesDropped,
    /// The scheduler asked to be woken at this time.
    Timeout,
}

impl Dispatcher {
    /// The most inputs that share one commit.
    const BATCH: usize = 1_000;

    /// The least time that a resumed attempt has, so that its transport can find out about one whose own time is over.
    const FIND_TIME: Duration = Duration::from_secs(30);

    pub(super) fn over(scheduler: Scheduler, io: Io) -> Self {
        let Io {
            running,
            phases,
            messages,
            tail,
            clock,
            observer,
        } = io;
        Self {
            now: scheduler.now(),
            scheduler,
            running,
            phases,
            messages,
            steered: true,
            tail,
            clock,
            observer,
            timer: Fuse::terminated(),
            timer_at: None,
            commands: BTreeMap::new(),
        }
    }

    /// Runs until every [`Handle`](super::Handle) is dropped and nothing more happens by itself: all jobs are finished, or wait for
    /// an operator. That the time limit of such a job is still to run out is not waited for. Returns the scheduler as it then is.
    ///
    /// # Errors
    /// The journal failed, or another dispatcher took over. Attempts under way are dropped; nothing more is started. Or the
    /// observer panicked, which is told once everything is over.
    pub async fn run(mut self) -> Result<Scheduler, DispatchError> {
        loop {
            self.arm_timer();
            if !self.steered && self.running.is_empty() && self.scheduler.is_at_rest() {
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

    /// Waits for what comes next. Always in the same order: what an attempt reported comes before its end.
    async fn next_wakeup(&mut self) -> Wakeup {
        poll_fn(|context| {
            use std::task::Poll;
            if let Poll::Ready(Some((attempt, phase))) = self.phases.poll_next_unpin(context) {
                return Poll::Ready(Wakeup::Phase(attempt, phase));
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
        let mut records = Vec::new();
        let mut replies: Vec<(oneshot::Sender<Answer>, Answer)> = Vec::new();
        for wakeup in wakeups {
            match wakeup {
                Wakeup::Phase(attempt, phase) => {
                    // The scheduler issued the attempt, so it does not refuse what is reported of it.
                    let _ = self.input(Input::PhaseEntered { attempt, phase }, &mut records);
                }
                Wakeup::Ended(attempt, outcome) => {
                    let _ = self.input(Input::Reported { attempt, outcome }, &mut records);
                }
                Wakeup::Message(Message::Order(input, reply)) => {
                    let answer = self.input(input, &mut records);
                    replies.push((reply, answer));
                }
                Wakeup::Message(Message::Query(look)) => look(&self.scheduler),
                Wakeup::HandlesDropped => self.steered = false,
                Wakeup::Timeout => {
                    self.timer_at = None;
                    let _ = self.input(Input::Tick, &mut records);
                }
            }
        }
        if !records.is_empty() {
            records = self.tail.append(records).await?;
            self.act(records);
            self.tail.snapshot(&self.scheduler).await?;
        }
        for (reply, answer) in replies {
            // Whoever ordered it may have stopped listening.
            let _ = reply.send(answer);
        }
        Ok(())
    }

    fn input(&mut self, input: Input, records: &mut Vec<Record>) -> Result<(), InputError> {
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
            TaskEventKind::Started { attempt } => self.start(job, &host, attempt),
            TaskEventKind::CancelRequested { attempt, .. } => self.running.cancel(attempt),
            TaskEventKind::InDoubt { attempt, .. } => self.running.give_up(attempt),
            TaskEventKind::PhaseEntered { .. }
            | TaskEventKind::Slow { .. }
            | TaskEventKind::Succeeded { .. }
            | TaskEventKind::Failed { .. }
            | TaskEventKind::Retried { .. }
            | TaskEventKind::Skipped
            | TaskEventKind::Cancelled => {}
        }
    }

    /// Keeps what every attempt of a job shares.
    fn remember(&mut self, job: JobId, spec: &JobSpec) {
        let shared = JobCommand {
            command: Arc::new(spec.command.clone()),
            invocation: Arc::new(spec.invocation.clone()),
        };
        self.commands.insert(job, shared);
    }

    fn start(&mut self, job: JobId, host: &crate::fleet::HostName, id: AttemptId) {
        if let Some(attempt) = self.attempt(job, host, id) {
            self.running.start(attempt);
        }
    }

    /// What the transport needs to know to run an attempt.
    fn attempt(&self, job: JobId, host: &crate::fleet::HostName, id: AttemptId) -> Option<Attempt> {
        let fleet = self.scheduler.fleet();
        let host = match fleet.id(host.as_str()) {
            Some(host) => fleet.host(host),
            None => crate::fleet::Host::new(host.clone()),
        };
        let JobCommand { command, invocation } = self.commands.get(&job)?.clone();
        let settings = self.scheduler.job(job)?.settings();
        let hooks = |path: &str| (!path.is_empty()).then(|| Arc::from(path));
        Some(Attempt {
            id,
            job,
            host,
            command,
            invocation,
            pre_hooks: hooks(&settings.pre_hooks),
            post_hooks: hooks(&settings.post_hooks),
            time_limit: settings.attempt_timeout,
            resumed: false,
        })
    }

    fn arm_timer(&mut self) {
        let next = self.scheduler.next_timeout();
        if next != self.timer_at {
            self.timer_at = next;
            let clock = Arc::clone(&self.clock);
            self.timer = match next {
                Some(at) => async move { clock.sleep_until(at).await }.boxed().fuse(),
                None => Fuse::terminated(),
            };
        }
    }

    /// Takes over where another dispatcher left off.
    pub(super) async fn recover(&mut self) -> Result<(), DispatchError> {
        let submitted: Vec<_> = self
            .scheduler
            .jobs()
            .map(|job| (job.id(), Arc::new(job.spec().clone())))
            .collect();
        for (job, spec) in submitted {
            self.remember(job, &spec);
        }
        let resumable = self.resumable();
        let resumed = resumable.iter().map(|(attempt, _)| attempt.id).collect();
        let mut records = Vec::new();
        let _ = self.input(Input::Recover { resumed }, &mut records);
        if !records.is_empty() {
            records = self.tail.append(records).await?;
            self.act(records);
        }
        for (attempt, cancelling) in resumable {
            let id = attempt.id;
            self.running.start(attempt);
            if cancelling {
                self.running.cancel(id);
            }
        }
        Ok(())
    }

    /// Attempts that the transport can resume, with the time that is left to them, and whether they are to end.
    fn resumable(&self) -> Vec<(Attempt, bool)> {
        let now = self.now.max(self.clock.now());
        let views = self.scheduler.attempts().into_iter();
        views
            .filter(|view| view.phase != Phase::Settle)
            .filter_map(|view| {
                let mut attempt = self.attempt(view.job, &view.host, view.id)?;
                attempt.resumed = true;
                let left = attempt.time_limit.saturating_sub(now - view.started);
                attempt.time_limit = left.max(Self::FIND_TIME);
                Some((attempt, view.cancelling.is_some()))
            })
            .filter(|(attempt, _)| self.running.resumes(attempt))
            .collect()
    }
}
