//! Steps of a world: time passes, and the scheduler gets an input.

use std::time::Duration;

use super::World;
use super::event_queue::{EventQueue, Planned};
use super::fault::{AttemptEnd, SimulatedAttempt};
use super::resume::left;
use crate::fleet::HostName;
use crate::scheduler::{
    AttemptId, CancelReason, Event, FailureKind, Input, InputError, JobId, NeverBegan, Outcome, Record, Scheduler,
    TaskEvent, TaskEventKind,
};

impl World {
    /// Lets time pass to the end without keeping what happens: `watch` is shown the records as they come, with the
    /// scheduler after them.
    pub(super) fn run_watched(mut self, mut watch: impl FnMut(&Scheduler, &[Record])) -> Scheduler {
        let mut seen = 0;
        loop {
            watch(&self.scheduler, self.records.get(seen..).unwrap_or_default());
            // A crash replays all records, so they are kept until the last has happened.
            // Thousands of runs with thousands of events each would not fit into memory.
            if self.crashes.is_empty() {
                self.records.clear();
            }
            seen = self.records.len();
            if !self.step() {
                return self.scheduler;
            }
        }
    }

    /// Lets the next thing happen; false if there is none.
    pub(super) fn step(&mut self) -> bool {
        if std::mem::take(&mut self.resumes) {
            self.resume();
        }
        if self.is_stopped() {
            return false;
        }
        let planned = self.planned.next();
        let timeout = self.scheduler.next_timeout();
        let at = match (planned, timeout) {
            (None, None) => return false,
            (Some(planned), Some(timeout)) => planned.min(timeout),
            (Some(at), None) | (None, Some(at)) => at,
        };
        // A timeout may lie in the past, as after a crash that took a while.
        self.now = self.now.max(at);
        let input = if planned == Some(at) {
            match self.planned.take() {
                // A cancelled attempt has reported already, so its planned end is dropped.
                Some(Planned::End(attempt, outcome)) => {
                    self.end(attempt, outcome);
                    return true;
                }
                Some(Planned::Begin(attempt)) => {
                    self.ask(attempt);
                    return true;
                }
                Some(Planned::Input(input)) => {
                    if matches!(*input, Input::Restored { .. }) {
                        // The dispatcher that ran the attempts is gone.
                        self.running.clear();
                        self.planned.forget_ends();
                    }
                    *input
                }
                None => return true,
            }
        } else {
            Input::Tick
        };
        // Reports are never refused. A refused order came too late, which a simulation allows.
        let _ = self.handle(input);
        true
    }

    /// An attempt ends, unless it is gone already.
    fn end(&mut self, attempt: AttemptId, outcome: Outcome) {
        let Some(script) = self.running.swap_remove(&attempt) else {
            return;
        };
        self.scheduler.set_recorded_end(script.map(|_| attempt));
        let _ = self.handle(Input::Reported {
            attempt,
            outcome,
            output: None,
        });
        // What its host says later of the same attempt comes as the host says it.
        self.scheduler.set_recorded_end(None);
    }

    /// An attempt asks whether it may begin. One that is refused ends without having done anything.
    fn ask(&mut self, attempt: AttemptId) {
        let host_lock = true;
        if !self.running.contains_key(&attempt) || self.handle(Input::Begin { attempt, host_lock }).is_ok() {
            return;
        }
        self.running.swap_remove(&attempt);
        let outcome = Outcome::never_began(NeverBegan::Refused, "");
        // Reports are never refused.
        let _ = self.handle(Input::Reported {
            attempt,
            outcome,
            output: None,
        });
    }

    pub(super) fn handle(&mut self, input: impl Into<Input>) -> Result<(), InputError> {
        let mut events = self.scheduler.handle(self.now, input)?;
        let crash = self.crash_among(events.len());
        if let Some((written, _)) = crash {
            // The rest was decided in memory alone: a dispatcher acts on what is durable.
            events.truncate(written);
        }
        for event in events {
            // The dispatcher wrote these records and died before it acted on them.
            if crash.is_none() {
                self.act(&event);
            }
            self.count(&event);
            self.records.push(Record::new(self.now, event));
        }
        if let Some((_, crash)) = crash {
            self.recover(crash);
        }
        Ok(())
    }

    /// What a transport does on an event.
    fn act(&mut self, event: &Event) {
        let Event::Task(TaskEvent { job, host, kind, .. }) = event else {
            return;
        };
        match kind {
            TaskEventKind::Started {
                attempt,
                asks_permission,
            } => {
                if *asks_permission {
                    self.planned.add(self.now, EventQueue::FIRST, Planned::Begin(*attempt));
                }
                self.begin(*job, host, *attempt, Duration::ZERO);
            }
            TaskEventKind::CancelRequested { attempt, reason } => self.cancel(*attempt, *reason),
            TaskEventKind::PhaseEntered { .. }
            | TaskEventKind::Permitted { .. }
            | TaskEventKind::Fenced { .. }
            | TaskEventKind::NeverBegan { .. }
            | TaskEventKind::HostKeyRecorded { .. }
            | TaskEventKind::Slow { .. }
            | TaskEventKind::Succeeded { .. }
            | TaskEventKind::Failed { .. }
            | TaskEventKind::InDoubt { .. }
            | TaskEventKind::Retried { .. }
            | TaskEventKind::Skipped
            | TaskEventKind::Cancelled => {}
        }
    }

    fn count(&mut self, event: &Event) {
        if let Event::Task(TaskEvent { job, host, kind, .. }) = event
            && matches!(kind, TaskEventKind::Failed { .. } | TaskEventKind::InDoubt { .. })
        {
            *self.spent.entry((*job, host.clone())).or_default() += 1;
        }
        // Its end is counted again.
        if let Event::Task(TaskEvent { job, host, kind, .. }) = event
            && matches!(kind, TaskEventKind::Fenced { reopens: true, .. })
            && let Some(spent) = self.spent.get_mut(&(*job, host.clone()))
        {
            *spent = spent.saturating_sub(1);
        }
    }

    /// Plans the end of an attempt that has run for this long.
    pub(super) fn begin(&mut self, job: JobId, host: &HostName, attempt: AttemptId, elapsed: Duration) {
        // Hosts that succeed, which are most of them, are never in the table.
        let spent = match self.spent.is_empty() {
            true => 0,
            false => self.spent.get(&(job, host.clone())).copied().unwrap_or(0),
        };
        let number = spent + 1;
        let script = self.script.as_ref();
        if let Some(part) = script.and_then(|script| script.of(job, host, number)).cloned() {
            if part.lingers.is_none() {
                let end = Planned::End(attempt, part.end.outcome.clone());
                self.planned.add(self.now + part.end.takes, part.rank, end);
            }
            self.running.insert(attempt, Some(Box::new(part)));
            return;
        }
        self.running.insert(attempt, None);
        let usual = self.times.of_attempt(self.seed, host, number);
        let asked = SimulatedAttempt {
            seed: self.seed,
            job,
            host,
            number,
            begun: self.now,
        };
        let own = self.faults.get(host).into_iter().flatten();
        if let Some(AttemptEnd { takes, outcome }) = asked.end(usual, own.chain(&self.everywhere)) {
            self.planned.add(
                self.now + left(takes, elapsed),
                EventQueue::LAST,
                Planned::End(attempt, outcome),
            );
        }
    }

    /// Simulated attempts end at once when they are cancelled; those of a script end as they did in the log.
    pub(super) fn cancel(&mut self, attempt: AttemptId, reason: CancelReason) {
        let (at, rank, outcome) = match self.running.get(&attempt) {
            None => return,
            Some(None) => {
                let kind = match reason {
                    CancelReason::AttemptTimeout | CancelReason::JobTimeout => FailureKind::Timeout,
                    CancelReason::Abort | CancelReason::Shutdown => FailureKind::Signal {
                        signal: "TERM".to_owned(),
                    },
                };
                (self.now, EventQueue::LAST, Outcome::failed(kind, ""))
            }
            Some(Some(part)) => match part.lingers {
                Some(lingers) => (self.now + lingers, part.rank, part.end.outcome.clone()),
                // It ended without a cancellation in the log, and its end is planned already.
                None => return,
            },
        };
        self.planned.add(at, rank, Planned::End(attempt, outcome));
    }
}
