//! The scheduler: its one input function.

use std::sync::Arc;

use super::agenda::Agenda;
use super::check::Checked;
use super::deadlines::Deadlines;
use super::outlook::Outlook;
use super::state::{Effects, Job, State};
use super::{
    Actor, Answer, ApplyError, AttemptId, BeginRefused, Event, Incarnation, Input, InputError, JobId, JobStatus,
    Obstacle, Record, Restoration, RestoreError, Snapshot, Violation,
};
use crate::Timestamp;
use crate::fleet::HostName;
use crate::plan::HoldOwner;

/// Decides which host of which job runs next.
///
/// A scheduler is a state machine: it does no IO, starts no thread, reads no clock. The contract with whoever drives
/// it:
///
/// - Pass every fact and order to [`handle`](Self::handle), with the time. The returned events have been decided and
///   applied.
/// - Make the events durable, then act on them: [`Started`](super::TaskEventKind::Started) is the order to run an
///   attempt, [`Permitted`](super::TaskEventKind::Permitted) lets one begin that asked, and
///   [`CancelRequested`](super::TaskEventKind::CancelRequested) is the order to end one.
/// - Send [`Input::Tick`] when [`next_timeout`](Self::next_timeout) is reached.
/// - After a restart, [`apply`](Self::apply) all events in order, then handle [`Input::Recover`].
///
/// The same inputs give the same events, always. [The module](super) has an example.
#[derive(Debug, Clone, Default)]
pub struct Scheduler {
    pub(super) state: State,
    pub(super) agenda: Agenda,
    pub(super) deadlines: Deadlines,
    pub(super) outlook: Outlook,
    /// The latest time seen.
    pub(super) now: Timestamp,
    /// It starts nothing more. Not a part of the state: a replay of the log goes on.
    pub(super) draining: bool,
    /// Attempts that it starts ask before they begin. Not a part of the state either: each attempt's event records it.
    pub(super) asks_permission: bool,
    /// Whether hosts can be asked later for the state of attempts that are permitted to begin from now on.
    pub(super) fences: bool,
    /// Finished jobs stay. No part of the state either.
    pub(super) keeps_jobs: bool,
    /// Records of other jobs are missing. No part of the state either.
    pub(super) has_gaps: bool,
    /// Whose order is carried out, while one is.
    pub(super) actor: Option<Arc<Actor>>,
    /// The attempt whose end is given as a log recorded it, while it is handled.
    pub(super) recorded_end: Option<AttemptId>,
    /// What the last order was answered.
    pub(super) answer: Answer,
    pub(super) effects: Effects,
    pub(super) events: Vec<Event>,
}

impl Scheduler {
    /// The most hosts for which debug builds verify everything after every input.
    // Verifying is linear in the hosts: with each of ten thousand reports it would be all that a test does.
    const VERIFIED_HOSTS: usize = 300;

    /// A scheduler with no hosts and no rules; [`Order::Configure`](super::Order::Configure) comes first.
    pub fn new() -> Self {
        Self::default()
    }

    /// A scheduler that replays the records of one job alone: it takes numbers of attempts as they come, since those
    /// between are of other jobs. What it says of limits counts this job's hosts only.
    /// [`history::job_log`](crate::history::job_log) makes a log that it can replay.
    pub fn of_one_job() -> Self {
        Self {
            has_gaps: true,
            ..Self::default()
        }
    }

    /// Handles one input and returns the resulting events, in order. All of them have been applied.
    ///
    /// # Errors
    /// An invalid input is refused before anything has changed.
    pub fn handle(&mut self, now: Timestamp, input: impl Into<Input>) -> Result<Vec<Event>, InputError> {
        self.handle_if(now, input.into(), |_| Ok(()))
    }

    /// Handles a command and returns the answer to it as well. One that was [given before](super::Command) gets the
    /// answer that it got then, and leads to nothing.
    ///
    /// # Errors
    /// A command whose order is invalid is refused before anything has changed.
    pub fn execute(
        &mut self,
        now: Timestamp,
        command: impl Into<super::Command>,
    ) -> Result<(Answer, Vec<Event>), InputError> {
        let events = self.handle(now, command.into())?;
        Ok((self.answer, events))
    }

    /// What the last command was answered.
    #[cfg(feature = "async")]
    pub(crate) fn last_answer(&self) -> Answer {
        self.answer
    }

    /// Whether this command was given before, and is answered as it was then.
    pub(crate) fn is_repeated(&self, now: Timestamp, command: &super::Command) -> bool {
        let request = command.request.as_ref();
        request.is_some_and(|request| self.state.requests.get(request, now).is_some())
    }

    /// Refuses what would start something while this scheduler drains.
    fn check_drained(&self, now: Timestamp, input: &Input) -> Result<(), InputError> {
        match input {
            Input::Begin { attempt, .. } => Err(InputError::MayNotBegin {
                attempt: *attempt,
                reason: BeginRefused::Draining,
            }),
            // What was given before is answered as it was then.
            Input::Command(command) if command.order.starts() && !self.is_repeated(now, command) => {
                Err(InputError::Draining)
            }
            Input::Command(_)
            | Input::Transport { .. }
            | Input::PhaseEntered { .. }
            | Input::HostKeyRecorded { .. }
            | Input::Reported { .. }
            | Input::Fenced { .. }
            | Input::Tick
            | Input::OwnerChanged { .. }
            | Input::Restored { .. }
            | Input::Recover { .. }
            | Input::Drain { .. } => Ok(()),
        }
    }

    /// Handles an input unless `accept` refuses the checked input, before anything has changed.
    pub(super) fn handle_if(
        &mut self,
        now: Timestamp,
        input: Input,
        accept: impl FnOnce(&Checked) -> Result<(), InputError>,
    ) -> Result<Vec<Event>, InputError> {
        // Before everything else: a clock that ran back would give records that a replay refuses as
        // out of order.
        if now < self.now {
            return Err(InputError::TimeWentBack { now, last: self.now });
        }
        if let Input::Transport {
            asks_permission,
            fences,
        } = input
        {
            (self.asks_permission, self.fences) = (asks_permission, fences);
            return Ok(vec![]);
        }
        if self.draining {
            self.check_drained(now, &input)?;
        }
        let checked = self.state.check(now, input)?;
        // Behind the checks and before the first event, so that a caller can refuse what its
        // journal could not store.
        accept(&checked)?;
        self.now = now;
        self.decide(checked);
        debug_assert!(
            self.state.fleet.len() > Self::VERIFIED_HOSTS || self.verify() == Ok(()),
            "{}",
            self.verify()
                .err()
                .map(|violation| violation.to_string())
                .unwrap_or_default()
        );
        Ok(std::mem::take(&mut self.events))
    }

    /// Handles an input; an order is refused before anything has changed if `accept` refuses its own records. What is
    /// no order has none.
    #[cfg(feature = "async")]
    pub(crate) fn handle_if_recorded(
        &mut self,
        now: Timestamp,
        input: Input,
        accept: impl FnOnce(&[Record]) -> Result<(), InputError>,
    ) -> Result<Vec<Event>, InputError> {
        self.handle_if(now, input, |checked| match &*checked.own_records(now) {
            [] => Ok(()),
            records => accept(records),
        })
    }

    /// Applies an event that was decided before: from a journal, or from another machine.
    ///
    /// # Errors
    /// An event that cannot follow the events before it is refused, and nothing has changed.
    pub fn apply(&mut self, record: &Record) -> Result<(), ApplyError> {
        // Put back below if the event is refused: what is refused changes nothing.
        let issued = self.state.attempts.issued();
        if let Some(attempt) = record.event.started().filter(|_| self.has_gaps) {
            let before = attempt.number().saturating_sub(1);
            self.state.attempts.resume_after(issued.max(before));
        }
        let applied = self.state.apply(record.at, &record.event, &mut self.effects);
        applied.inspect_err(|_| self.state.attempts.resume_after(issued))?;
        // Nobody follows a replay event by event, so its effects have no reader.
        self.effects.clear();
        self.now = self.now.max(record.at);
        // The queues are built when they are next needed: once for a whole journal.
        self.forget_queues();
        Ok(())
    }

    /// The number of the next job: one more than the highest ever used, also after a restart.
    pub fn next_job(&self) -> JobId {
        self.state.next_job()
    }

    /// The incarnation of the namespace: how often it was [restored](Input::Restored), or more where its store knew of
    /// more.
    pub fn incarnation(&self) -> Incarnation {
        self.state.incarnation()
    }

    /// The incarnation in which an attempt was started.
    pub fn incarnation_of(&self, attempt: AttemptId) -> Incarnation {
        self.state.incarnation_of(attempt)
    }

    /// Every restore of the namespace, the first one first.
    pub fn restorations(&self) -> &[Restoration] {
        &self.state.restorations
    }

    /// Whether nothing more can happen without an order, except that a waiting job reaches its time limit.
    pub fn is_at_rest(&self) -> bool {
        let rests = |job: &Job| matches!(job.status, JobStatus::Blocked | JobStatus::Paused | JobStatus::Halted);
        self.state.attempts.is_empty() && self.state.unfinished().all(rests)
    }

    /// Everything the scheduler knows, as data. Time and size are linear in the hosts and tasks.
    ///
    /// A scheduler that was [restored](Self::restore) from it, and then applies the records that came after, is equal
    /// to one that applied all records.
    pub fn snapshot(&self) -> Snapshot {
        self.state.snapshot()
    }

    /// Restores a scheduler from a snapshot.
    ///
    /// To go on with it, apply the records that came after, then handle [`Input::Recover`], as after a replay.
    ///
    /// # Errors
    /// The snapshot is of a newer version, or contradicts itself.
    pub fn restore(snapshot: &Snapshot) -> Result<Self, RestoreError> {
        let mut scheduler = Self::new();
        scheduler.state = State::restore(snapshot)?;
        scheduler.now = snapshot.at();
        scheduler.forget_queues();
        Ok(scheduler)
    }

    /// Lets no job retire: for simulations, in which jobs are looked at when all is over.
    pub(crate) fn keep_jobs(&mut self, keeps: bool) {
        self.keeps_jobs = keeps;
    }

    /// Says that the end of this attempt comes next, as a log recorded it. Its message stays: it has already what a
    /// scheduler adds to those of transports. For reruns.
    pub(crate) fn set_recorded_end(&mut self, attempt: Option<AttemptId>) {
        self.recorded_end = attempt;
    }

    /// Whether the end of this attempt is given [as a log recorded it](Self::set_recorded_end).
    // By the attempt: the same input may lead to ends of others, which no log has described.
    pub(super) fn is_recorded_end(&self, attempt: AttemptId) -> bool {
        self.recorded_end == Some(attempt)
    }

    /// Whether [no job retires](Self::keep_jobs).
    pub(crate) fn keeps_jobs(&self) -> bool {
        self.keeps_jobs
    }

    /// Leaves it to whoever runs this scheduler to see to the end of these attempts: none of them is given up because
    /// nobody answers for it after it was cancelled. Nothing of this is recorded.
    #[cfg(feature = "async")]
    pub(crate) fn leave_end_of(&mut self, attempts: impl IntoIterator<Item = AttemptId>) {
        attempts.into_iter().for_each(|attempt| self.deadlines.keep(attempt));
    }

    /// Marks the queues as stale, after a change of state that they did not follow.
    pub(super) fn forget_queues(&mut self) {
        self.agenda.forget();
        self.deadlines.forget();
        self.outlook.forget();
    }

    /// When to send [`Input::Tick`] at the latest, if no other input comes before; `None` if time changes nothing.
    pub fn next_timeout(&self) -> Option<Timestamp> {
        let (state, agenda) = (&self.state, &self.agenda);
        match self.deadlines.is_stale() {
            true => state.next_timeout(),
            false => self.deadlines.next(state).into_iter().chain(agenda.next_delay()).min(),
        }
    }

    /// Everything that keeps a host of a job from starting, and the orders that clear it; empty if the host does not
    /// wait. Once all of it is cleared, the host starts. If it waits for other hosts of its job that need an operator,
    /// their obstacles are listed too.
    ///
    /// `None` if there is no such job, or the job has no such host.
    pub fn explain(&self, job: JobId, host: &str) -> Option<Vec<Obstacle>> {
        self.state.explain(self.now, job, host)
    }

    /// Everything that keeps this owner from holding a host, and which orders clear it; empty if the owner holds it, or
    /// does not wait to.
    ///
    /// `None` if there is no such host.
    pub fn explain_hold(&self, host: &HostName, owner: &HoldOwner) -> Option<Vec<Obstacle>> {
        self.state.explain_hold_of(host, owner)
    }

    /// Checks everything that must hold between two inputs. Time is linear in the number of hosts and their limits.
    ///
    /// # Errors
    /// The first rule that does not hold.
    pub fn verify(&self) -> Result<(), Violation> {
        self.state.verify()?;
        // After a replay nothing has been decided yet on the state that came of it.
        if self.agenda.is_stale() {
            return Ok(());
        }
        if self.draining {
            // What could start waits for whoever goes on.
            return self.state.verify_status();
        }
        self.state.verify_decisions(self.now)
    }

    /// A hash of the state: equal for schedulers of one fleet and policy that know the same of every host and job. The
    /// numbers of attempts and the texts of failures do not matter.
    ///
    /// Not for storage: it may differ between versions.
    #[cfg(feature = "testing")]
    pub fn fingerprint(&self) -> u64 {
        self.state.fingerprint()
    }

    /// Whether two schedulers have the same state.
    pub fn same_state(&self, other: &Self) -> bool {
        self.state == other.state
    }
}
