//! The input that a step stands for in the present state.

use std::sync::Arc;

use super::super::Step;
use super::Drill;
use crate::fleet::{HostName, Selector};
use crate::scheduler::{
    Actor, AttemptId, Incarnation, Input, JobId, NeverBegan, Order, Outcome, Phase, RestoreCause, TaskState,
};

impl Drill {
    /// The input that a step stands for; `None` if what it is about does not exist.
    pub(super) fn input(&self, step: &Step) -> Option<Input> {
        Some(match step {
            Step::Wait(_) | Step::Tick => Input::Tick,
            Step::Crash => Input::Recover { resumed: vec![] },
            Step::Restore => Input::Restored {
                cause: RestoreCause::Copied,
                at_least: Incarnation::default(),
                id: None,
                request: None,
                reason: "a drill".into(),
                actor: Some(Arc::new(Actor::new("ann"))),
            },
            Step::Report(nth, outcome) => self.report(self.attempt(*nth)?, outcome),
            Step::LateReport(nth, outcome) => self.late_report(*nth, outcome)?,
            Step::Begin(nth, host_lock) => begin(self.attempt(*nth)?, *host_lock),
            Step::Phase(nth, phase) => self.phase(self.attempt(*nth)?, *phase),
            Step::HostKey(nth) => Input::HostKeyRecorded {
                attempt: self.attempt(*nth)?,
            },
            Step::Fence(nth, answer) => Input::Fenced {
                attempt: self.asked(*nth)?,
                answer: answer.clone(),
            },
            Step::Transport(asks_permission, fences) => Input::Transport {
                asks_permission: *asks_permission,
                fences: *fences,
            },
            Step::Forced(order) => forced(self.input(order)?),
            Step::Submit(spec) => Order::submit((**spec).clone()).by(Actor::new("ann")).into(),
            Step::Configure(fleet, policy) => {
                let (fleet, policy) = (Arc::clone(fleet), Arc::clone(policy));
                Order::Configure { fleet, policy }.by(Actor::new("bob")).into()
            }
            Step::Pause(job)
            | Step::Resume(job)
            | Step::Halt(job)
            | Step::Abort(job)
            | Step::Promote(job)
            | Step::Note(job)
            | Step::Retry(job, _)
            | Step::Skip(job, _)
            | Step::Alter(job, _) => self
                .job_order(*job, step)?
                .by(Actor::new("ann"))
                .because("a drill")
                .into(),
            Step::Freeze(_) | Step::Thaw(_) | Step::MarkDown(_) | Step::MarkUp(_) => {
                self.host_order(step)?.by(Actor::new("bob")).because("a drill").into()
            }
            Step::Hold(..) | Step::Release(..) => {
                self.hold_order(step)?.by(Actor::new("bob")).because("a drill").into()
            }
        })
    }

    /// An order about holds of hosts.
    fn hold_order(&self, step: &Step) -> Option<Order> {
        let hosts = |nth: &[u8; 2]| nth.iter().map(|&host| self.host(host)).collect::<Option<Vec<_>>>();
        Some(match step {
            Step::Hold(nth, owner, mode, priority) => Order::Hold {
                hosts: hosts(nth)?,
                owner: owner.owner()?,
                priority: i32::from(*priority),
                mode: *mode,
            },
            Step::Release(nth, by, force) => Order::Release {
                hosts: hosts(nth)?,
                by: by.owner()?,
                force: *force,
            },
            _ => return None,
        })
    }

    /// An order about a job.
    fn job_order(&self, nth: u8, order: &Step) -> Option<Order> {
        let job = self.job(nth)?;
        Some(match order {
            Step::Pause(_) => Order::Pause { job },
            Step::Resume(_) => Order::Resume { job },
            Step::Halt(_) => Order::Halt { job },
            Step::Abort(_) => Order::Abort { job },
            Step::Promote(_) => Order::Promote { job },
            Step::Note(_) => Order::Note { job },
            Step::Retry(_, hosts) => Order::Retry {
                job,
                hosts: self.hosts(nth, *hosts)?,
                force: false,
            },
            Step::Skip(_, hosts) => Order::Skip {
                job,
                hosts: self.hosts(nth, *hosts)?,
                force: false,
            },
            Step::Alter(_, change) => Order::Alter {
                job,
                change: change.clone(),
            },
            _ => return None,
        })
    }

    /// An order about hosts, outside of any job.
    fn host_order(&self, order: &Step) -> Option<Order> {
        Some(match order {
            Step::Freeze(hosts) => Order::Freeze { hosts: hosts.clone() },
            Step::Thaw(nth) => Order::Thaw {
                hosts: self.freeze(*nth)?,
            },
            Step::MarkDown(host) => Order::MarkDown {
                host: self.host(*host)?,
            },
            Step::MarkUp(host) => Order::MarkUp {
                host: self.host(*host)?,
                force: false,
            },
            _ => return None,
        })
    }

    /// How a transport reports that an attempt ended so: one that has to ask first asks, and never began once it was
    /// refused.
    fn report(&self, attempt: AttemptId, outcome: &Outcome) -> Input {
        if !self.has_to_ask(attempt, outcome) {
            ended(attempt, outcome.clone())
        } else if self.refused.contains(&attempt) {
            ended(attempt, Outcome::never_began(NeverBegan::Refused, ""))
        } else {
            begin(attempt, true)
        }
    }

    fn late_report(&self, nth: u8, outcome: &Outcome) -> Option<Input> {
        let attempt = self.any_attempt(usize::from(nth) % (self.issued.len() + 2));
        (!self.has_to_ask(attempt, outcome)).then(|| ended(attempt, outcome.clone()))
    }

    /// One that was started, or that comes next; the first of all was never started. After a restore that may be one of
    /// those that are not recorded.
    fn any_attempt(&self, nth: usize) -> AttemptId {
        let Some(nth) = nth.checked_sub(1) else {
            let restored = self.scheduler.restorations().last();
            return restored.map_or(AttemptId::NONE, |last| last.attempts_after);
        };
        let next = || self.issued.last().map_or(1, |last| last.number() + 1);
        self.issued.get(nth).copied().unwrap_or_else(|| AttemptId::new(next()))
    }

    fn phase(&self, attempt: AttemptId, phase: Phase) -> Input {
        if phase > Phase::Connect && self.has_to_ask(attempt, &Outcome::Succeeded) {
            return begin(attempt, false);
        }
        Input::PhaseEntered { attempt, phase }
    }

    fn attempt(&self, nth: u8) -> Option<AttemptId> {
        let nth = usize::from(nth).checked_rem(self.running.len())?;
        self.running.keys().nth(nth).copied()
    }

    /// An attempt whose host may be asked for its state; those in doubt come first.
    fn asked(&self, nth: u8) -> Option<AttemptId> {
        let doubts = self.scheduler.doubts().into_iter().map(|doubt| doubt.attempt);
        let asked: Vec<AttemptId> = doubts.chain(self.running.keys().copied()).collect();
        let nth = usize::from(nth).checked_rem(asked.len())?;
        asked.get(nth).copied()
    }

    fn freeze(&self, nth: u8) -> Option<Selector> {
        let nth = usize::from(nth).checked_rem(self.scheduler.freezes().count())?;
        self.scheduler.freezes().nth(nth).map(|freeze| freeze.hosts.clone())
    }

    fn job(&self, nth: u8) -> Option<JobId> {
        let nth = usize::from(nth).checked_rem(self.jobs.len())?;
        self.jobs.get(nth).copied()
    }

    fn host(&self, nth: u8) -> Option<HostName> {
        let fleet = self.scheduler.fleet();
        let nth = usize::from(nth).checked_rem(fleet.len())?;
        fleet.ids().nth(nth).map(|host| fleet.name(host).clone())
    }

    /// The hosts of a job whose bits are set; failed and waiting ones are taken first, or nearly every order would be
    /// refused.
    fn hosts(&self, job: u8, bits: u16) -> Option<Vec<HostName>> {
        let id = self.job(job)?;
        let Some(job) = self.scheduler.job(id) else {
            let retired = self.scheduler.retired_jobs().find(|job| job.id() == id)?;
            let chosen = retired.hosts().enumerate().filter(|(at, _)| bits >> (at % 15) & 1 == 1);
            return Some(chosen.map(|(_, (host, _))| host.clone()).collect());
        };
        let ended_badly = |state| !matches!(state, TaskState::Succeeded | TaskState::Running);
        let hosts = job
            .tasks()
            .filter(|task| ended_badly(task.state()) || bits & 0x8000 != 0);
        let chosen = hosts.enumerate().filter(|(at, _)| bits >> (at % 15) & 1 == 1);
        Some(chosen.map(|(_, task)| task.host().clone()).collect())
    }
}

fn begin(attempt: AttemptId, host_lock: bool) -> Input {
    Input::Begin { attempt, host_lock }
}

fn ended(attempt: AttemptId, outcome: Outcome) -> Input {
    Input::Reported {
        attempt,
        outcome,
        output: None,
    }
}

/// The order, by force.
fn forced(mut input: Input) -> Input {
    if let Input::Command(command) = &mut input
        && let Order::Retry { force, .. } | Order::Skip { force, .. } | Order::MarkUp { force, .. } = &mut command.order
    {
        *force = true;
    }
    input
}
