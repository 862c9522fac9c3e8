//! The event loop: a batch of inputs, one commit, then its effects.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures::channel::mpsc;
use futures::future::{FutureExt, poll_fn};

use super::alarm::Alarm;
use super::attempts::JobCommand;
use super::batch::Batch;
use super::commit::Tail;
use super::commit_delay::CommitDelay;
use super::fencing::Fencing;
use super::guarded::Guarded;
use super::handle::Message;
use super::messages::{Queries, Reply};
use super::running::Running;
use super::shutdown::Shutdown;
use super::stream_start::StartRequest;
use super::waiters::Waiters;
use super::wakeup::{Pending, Wakeup};
use super::{Clock, DispatchError, Notice, Observer, Report};
use crate::Timestamp;
use crate::journal::{JournalError, committed_len, shorten_answer, shorten_outcome, shorten_record};
use crate::scheduler::{AttemptId, Input, InputError, JobId, Record, Scheduler};

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
    pub(super) tail: Tail,
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
    /// The most inputs that share one commit.
    const BATCH: usize = 1_000;

    pub(super) fn over(scheduler: Scheduler, io: Io, commit_delay: Duration) -> Self {
        Self {
            now: scheduler.now(),
            scheduler,
            steered: true,
            timer: Alarm::new(Arc::clone(&io.clock)),
            timer_at: None,
            commands: BTreeMap::new(),
            queue: VecDeque::new(),
            delay: CommitDelay::new(commit_delay, Arc::clone(&io.clock)),
            replies: Vec::new(),
            queries: Queries::default(),
            stream_starts: Vec::new(),
            waiters: Waiters::default(),
            turn: Turn::default(),
            shutdown: None,
            io,
        }
    }

    /// Runs until every [`Handle`](super::Handle) is dropped and nothing more happens by itself: all jobs are finished,
    /// or wait for an operator. Time limits of such jobs are not awaited. Or until it has [shut
    /// down](super::Handle::shutdown). Returns the scheduler in its final state.
    ///
    /// While an append is in flight, attempts are polled and their reports queued: decisions are made on a durable
    /// state, and are acted on once they are durable themselves. While the journal cannot be reached, nothing starts
    /// and what runs goes on; see [`JournalRetry`](super::JournalRetry).
    ///
    /// # Errors
    /// The journal failed for good, or another dispatcher took over. Running attempts are dropped; nothing more starts.
    /// Or an observer panicked, which is reported at the end.
    pub async fn run(mut self) -> Result<Scheduler, DispatchError> {
        loop {
            if self.io.tail.is_idle() {
                // Before the next batch, or callers that wait for this one would also wait for that one.
                self.settle();
                if !self.delay.holds(self.queue.iter(), self.io.running.len()) {
                    self.process_batch();
                }
            }
            self.arm_timer();
            if self.is_over() {
                self.io.running.flush_output().await;
                return match self.io.observer.panics() {
                    0 => Ok(self.scheduler),
                    panics => Err(DispatchError::Observer { panics }),
                };
            }
            if let Some(error) = self.is_over_without_journal() {
                return Err(error);
            }
            let first = self.next_wakeup().await;
            self.receive(first)?;
            // Bounded, or a flood of reports would keep their own commit from beginning.
            for _ in 0..Self::BATCH {
                let Some(more) = self.next_wakeup().now_or_never() else {
                    break;
                };
                self.receive(more)?;
            }
        }
    }

    fn is_over(&self) -> bool {
        self.io.tail.is_idle()
            && self.queue.is_empty()
            && match &self.shutdown {
                Some(shutdown) => self.io.running.all_among(&shutdown.left),
                None => {
                    !self.steered
                        && !self.io.tail.is_storing()
                        && self.io.running.is_empty()
                        && self.io.fencing.is_idle()
                        && self.scheduler.is_at_rest()
                }
            }
    }

    fn receive(&mut self, wakeup: Wakeup) -> Result<(), DispatchError> {
        match wakeup {
            Wakeup::Pending(Pending::Message(message)) => self.receive_message(message),
            Wakeup::Pending(pending) => self.queue.push_back(pending),
            Wakeup::Follow(request) => self.stream_starts.push(request),
            Wakeup::HandlesDropped => self.steered = false,
            Wakeup::Timer => self.time_out(),
            // The batch begins with the next turn.
            Wakeup::Delayed => {}
            Wakeup::Appended(records) => self.act(records?),
            Wakeup::Stored(stored) => stored?,
            Wakeup::Away => self.refuse_queued_orders(),
            Wakeup::Lost => return Err(JournalError::Fenced.into()),
        }
        Ok(())
    }

    /// Lets the scheduler decide on what is queued, and begins to make its decisions durable with one commit.
    fn process_batch(&mut self) {
        let (began, inputs) = (self.io.clock.now(), self.queue.len().min(Self::BATCH));
        if inputs == 0 {
            return;
        }
        let mut batch = Batch::default();
        for pending in self.queue.drain(..inputs).collect::<Vec<_>>() {
            match pending {
                Pending::Report(attempt, Report::Phase(phase)) => {
                    // The scheduler issued the attempt, so it does not refuse what is reported of it.
                    let _ = self.input(Input::PhaseEntered { attempt, phase }, &mut batch.records);
                }
                Pending::Report(attempt, Report::Begin(request)) => {
                    let host_lock = request.host_lock;
                    let answer = self.input(Input::Begin { attempt, host_lock }, &mut batch.records);
                    self.replies.push(Box::new(|| {
                        request.answer(answer.map_err(InputError::into_begin_refused))
                    }));
                }
                Pending::Ended(end) if self.asks_before(&end) => {}
                Pending::Fenced(attempt, answer) => {
                    self.take_answer(attempt, answer, &mut batch.records);
                    self.give_answered_orders(&mut batch.records);
                }
                Pending::Ended((attempt, outcome, output)) => {
                    let report = Input::Reported {
                        attempt,
                        outcome,
                        output,
                    };
                    let _ = self.input(report, &mut batch.records);
                }
                Pending::Message(message) => self.carry_out(message, &mut batch.records),
                Pending::Timeout => {
                    let _ = self.input(Input::Tick, &mut batch.records);
                    self.end_grace(&mut batch.records);
                    self.ask_due();
                    self.give_answered_orders(&mut batch.records);
                }
            }
            batch.end_input();
        }
        self.turn.inputs += inputs;
        self.turn.took += self.io.clock.now() - began;
        match batch.records.is_empty() {
            true => self.settle(),
            false => self.io.tail.begin(batch),
        }
    }

    /// Sends all replies: the scheduler's state is durable.
    fn settle(&mut self) {
        self.io.tail.store_snapshot(&self.scheduler);
        self.replies.drain(..).for_each(|reply| reply());
        self.queries.answer_all(&self.scheduler, self.moment());
        self.start_streams();
        self.waiters.settle(&self.scheduler);
        let Turn { inputs, took } = std::mem::take(&mut self.turn);
        if inputs > 0 {
            self.io.observer.notice(&Notice::Turned { inputs, took });
        }
    }

    /// Handles the timer: for the scheduler, or for what cannot wait for the journal.
    fn time_out(&mut self) {
        self.timer_at = None;
        if self.io.tail.is_idle() {
            self.queue.push_back(Pending::Timeout);
        } else {
            self.queries.answer_overdue(&self.scheduler, self.moment());
            self.end_grace_without_journal();
        }
    }

    /// Makes decisions durable before anything runs, then acts on them.
    pub(super) async fn commit(&mut self, batch: Batch) -> Result<(), DispatchError> {
        self.io.tail.begin(batch);
        while !self.io.tail.is_idle() {
            let tail = &mut self.io.tail;
            let records = poll_fn(|context| tail.poll_append(context)).await?;
            self.act(records);
        }
        Ok(())
    }

    /// Lets the scheduler decide. Where the journal takes no record of any size, an order that does not fit is refused,
    /// and a fact is shortened: it has happened.
    pub(super) fn input(&mut self, input: impl Into<Input>, records: &mut Vec<Record>) -> Result<(), InputError> {
        self.now = self.now.max(self.io.clock.now());
        let at = self.now;
        let Some(max) = self.io.tail.max_record() else {
            let events = self.scheduler.handle(at, input)?;
            records.extend(events.into_iter().map(|event| Record { at, event }));
            return Ok(());
        };
        let mut input = input.into();
        // Before it is decided on, so that the state has no more than the journal. To half: the rest of the record
        // needs room as well.
        match &mut input {
            Input::Reported { outcome, .. } => shorten_outcome(outcome, max / 2),
            Input::Fenced { answer, .. } => shorten_answer(answer, max / 2),
            _ => {}
        }
        let events = self.scheduler.handle_if_recorded(at, input, |records| {
            let bytes = records.iter().map(committed_len).sum();
            if bytes > max {
                Err(InputError::TooLarge { bytes, max })
            } else {
                Ok(())
            }
        })?;
        records.extend(events.into_iter().map(|event| {
            let mut record = Record { at, event };
            shorten_record(&mut record, max);
            record
        }));
        Ok(())
    }
}
