//! When hosts are asked for the state of attempts in doubt, and what is done with what they say.

use std::collections::BTreeSet;

use super::attempt_end::AttemptEnd;
use super::fencing::{Fencing, GivenCommand, HeldReport};
use super::pending::Pending;
use super::{Attempt, Dispatcher, Fence, OrderError};
use crate::Timestamp;
use crate::fleet::HostName;
use crate::policy::OnDoubt;
use crate::scheduler::{
    AttemptId, DoubtView, FenceAnswer, FenceState, Input, InputError, JobId, Order, OrderClass, OrderKind, Outcome,
    OutputSummary, Permission, Phase, Record, TaskState,
};

impl Dispatcher {
    /// Whether an order is of a kind that may wait for hosts.
    pub(super) fn frees_hosts(&self, order: &Order) -> bool {
        let frees_hosts = match order.class() {
            OrderClass::HostsOfJob { .. } | OrderClass::AvailableHost(_) => true,
            OrderClass::Configuration { .. }
            | OrderClass::NewJob
            | OrderClass::Job(_)
            | OrderClass::EndedJob(_)
            | OrderClass::Hosts => false,
        };
        // A dispatcher that ends asks nobody: the order is refused, and can be given to the next
        // one.
        frees_hosts && self.io.fencing.is_possible() && self.shutdown.is_none()
    }

    /// Gives an order. One that would free a host in doubt, or try it again, waits until the host has said what became
    /// of its attempt.
    pub(super) fn give_or_ask(&mut self, (command, reply): GivenCommand, records: &mut Vec<Record>) {
        // The scheduler judges first, so that an order which is refused for another reason asks no
        // host.
        let answer = self.execute((*command).clone(), None, records);
        if matches!(answer, Err(InputError::NotFenced { .. })) {
            let doubts = self.scheduler.unfenced_by(&command.order);
            let asked = doubts.iter().filter_map(|doubt| self.ask_about(doubt, true));
            let attempts: BTreeSet<AttemptId> = asked.collect();
            if !attempts.is_empty() {
                self.io.fencing.prefer(&attempts);
                let hosts = doubts.into_iter().map(|doubt| doubt.host).collect();
                return self.io.fencing.park((command, reply), attempts, hosts);
            }
        }
        self.reply(reply, answer);
    }

    fn ask_about(&mut self, doubt: &DoubtView, awaited: bool) -> Option<AttemptId> {
        let about = (doubt.job, &doubt.host, doubt.attempt);
        self.io.fencing.ask(self.question(about, doubt.host_lock)?, awaited);
        Some(doubt.attempt)
    }

    fn ask_host(&mut self, about: (JobId, &HostName, AttemptId), host_lock: bool) -> Option<AttemptId> {
        self.io.fencing.ask(self.question(about, host_lock)?, true);
        Some(about.2)
    }

    fn question(&self, (job, host, attempt): (JobId, &HostName, AttemptId), host_lock: bool) -> Option<Fence> {
        let mut about = self.past_attempt(job, host, attempt)?;
        // Without a lock the host has no record of the attempt, and what it says must not be taken
        // for an answer.
        about.host_lock = host_lock;
        about.time_limit = Fencing::TIME_LIMIT;
        Some(Fence::new(about))
    }

    /// Starts an attempt. Its host is asked first for what is in doubt there: its record of that is written over when
    /// this one begins.
    pub(super) fn start_when_asked(&mut self, attempt: Attempt) {
        let mut answers = Vec::new();
        if self.io.fencing.is_possible() {
            let (host, force) = (attempt.host.name.clone(), false);
            for doubt in self.scheduler.unfenced_by(&Order::MarkUp { host, force }) {
                if let Some(asked) = self.ask_about(&doubt, true) {
                    answers.push(self.io.fencing.answer_of(asked));
                }
            }
        }
        self.io.running.start(attempt, answers);
    }

    /// An attempt is in doubt. Its host is asked by and by, until it has said that the attempt is over or somebody has
    /// answered for it.
    pub(super) fn ask_later(&mut self, attempt: AttemptId) {
        if self.io.fencing.is_possible() && self.shutdown.is_none() && self.scheduler.unfenced(attempt).is_some() {
            self.io.fencing.later.add(attempt, self.io.clock.now());
        } else {
            self.io.fencing.later.forget(attempt);
        }
    }

    /// Asks the hosts whose time has come, and gives up what the transport has not ended in time.
    pub(super) fn ask_due(&mut self) {
        for attempt in self.io.fencing.later.take_due(self.io.clock.now()) {
            let doubt = self.scheduler.unfenced(attempt).filter(|_| self.shutdown.is_none());
            if doubt.and_then(|doubt| self.ask_about(&doubt, false)).is_none() {
                self.io.fencing.later.forget(attempt);
            }
        }
        for attempt in self.io.fencing.take_overdue() {
            self.io.running.give_up(attempt);
        }
    }

    /// Asks the hosts of everything that is in doubt.
    pub(super) fn ask_all_doubtful(&mut self) {
        if self.io.fencing.is_possible() {
            for doubt in self.scheduler.doubts().iter().filter(|doubt| !doubt.fence.is_fenced()) {
                self.ask_about(doubt, true);
            }
        }
    }

    /// Attempts that ran when their dispatcher died, and whose hosts can report their state: they count as running
    /// meanwhile.
    pub(super) fn to_be_asked(&self, resumed: &[AttemptId]) -> Vec<AttemptId> {
        if !self.io.fencing.is_possible() {
            return vec![];
        }
        let attempts = self.scheduler.attempts().into_iter();
        let asked = attempts
            .filter(|view| view.phase != Phase::Settle && view.permission.is_given() && !resumed.contains(&view.id));
        asked.map(|view| view.id).collect()
    }

    /// Asks for these, which are in doubt if their hosts do not know.
    pub(super) fn ask_for_running(&mut self, attempts: Vec<AttemptId>) {
        for attempt in attempts {
            let Some(view) = self.scheduler.attempt(attempt) else {
                continue;
            };
            let lost = Outcome::in_doubt("the dispatcher was restarted while it ran");
            match self.ask_host((view.job, &view.host, attempt), view.permission.has_host_lock()) {
                Some(attempt) => self.hold(attempt, lost, None),
                // Its job is unknown here, so nobody can be asked.
                None => self.queue.push_back(Pending::Ended((attempt, lost, None))),
            }
        }
    }

    /// Whether the host of an attempt that has ended unknown is asked before that is reported: its job would try it
    /// again, or it was begun by an earlier dispatcher, of which more may be known there than the link reported before
    /// it broke.
    pub(super) fn asks_before(&mut self, (attempt, outcome, output): &AttemptEnd) -> bool {
        // Removed whatever the outcome is: once it has ended, its end is no longer overdue.
        let inherited = self.io.fencing.inherited.remove(attempt).is_some();
        if !matches!(outcome, Outcome::InDoubt { .. }) || !self.io.fencing.is_possible() || self.shutdown.is_some() {
            return false;
        }
        let Some(view) = self.scheduler.attempt(*attempt) else {
            return false;
        };
        let job = self.scheduler.job(view.job);
        let retries = || job.is_some_and(|job| job.settings().on_doubt == OnDoubt::Retry);
        let asks = match view.permission {
            Permission::Given { host_lock, .. } => inherited || host_lock && view.cancelling.is_none() && retries(),
            _ => false,
        };
        let host_lock = view.permission.has_host_lock();
        if !asks || self.ask_host((view.job, &view.host, *attempt), host_lock).is_none() {
            return false;
        }
        self.hold(*attempt, outcome.clone(), *output);
        true
    }

    /// Reports this end if the host knows no other, when it has answered or the attempt's time is over.
    fn hold(&mut self, attempt: AttemptId, outcome: Outcome, output: Option<OutputSummary>) {
        let view = self.scheduler.attempt(attempt).filter(|view| view.cancelling.is_none());
        let runs_until = view.and_then(|view| {
            let job = self.scheduler.job(view.job)?;
            Some(view.started + job.settings().attempt_timeout)
        });
        let report = HeldReport {
            outcome,
            output,
            runs_until: runs_until.unwrap_or(Timestamp::EPOCH),
        };
        // Otherwise the scheduler would give it up 30 s after a cancellation, while its host is
        // still being asked.
        self.scheduler.leave_end_of([attempt]);
        self.io.fencing.hold(attempt, report);
    }

    /// A host has answered.
    pub(super) fn take_answer(&mut self, attempt: AttemptId, answer: FenceAnswer, records: &mut Vec<Record>) {
        let (ended, fence) = (answer.outcome(), FenceState::of(&answer));
        let runs = self.scheduler.attempt(attempt).is_some();
        let known = self.scheduler.unfenced(attempt).map(|doubt| doubt.fence);
        // A host that says the same again and again fills no journal.
        if known != Some(fence) || !self.io.fencing.is_asked_by_itself(attempt) {
            // The scheduler issued the attempt, so it does not refuse what its host says.
            let _ = self.input(Input::Fenced { attempt, answer }, records);
        }
        self.ask_later(attempt);
        // The scheduler may have given it up meanwhile.
        if let Some(HeldReport { outcome, output, .. }) = self.io.fencing.answered(attempt, fence).filter(|_| runs) {
            let outcome = ended.unwrap_or(outcome);
            let report = Input::Reported {
                attempt,
                outcome,
                output,
            };
            let _ = self.input(report, records);
        }
    }

    /// Gives the orders whose hosts have answered.
    pub(super) fn give_answered_orders(&mut self, records: &mut Vec<Record>) {
        for ((mut command, reply), asked) in self.io.fencing.take_answered() {
            // A host that has answered may have succeeded meanwhile, and an order with it in its
            // list would be refused as a whole.
            self.drop_done(&mut command.order, &asked);
            let answer = self.execute(*command, None, records);
            self.reply(reply, answer);
        }
    }

    /// Takes those hosts out of an order that were asked for it, and need it no more: they have succeeded, or run or
    /// wait again.
    fn drop_done(&self, order: &mut Order, asked: &BTreeSet<HostName>) {
        let (job, retries) = match order.class() {
            OrderClass::HostsOfJob { job, .. } => (job, order.kind() == OrderKind::Retry),
            OrderClass::Configuration { .. }
            | OrderClass::NewJob
            | OrderClass::Job(_)
            | OrderClass::EndedJob(_)
            | OrderClass::AvailableHost(_)
            | OrderClass::Hosts => return,
        };
        let is_done = |state: TaskState| match state {
            TaskState::Succeeded => true,
            TaskState::Waiting | TaskState::Running => retries,
            TaskState::Failed | TaskState::InDoubt | TaskState::Skipped | TaskState::Cancelled => false,
        };
        let done: BTreeSet<HostName> = match self.scheduler.job(job) {
            Some(job) => {
                let tasks = job
                    .tasks()
                    .filter(|task| asked.contains(task.host()) && is_done(task.state()));
                tasks.map(|task| task.host().clone()).collect()
            }
            None => {
                let mut retired = self.scheduler.retired_jobs();
                let left = retired.find(|retired| retired.id() == job);
                let held: BTreeSet<&HostName> = left.iter().flat_map(|job| job.hosts().map(|(host, _)| host)).collect();
                asked.iter().filter(|host| !held.contains(host)).cloned().collect()
            }
        };
        if let Order::Retry { hosts, .. } | Order::Skip { hosts, .. } = order {
            hosts.retain(|host| !done.contains(host));
        }
    }

    /// Refuses orders that wait for hosts, since the journal is away.
    pub(super) fn refuse_parked_orders(&mut self, since: Timestamp, said: &str) {
        for (_, reply) in self.io.fencing.take_orders() {
            // Whoever asked may have stopped listening.
            let _ = reply.send(Err(OrderError::JournalAway {
                since,
                message: said.to_owned(),
            }));
        }
    }
}
