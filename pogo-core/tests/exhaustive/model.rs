//! A namespace of four hosts as a model: its states, and all that can happen in each.

use std::sync::Arc;

use pogo_core::Timestamp;
use pogo_core::fleet::{Fleet, HostName};
use pogo_core::plan::{HoldOwner, JobSpec, RemoteCommand};
use pogo_core::policy::Policy;
use pogo_core::scheduler::{
    Event, FailureKind, HoldMode, Input, InputError, JobId, JobStatus, NeverBegan, Order, Outcome, Phase, Record,
    Scheduler, TaskState,
};
use stateright::{Model, Property};

use crate::moment::Moment;
use crate::oracle::Oracle;

/// What is explored.
pub(crate) struct Namespace {
    pub(crate) policy: Policy,
    /// How many jobs are submitted, each at any moment after the first.
    pub(crate) jobs: u64,
    /// How many attempts may fail or become in doubt, together.
    pub(crate) faults: u8,
    /// How many orders operators may give, beside submitting.
    pub(crate) orders: u8,
    /// Whether attempts ask before they begin.
    pub(crate) asks: bool,
    /// Whether hosts are held and released, instead of marked down and up.
    pub(crate) holds: bool,
    pub(crate) planted: Planted,
}

/// A defect that the properties must find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Planted {
    Nothing,
    /// As if a failed host did not count as unavailable.
    FailedHostsGiveTheirPlacesBack,
    /// As if the first success had never been reported.
    AReportIsLost,
    /// As if attempts began without asking.
    APermissionIsSkipped,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Submit,
    Succeed(usize),
    Fail(usize),
    Doubt(usize),
    Begin(usize),
    NeverBegan(usize),
    TakeOver,
    Pause(u64),
    Resume(u64),
    Abort(u64),
    Retry(u64, usize),
    Skip(u64, usize),
    MarkDown(usize),
    MarkUp(usize),
    Hold(usize, HoldMode),
    Release(usize),
}

const HOSTS: [&str; 4] = ["h1", "h2", "h3", "h4"];

fn fleet() -> Fleet {
    let fleet = Fleet::builder().hosts("h[1-4]");
    let fleet = fleet.tagged("colo.east", "h[1,2]").tagged("colo.west", "h[3,4]");
    fleet.tagged("role.web", "h[1-3]").build().unwrap()
}

fn owner() -> HoldOwner {
    "ann".parse().unwrap()
}

fn host(at: usize) -> HostName {
    HOSTS[at].parse().unwrap()
}

impl Namespace {
    fn submit(&self, moment: &mut Moment) -> Result<Vec<Event>, InputError> {
        moment.submitted += 1;
        let mut spec = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true"));
        spec.settings.max_failures = Some("1".parse().unwrap());
        moment.handle(Order::Submit {
            job: Some(JobId::new(moment.submitted)),
            spec: Arc::new(spec),
        })
    }

    fn end_badly(&self, moment: &mut Moment, nth: usize, outcome: Outcome) -> Result<(), InputError> {
        moment.faults -= 1;
        let host = moment.running[nth].1.clone();
        moment.report(nth, outcome)?;
        if self.planted == Planted::FailedHostsGiveTheirPlacesBack {
            // Behind the oracle's back.
            let up = Order::MarkUp { host, force: false };
            for event in moment.scheduler.handle(Timestamp::EPOCH, up)?.into_iter().skip(1) {
                let result = moment.oracle.take(&Record::new(Timestamp::EPOCH, event));
                moment.broken = moment.broken.take().or(result.err());
            }
        }
        Ok(())
    }

    /// An attempt asks whether it may begin, and never does so if it may not.
    fn begin(&self, moment: &mut Moment, nth: usize) -> Result<(), InputError> {
        let attempt = moment.running[nth].2;
        if self.planted == Planted::APermissionIsSkipped {
            let phase = Phase::Command;
            return moment.handle(Input::PhaseEntered { attempt, phase }).map(|_| ());
        }
        let host_lock = true;
        if moment.handle(Input::Begin { attempt, host_lock }).is_err() {
            moment.report(nth, Outcome::never_began(NeverBegan::Refused, ""))?;
        }
        Ok(())
    }

    /// The dispatcher dies, and the next one resumes nothing.
    fn take_over(moment: &mut Moment) -> Result<(), InputError> {
        moment.faults -= 1;
        moment.handle(Input::Recover { resumed: vec![] }).map(|_| ())
    }

    fn act(&self, moment: &mut Moment, action: Action) -> Result<(), InputError> {
        let job = JobId::new;
        let input = match action {
            Action::Submit => return self.submit(moment).map(|_| ()),
            Action::Succeed(nth) => {
                if self.planted == Planted::AReportIsLost && !std::mem::replace(&mut moment.lost, true) {
                    moment.running.remove(nth);
                    return Ok(());
                }
                return moment.report(nth, Outcome::Succeeded).map(|_| ());
            }
            Action::Fail(nth) => {
                let failed = Outcome::failed(FailureKind::Command { status: 1 }, "");
                return self.end_badly(moment, nth, failed);
            }
            Action::Doubt(nth) => return self.end_badly(moment, nth, Outcome::in_doubt("")),
            Action::Begin(nth) => return self.begin(moment, nth),
            Action::NeverBegan(nth) => {
                return self.end_badly(moment, nth, Outcome::never_began(NeverBegan::Cancelled, ""));
            }
            Action::TakeOver => return Self::take_over(moment),
            Action::Pause(of) => Order::Pause { job: job(of) },
            Action::Resume(of) => Order::Resume { job: job(of) },
            Action::Abort(of) => Order::Abort { job: job(of) },
            Action::Retry(of, at) => Order::Retry {
                job: job(of),
                hosts: vec![host(at)],
                force: false,
            },
            Action::Skip(of, at) => Order::Skip {
                job: job(of),
                hosts: vec![host(at)],
                force: false,
            },
            Action::MarkDown(at) => Order::MarkDown { host: host(at) },
            Action::MarkUp(at) => Order::MarkUp {
                host: host(at),
                force: false,
            },
            Action::Hold(at, mode) => Order::Hold {
                hosts: vec![host(at)],
                owner: owner(),
                priority: 0,
                mode,
            },
            Action::Release(at) => Order::Release {
                hosts: vec![host(at)],
                by: owner(),
                force: false,
            },
        };
        moment.orders -= 1;
        moment.handle(input).map(|_| ())
    }
}

fn any_hold(moment: &Moment, in_force: bool) -> bool {
    moment
        .scheduler
        .holds()
        .any(|view| view.hold.since.is_some() == in_force)
}

impl Model for Namespace {
    type State = Moment;
    type Action = Action;

    fn init_states(&self) -> Vec<Moment> {
        let mut moment = Moment {
            scheduler: Scheduler::new(),
            oracle: Oracle::default(),
            running: vec![],
            submitted: 0,
            faults: self.faults,
            orders: self.orders,
            lost: false,
            broken: None,
        };
        let (fleet, policy) = (Arc::new(fleet()), Arc::new(self.policy.clone()));
        moment.handle(Order::Configure { fleet, policy }).unwrap();
        let asks_permission = self.asks;
        moment
            .handle(Input::Transport {
                asks_permission,
                fences: asks_permission,
            })
            .unwrap();
        self.submit(&mut moment).unwrap();
        vec![moment]
    }

    fn actions(&self, moment: &Moment, actions: &mut Vec<Action>) {
        if moment.submitted < self.jobs {
            actions.push(Action::Submit);
        }
        if self.asks && moment.faults > 0 && !moment.running.is_empty() {
            actions.push(Action::TakeOver);
        }
        for nth in 0..moment.running.len() {
            if moment.awaits_permission(nth) {
                actions.push(Action::Begin(nth));
                actions.extend((moment.faults > 0).then_some(Action::NeverBegan(nth)));
                continue;
            }
            actions.push(Action::Succeed(nth));
            if moment.faults > 0 {
                actions.extend([Action::Fail(nth), Action::Doubt(nth)]);
            }
        }
        if moment.orders == 0 {
            return;
        }
        for job in 1..=moment.submitted {
            actions.extend([Action::Pause(job), Action::Resume(job), Action::Abort(job)]);
            let of = |state: TaskState| {
                moment
                    .scheduler
                    .job(JobId::new(job))
                    .into_iter()
                    .flat_map(|job| job.tasks().zip(0..))
                    .filter(move |(task, _)| task.state() == state)
                    .map(|(_, at)| at)
                    .collect::<Vec<usize>>()
            };
            for state in [
                TaskState::Failed,
                TaskState::InDoubt,
                TaskState::Skipped,
                TaskState::Cancelled,
            ] {
                actions.extend(of(state).into_iter().map(|at| Action::Retry(job, at)));
            }
            for state in [TaskState::Waiting, TaskState::Failed, TaskState::InDoubt] {
                actions.extend(of(state).into_iter().map(|at| Action::Skip(job, at)));
            }
        }
        for left in moment.scheduler.retired_jobs() {
            let job = left.id().number();
            let held = |at: &usize| left.hosts().any(|(name, _)| *name == host(*at));
            let hosts = (0..HOSTS.len()).filter(held);
            actions.extend(hosts.flat_map(|at| [Action::Retry(job, at), Action::Skip(job, at)]));
        }
        if self.holds {
            let holds = |at| {
                [
                    Action::Hold(at, HoldMode::Wait),
                    Action::Hold(at, HoldMode::Immediate),
                    Action::Release(at),
                ]
            };
            actions.extend((0..HOSTS.len()).flat_map(holds));
            return;
        }
        actions.extend((0..HOSTS.len()).flat_map(|at| [Action::MarkDown(at), Action::MarkUp(at)]));
    }

    fn next_state(&self, moment: &Moment, action: Action) -> Option<Moment> {
        let mut next = moment.clone();
        self.act(&mut next, action).ok()?;
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always("every rule is kept", |_, moment: &Moment| moment.broken.is_none()),
            Property::eventually("every job ends or says what it needs", |_, moment: &Moment| {
                moment.scheduler.jobs().all(|job| {
                    matches!(
                        job.status(),
                        JobStatus::Finished | JobStatus::Blocked | JobStatus::Paused | JobStatus::Halted
                    )
                })
            }),
            Property::sometimes("every host is done", |_, moment: &Moment| {
                moment
                    .scheduler
                    .jobs()
                    .all(|job| job.tasks().all(|task| task.state() == TaskState::Succeeded))
            }),
        ];
        if self.planted == Planted::Nothing {
            properties.extend([
                Property::sometimes("a job is blocked", |_, moment: &Moment| moment.any(JobStatus::Blocked)),
                Property::sometimes("a job is halted by its failures", |_: &Self, moment: &Moment| {
                    moment.any(JobStatus::Halted)
                }),
            ]);
        }
        if self.policy.retire_after.is_some() {
            let tried_again = |_: &Self, moment: &Moment| moment.scheduler.jobs().any(|job| job.retry_of().is_some());
            properties.push(Property::sometimes(
                "a host of a retired job is tried again",
                tried_again,
            ));
        }
        if self.holds {
            properties.extend([
                Property::sometimes("a host is held", |_: &Self, moment: &Moment| any_hold(moment, true)),
                Property::sometimes("a hold waits", |_, moment: &Moment| any_hold(moment, false)),
            ]);
        }
        if self.jobs > 1 {
            properties.push(Property::sometimes("a job waits for another", |_, moment: &Moment| {
                moment.any(JobStatus::Waiting)
            }));
        }
        properties
    }
}
