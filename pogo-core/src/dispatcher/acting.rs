//! Acts on events once they are durable.

use super::{Dispatcher, Notice, Observer};
use crate::scheduler::{Event, JobEvent, JobEventKind, Record, TaskEvent, TaskEventKind};

impl Dispatcher {
    /// Acts on records that are durable.
    pub(super) fn act(&mut self, records: Vec<Record>) {
        let (began, committed) = (self.io.clock.now(), records.len());
        for record in records {
            self.io.observer.event(&record);
            match record.event {
                Event::Job(event) => self.act_on_job(event),
                Event::Task(event) => self.act_on_task(event),
                Event::Namespace(_) | Event::Host(_) => {}
            }
        }
        self.turn.took += self.io.clock.now() - began;
        self.io.observer.notice(&Notice::Committed {
            records: committed,
            end: self.io.tail.end(),
            took: self.io.tail.last_append(),
            scheduler: &self.scheduler,
        });
    }

    fn act_on_job(&mut self, JobEvent { job, kind, .. }: JobEvent) {
        match kind {
            JobEventKind::Submitted { spec, .. } => self.remember(job, &spec),
            // From the event, since the job may have retired before the state is queried.
            JobEventKind::Finished { tally } => self.waiters.finish(job, tally),
            // Not when it finishes: a finished job may be retried, and its attempts need the
            // command.
            JobEventKind::Retired => _ = self.commands.remove(&job),
            JobEventKind::WaveOpened { .. }
            | JobEventKind::FailureBudgetExceeded { .. }
            | JobEventKind::Blocked { .. }
            | JobEventKind::Waiting
            | JobEventKind::Unblocked
            | JobEventKind::Paused
            | JobEventKind::Resumed
            | JobEventKind::Halting { .. }
            | JobEventKind::Halted
            | JobEventKind::Altered { .. } => {}
        }
    }

    fn act_on_task(&mut self, TaskEvent { job, host, kind, .. }: TaskEvent) {
        match kind {
            TaskEventKind::Started { attempt, .. } => self.start(job, &host, attempt),
            TaskEventKind::CancelRequested { attempt, .. } => {
                self.io.running.cancel(attempt);
                self.io.fencing.cancelled(attempt);
            }
            // The scheduler may have ended it by itself while its transport still runs it:
            // nobody waits for that any more.
            TaskEventKind::InDoubt { attempt, .. } => {
                self.io.running.give_up(attempt);
                self.io.fencing.ended(attempt);
                self.ask_later(attempt);
            }
            TaskEventKind::NeverBegan { attempt, .. } | TaskEventKind::Failed { attempt, .. } => {
                self.io.running.give_up(attempt);
                self.io.fencing.ended(attempt);
            }
            TaskEventKind::Permitted { .. }
            | TaskEventKind::Fenced { .. }
            | TaskEventKind::PhaseEntered { .. }
            | TaskEventKind::HostKeyRecorded { .. }
            | TaskEventKind::Slow { .. }
            | TaskEventKind::Succeeded { .. }
            | TaskEventKind::Retried { .. }
            | TaskEventKind::Skipped
            | TaskEventKind::Cancelled => {}
        }
    }
}
