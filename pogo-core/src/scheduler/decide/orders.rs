//! Carries out orders.

use std::sync::Arc;

use crate::scheduler::check::{CheckedOrder, EndedHolds, NewHolds, OrderContext};
use crate::scheduler::state::{Hint, TaskAt};
use crate::scheduler::{
    AttemptId, CancelReason, Event, HaltCause, HoldMode, HostEventKind, JobEventKind, JobId, NamespaceEventKind, Phase,
    Scheduler, TaskEventKind, TaskState,
};

impl Scheduler {
    /// Carries an order out: all that is decided here is by whoever gave it, and what follows from it when time passes
    /// and others start is not.
    pub(super) fn carry_out(&mut self, order: CheckedOrder, context: &OrderContext) {
        self.actor.clone_from(&context.actor);
        // Before the records of force: readers of a log would take these for a remark on the
        // order that was recorded before.
        if let Some(event) = context.event() {
            self.emit(event, Hint::default());
        }
        if !context.forced.is_empty() {
            self.force_fence(&context.forced, &context.reason());
        }
        self.order(order, context);
        self.answer = context.answer;
        self.actor = None;
    }

    fn order(&mut self, order: CheckedOrder, context: &OrderContext) {
        match order {
            CheckedOrder::Configure { fleet, policy, next } => {
                let hint = Hint {
                    configured: Some(next),
                    ..Hint::default()
                };
                let (fleet, policy) = (fleet.into(), policy.into());
                let kind = NamespaceEventKind::Configured { fleet, policy };
                self.emit(Event::of_namespace(kind), hint);
            }
            CheckedOrder::Submit {
                job,
                spec,
                compiled,
                retry_of,
            } => {
                let hosts = Arc::clone(&compiled.names);
                let hint = Hint {
                    compiled: Some(compiled),
                    ..Hint::default()
                };
                let kind = JobEventKind::Submitted { spec, hosts, retry_of };
                self.emit(Event::of_job(job, kind), hint);
            }
            CheckedOrder::Pause { job } => self.emit_job(job, JobEventKind::Paused),
            CheckedOrder::Resume { job } => self.emit_job(job, JobEventKind::Resumed),
            CheckedOrder::Halt { job } => {
                let reason = context.reason();
                let cause = Some(HaltCause::Order);
                let abort = false;
                self.emit_job(job, JobEventKind::Halting { reason, abort, cause });
            }
            CheckedOrder::Abort { job } => self.give_up(job, context.reason(), HaltCause::Order),
            CheckedOrder::Promote { job, wave } => {
                let ordered = true;
                self.emit_job(job, JobEventKind::WaveOpened { wave, ordered });
            }
            CheckedOrder::Freeze { hosts } => {
                let (by, reason) = (context.by(), context.reason());
                self.emit_namespace(NamespaceEventKind::HostsFrozen { hosts, by, reason });
            }
            CheckedOrder::Thaw { hosts } => {
                let (by, reason) = (context.by(), context.reason());
                self.emit_namespace(NamespaceEventKind::HostsThawed { hosts, by, reason });
            }
            CheckedOrder::Retry { tasks } => tasks.into_iter().for_each(|task| self.retry_now(task)),
            CheckedOrder::Skip { tasks } => tasks.into_iter().for_each(|task| self.skip(task)),
            CheckedOrder::SkipRetired { job, hosts } => {
                let events = hosts
                    .into_iter()
                    .map(|host| Event::of_task(job, host, TaskEventKind::Skipped));
                events.for_each(|event| self.emit(event, Hint::default()));
            }
            CheckedOrder::Alter { job, change } => {
                let change = Box::new(change);
                self.emit_job(job, JobEventKind::Altered { change });
                // Without this, a max_failures below what has failed already counts only when the next host fails.
                self.halt_if_over_budget(job);
            }
            CheckedOrder::Mark { host, down } => self.emit_host(host, HostEventKind::marked(down, context.reason())),
            CheckedOrder::Hold(holds) => self.hold(holds),
            CheckedOrder::Release(ended) => self.release(ended),
            CheckedOrder::Note | CheckedOrder::Nothing => {}
        }
    }

    fn release(&mut self, EndedHolds { holds, by, reason }: EndedHolds) {
        for (host, owner) in holds {
            let (by, reason) = (by.clone(), reason.clone());
            self.emit_host(host, HostEventKind::Released { owner, by, reason });
        }
    }

    /// Those that wait are taken in turn, beside the tasks of jobs.
    fn hold(&mut self, holds: NewHolds) {
        let NewHolds { owner, reason, .. } = holds;
        for host in holds.hosts {
            let (owner, reason) = (owner.clone(), reason.clone());
            let kind = match holds.mode {
                HoldMode::Wait => HostEventKind::HoldWaiting {
                    owner,
                    reason,
                    priority: holds.priority,
                },
                HoldMode::Immediate => HostEventKind::Held {
                    waited: self.state.holds.of(&host, &owner).is_some(),
                    owner,
                    reason,
                },
            };
            self.emit_host(host, kind);
        }
    }

    fn retry_now(&mut self, (job, task): TaskAt) {
        let Some(host) = self.state.jobs.get(&job).map(|job| job.name(task).clone()) else {
            return;
        };
        let kind = TaskEventKind::Retried {
            not_before: self.now,
            ordered: true,
            after_connect: false,
        };
        self.emit_task((job, task), host, kind);
    }

    fn skip(&mut self, (job, task): TaskAt) {
        let Some(host) = self.state.jobs.get(&job).map(|job| job.name(task).clone()) else {
            return;
        };
        self.emit_task((job, task), host, TaskEventKind::Skipped);
    }

    /// Cancels what waits and what runs.
    pub(super) fn give_up(&mut self, id: JobId, reason: String, cause: HaltCause) {
        let because = match cause {
            HaltCause::JobTimeout => CancelReason::JobTimeout,
            HaltCause::Order | HaltCause::MaxFailures => CancelReason::Abort,
        };
        let kind = JobEventKind::Halting {
            reason,
            abort: true,
            cause: Some(cause),
        };
        self.emit_job(id, kind);
        let Some(job) = self.state.jobs.get(&id) else { return };
        let waiting: Vec<u32> = job
            .positions()
            .filter(|&task| job.task(task).state == TaskState::Waiting)
            .collect();
        for task in waiting {
            self.cancel((id, task));
        }
        let running = |(attempt, running): (AttemptId, crate::scheduler::state::Running)| {
            (running.task.0 == id && running.cancelling.is_none()).then_some((attempt, running.phase))
        };
        let attempts: Vec<_> = self.state.attempts.in_order().into_iter().filter_map(running).collect();
        for (attempt, phase) in attempts {
            match phase {
                // Nothing runs there any more, so there is nothing to end.
                Phase::Settle => self.settled(attempt, None),
                Phase::Connect | Phase::PreHook | Phase::Command | Phase::PostHook => {
                    self.request_cancel(attempt, because);
                }
            }
        }
    }

    /// Cancels what waits on hosts that left the fleet and have not come back in time.
    pub(super) fn cancel_left(&mut self, id: JobId) {
        let Some(job) = self.state.jobs.get(&id) else { return };
        let (now, after) = (self.now, job.settings.leave_after);
        let due = job.left.iter().take_while(|&&(left, _)| left + after <= now);
        let due: Vec<TaskAt> = due.map(|&(_, task)| (id, task)).collect();
        due.into_iter().for_each(|task| self.cancel(task));
    }

    pub(super) fn cancel(&mut self, (job, task): TaskAt) {
        let Some(host) = self.state.jobs.get(&job).map(|job| job.name(task).clone()) else {
            return;
        };
        self.emit_task((job, task), host, TaskEventKind::Cancelled);
    }
}
