//! The event loop: a batch of inputs, one commit, then its effects.

use futures::future::{FutureExt, poll_fn};

use super::batch::Batch;
use super::loop_state::Turn;
use super::pending::Pending;
use super::wakeup::Wakeup;
use super::{DispatchError, Dispatcher, Notice, Observer, Report};
use crate::journal::{JournalError, committed_len, shorten_answer, shorten_outcome, shorten_record};
use crate::scheduler::{Input, InputError, Record, Scheduler};

impl Dispatcher {
    /// The most inputs that share one commit.
    const BATCH: usize = 1_000;

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
                if !self.delay.holds(self.queue.iter()) {
                    self.process_batch();
                }
            }
            self.arm_timer();
            if self.is_over() {
                // Whoever runs the dispatcher may end the process next, and with it what is still
                // buffered.
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
                            // Cut off, it would cost the next dispatcher a longer replay.
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
        let inputs = self.queue.len().min(Self::BATCH);
        if inputs == 0 {
            return;
        }
        let began = self.io.clock.now();
        let mut batch = Batch::default();
        // Collected, since handling one may queue others; these are of the next batch.
        for pending in self.queue.drain(..inputs).collect::<Vec<_>>() {
            self.decide(pending, &mut batch.records);
            batch.end_input();
        }
        self.turn.inputs += inputs;
        self.turn.took += self.io.clock.now() - began;
        match batch.records.is_empty() {
            // Nothing to make durable, so replies and queries need not wait for an append.
            true => self.settle(),
            false => self.io.tail.begin(batch),
        }
    }

    /// Lets the scheduler decide on one thing that was queued. What it decides is added to the records.
    fn decide(&mut self, pending: Pending, records: &mut Vec<Record>) {
        match pending {
            Pending::Report(attempt, Report::Phase(phase)) => {
                // The scheduler issued the attempt, so it does not refuse what is reported of it.
                let _ = self.input(Input::PhaseEntered { attempt, phase }, records);
            }
            Pending::Report(attempt, Report::HostKeyRecorded) => {
                let _ = self.input(Input::HostKeyRecorded { attempt }, records);
            }
            Pending::Report(attempt, Report::Begin(request)) => {
                let host_lock = request.host_lock;
                let answer = self.input(Input::Begin { attempt, host_lock }, records);
                self.replies.push(Box::new(|| {
                    request.answer(answer.map_err(InputError::into_begin_refused))
                }));
            }
            // Held until its host has answered: another attempt there would write over what the host knows of this
            // one.
            Pending::Ended(end) if self.asks_before(&end) => {}
            Pending::Fenced(attempt, answer) => {
                self.take_answer(attempt, answer, records);
                self.give_answered_orders(records);
            }
            Pending::Ended((attempt, outcome, output)) => {
                let report = Input::Reported {
                    attempt,
                    outcome,
                    output,
                };
                let _ = self.input(report, records);
            }
            Pending::Message(message) => self.carry_out(message, records),
            Pending::Timeout => {
                let _ = self.input(Input::Tick, records);
                self.end_grace(records);
                self.ask_due();
                self.give_answered_orders(records);
            }
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
        self.input_of_this_moment(input, records)
    }

    /// As [`input`](Self::input), at the time of the input before.
    pub(super) fn input_of_this_moment(
        &mut self,
        input: impl Into<Input>,
        records: &mut Vec<Record>,
    ) -> Result<(), InputError> {
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
            // Orders that are too long are refused, and the others have no text of hosts.
            Input::Command(_)
            | Input::Transport { .. }
            | Input::Begin { .. }
            | Input::PhaseEntered { .. }
            | Input::HostKeyRecorded { .. }
            | Input::Tick
            | Input::OwnerChanged { .. }
            | Input::Restored { .. }
            | Input::Recover { .. }
            | Input::Drain { .. } => {}
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
