//! Two dispatchers and three hosts: every order in which one of them can die, or pause and wake up after the other took
//! over.
//!
//! Whoever does nothing for a while is paused: a dispatcher that was replaced, and was not killed, may still do at any
//! later moment what it could do before. The journal may also be set back to an earlier moment, in a test of its own.
//! An append is one step here; what may happen to it on its way is a matter of random clusters.

mod moment;

use std::sync::Arc;
use std::time::Duration;

use pogo_core::fleet::{Fleet, HostName};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{OnDoubt, Policy, Rule};
use pogo_core::scheduler::{AttemptId, Input, JobId, NeverBegan, Order, Outcome, TaskState};
use stateright::{Checker, HasDiscoveries, Model, Property};

use crate::limit;
use moment::{Launch, LaunchKey, Moment};

/// A defect that must be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Planted {
    Nothing,
    PermissionIsSkipped,
    /// A dispatcher that was replaced decides by itself whether an attempt may begin.
    AppendsAreUnfenced,
    GroupIsNotChecked,
    /// A transport says of a link that broke after the word to go that nothing was sent.
    DoubtIsCalledNeverBegan,
    /// Whoever goes on with a copy of the journal does so with the numbers of before.
    RestoreIsNotRecorded,
}

struct Takeovers {
    /// How many hosts may be unavailable at once.
    most: &'static str,
    takeovers: u8,
    /// How many supervisors are killed, and links broken, together.
    faults: u8,
    /// How often the journal is set back to a copy.
    restores: u8,
    planted: Planted,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Action {
    Arrive(LaunchKey),
    Ask(LaunchKey),
    SayGo(LaunchKey),
    Begin(LaunchKey),
    /// The host waits no longer.
    Expire(LaunchKey),
    CutLink(LaunchKey),
    KillSupervisor(LaunchKey),
    EndCommand((HostName, AttemptId)),
    TakeOver {
        kills: bool,
    },
    /// The owner asks a host for the state of an attempt in doubt.
    Fence(AttemptId),
    /// A copy of the journal is made.
    Copy,
    /// The journal is set back to it.
    Restore {
        kills: bool,
    },
    /// After a restore: somebody lets the job go on, and tries hosts in doubt again that have been asked.
    Resume,
    Retry,
}

impl Takeovers {
    fn start(&self) -> Moment {
        let mut moment = Moment::new(self.faults, self.restores);
        let fleet = Fleet::builder().tagged("id.h1", "h1").tagged("id.h2", "h2");
        let fleet = Arc::new(fleet.tagged("id.h3", "h3").build().unwrap());
        let policy = Policy::new()
            .constraint(limit("$id", Rule::MaxParallel, "1"))
            .constraint(limit("*", Rule::MaxParallelTotal, self.most));
        let policy = Arc::new(policy);
        let asks_permission = true;
        assert!(moment.input(Order::Configure { fleet, policy }.into()));
        assert!(moment.input(Input::Transport {
            asks_permission,
            fences: asks_permission
        }));
        let spec = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true"));
        let spec = spec.on_doubt(OnDoubt::Retry).retries(1).retry_delay(Duration::ZERO);
        let (job, spec) = (JobId::new(1), Arc::new(spec));
        assert!(moment.input(Order::Submit { job: Some(job), spec }.into()));
        moment
    }

    fn cut(&self, moment: &mut Moment, key: LaunchKey) -> bool {
        moment.faults -= 1;
        let never = || Outcome::never_began(NeverBegan::NotSent, "");
        let (_, launch) = moment.launches[&key];
        let outcome = match launch < Launch::Told || self.planted == Planted::DoubtIsCalledNeverBegan {
            true => never(),
            false => Outcome::in_doubt("the link broke"),
        };
        if launch < Launch::Told {
            return moment.end(key, outcome);
        }
        moment.abandon(key, outcome)
    }
}

/// One after the other: of those that have been asked, the first.
fn retry(moment: &mut Moment) -> bool {
    let job = JobId::new(1);
    let tasks = moment.scheduler.job(job).unwrap().tasks();
    let doubtful = tasks.filter(|task| task.state() == TaskState::InDoubt);
    let doubtful: Vec<HostName> = doubtful.map(|task| task.host().clone()).collect();
    doubtful.into_iter().any(|host| {
        let (hosts, force) = (vec![host], false);
        moment.input(Order::Retry { job, hosts, force }.into())
    })
}

impl Model for Takeovers {
    type State = Moment;
    type Action = Action;

    fn init_states(&self) -> Vec<Moment> {
        vec![self.start()]
    }

    fn actions(&self, moment: &Moment, actions: &mut Vec<Action>) {
        for (&key, &(_, launch)) in &moment.launches {
            match launch {
                Launch::Connecting => actions.push(Action::Arrive(key)),
                Launch::Ready => actions.extend([Action::Ask(key), Action::Expire(key)]),
                Launch::Permitted => actions.extend([Action::SayGo(key), Action::Expire(key)]),
                Launch::Told => actions.extend([Action::Begin(key), Action::Expire(key)]),
                Launch::Begun => {}
            }
            if moment.faults > 0 && key.0 == moment.owner && launch >= Launch::Ready {
                actions.push(Action::CutLink(key));
            }
            if moment.faults > 0 && launch == Launch::Begun {
                actions.push(Action::KillSupervisor(key));
            }
        }
        actions.extend(moment.running.iter().cloned().map(Action::EndCommand));
        actions.extend(
            moment
                .questions(self.planted)
                .into_iter()
                .map(|(attempt, _)| Action::Fence(attempt)),
        );
        if moment.restores > 0 {
            match moment.copy {
                Some(_) => actions.extend([true, false].map(|kills| Action::Restore { kills })),
                None => actions.push(Action::Copy),
            }
        } else if self.restores > 0 {
            actions.extend([Action::Resume, Action::Retry]);
        }
        if moment.owner < self.takeovers + self.restores - moment.restores {
            actions.extend([true, false].map(|kills| Action::TakeOver { kills }));
        }
    }

    fn next_state(&self, moment: &Moment, action: Action) -> Option<Moment> {
        let mut next = moment.clone();
        let done = match action {
            Action::Arrive(key) => next.arrive(key, self.planted),
            Action::Ask(key) => next.ask(key, self.planted),
            Action::SayGo(key) => {
                next.set(key, Launch::Told);
                true
            }
            Action::Begin(key) => next.begin(key),
            Action::Expire(key) => next.end(key, Outcome::never_began(NeverBegan::Expired, "")),
            Action::CutLink(key) => self.cut(&mut next, key),
            Action::KillSupervisor(key) => {
                next.faults -= 1;
                next.end(key, Outcome::in_doubt("nothing is left that says how it ends"))
            }
            Action::EndCommand(command) => next.end_command(&command),
            Action::TakeOver { kills } => next.take_over(kills),
            Action::Fence(attempt) => next.fence(attempt, self.planted),
            Action::Copy => {
                next.copy();
                true
            }
            Action::Restore { kills } => next.restore(kills, self.planted),
            Action::Resume => next.input(Order::Resume { job: JobId::new(1) }.into()),
            Action::Retry => retry(&mut next),
        };
        done.then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("every rule is kept", |_, moment: &Moment| moment.broken.is_none()),
            Property::sometimes("a permission is used after a takeover", |_, moment: &Moment| {
                moment.used_after_takeover
            }),
            Property::sometimes("every host is done", |_, moment: &Moment| {
                let job = moment.scheduler.job(JobId::new(1)).unwrap();
                job.tasks().all(|task| task.state() == TaskState::Succeeded)
            }),
            // It is, wherever the journal is set back; a test that does so asserts it.
            Property::sometimes("what the journal has lost runs", |model: &Self, moment: &Moment| {
                moment.lost_runs || model.restores == 0
            }),
            Property::sometimes("an attempt is in doubt", |_, moment: &Moment| moment.doubted),
        ]
    }
}

#[test]
fn every_history_of_two_dispatchers_keeps_the_rules() {
    let takeovers = Takeovers {
        most: "1",
        takeovers: 1,
        faults: 1,
        restores: 0,
        planted: Planted::Nothing,
    };
    let checker = takeovers.checker().spawn_bfs().join();
    checker.assert_properties();
}

#[test]
fn every_history_of_a_takeover_while_two_hosts_run_keeps_the_rules() {
    let takeovers = Takeovers {
        most: "2",
        takeovers: 1,
        faults: 0,
        restores: 0,
        planted: Planted::Nothing,
    };
    let checker = takeovers.checker().spawn_bfs().join();
    checker.assert_properties();
}

/// Either of them may be killed or paused, and the journal is set back to any earlier moment.
#[test]
fn every_history_of_a_restore_keeps_the_rules() {
    let takeovers = Takeovers {
        most: "1",
        takeovers: 0,
        faults: 0,
        restores: 1,
        planted: Planted::Nothing,
    };
    let checker = takeovers.checker().spawn_bfs().join();
    checker.assert_properties();
    checker.assert_any_discovery("what the journal has lost runs");
}

/// And another takes over before that or after it.
#[test]
fn every_history_of_a_restore_and_a_takeover_keeps_the_rules() {
    let takeovers = Takeovers {
        most: "1",
        takeovers: 1,
        faults: 0,
        restores: 1,
        planted: Planted::Nothing,
    };
    let checker = takeovers.checker().spawn_bfs().join();
    checker.assert_properties();
    checker.assert_any_discovery("what the journal has lost runs");
}

#[test]
fn a_restore_that_is_not_recorded_is_found_out() {
    let takeovers = Takeovers {
        most: "1",
        takeovers: 0,
        faults: 0,
        restores: 1,
        planted: Planted::RestoreIsNotRecorded,
    };
    let stop = HasDiscoveries::AnyFailures;
    let checker = takeovers.checker().finish_when(stop).spawn_bfs().join();
    checker.assert_any_discovery("every rule is kept");
}

fn is_found(planted: Planted) {
    let takeovers = Takeovers {
        most: "1",
        takeovers: 1,
        faults: 1,
        restores: 0,
        planted,
    };
    let stop = HasDiscoveries::AnyFailures;
    let checker = takeovers.checker().finish_when(stop).spawn_bfs().join();
    checker.assert_any_discovery("every rule is kept");
}

#[test]
fn a_permission_that_is_skipped_is_found_out() {
    is_found(Planted::PermissionIsSkipped);
}

#[test]
fn a_dispatcher_that_was_replaced_and_gives_permission_is_found_out() {
    is_found(Planted::AppendsAreUnfenced);
}

#[test]
fn a_lock_that_does_not_check_its_group_is_found_out() {
    is_found(Planted::GroupIsNotChecked);
}

#[test]
fn a_doubt_that_is_called_never_begun_is_found_out() {
    is_found(Planted::DoubtIsCalledNeverBegan);
}
