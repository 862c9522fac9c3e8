//! The scheduler itself: the one door in, and the views out.

use super::agenda::Agenda;
use super::deadlines::Deadlines;
use super::outlook::Outlook;
use super::state::{ApplyError, Effects, Job, JobStatus, State};
use super::{Event, Input, InputError, Record};
use crate::Timestamp;

/// Decides which host of which job runs next.
///
/// A scheduler is a state machine: it does no IO, starts no thread, reads no clock. The contract with whoever drives it:
///
/// - Hand every fact and order to [`handle`](Self::handle), with the time. What comes back has been decided and applied.
/// - Make the events durable, then act on them: [`Started`](super::TaskEventKind::Started) is the order to run an attempt,
///   [`CancelRequested`](super::TaskEventKind::CancelRequested) the order to end one.
/// - Send [`Input::Tick`] when [`next_timeout`](Self::next_timeout) is reached.
/// - After a restart, [`apply`](Self::apply) all events in order, then handle [`Input::Recover`].
///
/// The same inputs give the same events, always.
///
/// ```
/// use std::sync::Arc;
/// use pogo_core::Timestamp;
/// use pogo_core::fleet::Fleet;
/// use pogo_core::plan::{Command, JobSpec};
/// use pogo_core::policy::{Constraint, Policy, Rule};
/// use pogo_core::scheduler::{Event, Input, JobId, Outcome, Scheduler};
///
/// let fleet = Arc::new(Fleet::builder().tagged("web", "web[1-3]").build()?);
/// let limit = Constraint::new("$web".parse()?, Rule::MaxParallel("1".parse()?));
/// let policy = Arc::new(Policy { constraints: vec![limit], ..Policy::default() });
/// let spec = Arc::new(JobSpec::new("$web".parse()?, Command::shell("uptime")));
///
/// let mut scheduler = Scheduler::new();
/// let now = Timestamp::from_millis(0);
/// scheduler.handle(now, Input::Configure { fleet, policy })?;
/// let events = scheduler.handle(now, Input::Submit { job: JobId::new(1), spec })?;
///
/// // One at a time: of three hosts, one starts ...
/// let [Event::Job(_), Event::Task(task)] = &events[..] else { panic!() };
/// let attempt = task.started().expect("the order to run it");
/// assert_eq!(task.host.as_str(), "web1");
///
/// // ... and the next when it has succeeded.
/// let events = scheduler.handle(now, Input::Reported { attempt, outcome: Outcome::Succeeded })?;
/// let [Event::Task(end), Event::Task(next)] = &events[..] else { panic!() };
/// assert_eq!(end.ended(), Some(attempt));
/// assert!(next.started().is_some());
/// assert_eq!(next.host.as_str(), "web2");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Scheduler {
    pub(super) state: State,
    pub(super) agenda: Agenda,
    pub(super) deadlines: Deadlines,
    pub(super) outlook: Outlook,
    /// The latest time seen.
    pub(super) now: Timestamp,
    pub(super) effects: Effects,
    pub(super) events: Vec<Event>,
}

impl Scheduler {
    /// The most hosts for which debug builds verify everything after every input.
    const VERIFIED_HOSTS: usize = 300;

    /// A scheduler with no hosts and no rules; [`Input::Configure`] comes first.
    pub fn new() -> Self {
        Self {
            state: State::new(),
            agenda: Agenda::default(),
            deadlines: Deadlines::default(),
            outlook: Outlook::default(),
            now: Timestamp::EPOCH,
            effects: Effects::new(),
            events: Vec::new(),
        }
    }

    /// Takes one input, and returns everything that was decided on it, in order. All of it has been applied.
    ///
    /// # Errors
    /// An input that makes no sense is refused before anything has changed.
    pub fn handle(&mut self, now: Timestamp, input: Input) -> Result<Vec<Event>, InputError> {
        let checked = self.check(now, input)?;
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

    /// Takes over an event that was decided before: from a journal, or from another machine.
    ///
    /// # Errors
    /// An event that cannot follow the events before it is refused, and nothing has changed.
    pub fn apply(&mut self, record: &Record) -> Result<(), ApplyError> {
        self.state.apply(record.at, &record.event, &mut self.effects)?;
        self.effects.clear();
        self.now = self.now.max(record.at);
        // The queues are built when they are next needed: once for a whole journal.
        self.forget_queues();
        Ok(())
    }

    /// Whether nothing can happen any more without an order, except that the time limit of a job runs out that waits for one.
    pub fn is_at_rest(&self) -> bool {
        let rests = |job: &Job| matches!(job.status, JobStatus::Blocked | JobStatus::Paused | JobStatus::Halted);
        self.state.attempts.is_empty() && self.state.unfinished().all(rests)
    }

    /// The state came about without the queues over it.
    pub(super) fn forget_queues(&mut self) {
        self.agenda.forget();
        self.deadlines.forget();
        self.outlook.forget();
    }

    /// When to send [`Input::Tick`] at the latest, if no other input comes before; `None` if time changes nothing.
    pub fn next_timeout(&self) -> Option<Timestamp> {
        if !self.deadlines.is_stale() {
            let next = [self.deadlines.next(&self.state), self.agenda.next_delay()];
            return next.into_iter().flatten().min();
        }
        let delays = self.state.unfinished().flat_map(|job| job.backoffs.values().copied());
        let next = Deadlines::build(&self.state).next(&self.state);
        next.into_iter().chain(delays).min()
    }
}

impl Default for Scheduler {
    fn default() -> Self {
        Self::new()
    }
}
