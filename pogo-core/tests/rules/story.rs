//! A namespace, driven by the names of its hosts.

use std::sync::Arc;
use std::time::Duration;

use pogo_core::fleet::{Fleet, FleetBuilder, HostName};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule};
use pogo_core::scheduler::{
    AttemptId, Blocker, Event, FailureKind, Input, InputError, JobId, JobStatus, Obstacle, Order, Outcome, TaskState,
};
use pogo_core::testing::{Drill, Step};

/// Every answer is the hosts that start, in order of their names.
pub(crate) struct Story {
    pub(crate) drill: Drill,
}

impl Story {
    pub(crate) fn new(fleet: FleetBuilder, policy: Policy) -> Self {
        let drill = Drill::new(Arc::new(fleet.build().unwrap()), Arc::new(policy)).unwrap();
        Self { drill }
    }

    pub(crate) fn submit(&mut self, spec: JobSpec) -> String {
        self.handle(Order::submit(spec)).unwrap()
    }

    pub(crate) fn ends(&mut self, host: &str) -> String {
        self.reports(host, Outcome::Succeeded)
    }

    pub(crate) fn fails(&mut self, host: &str) -> String {
        self.reports(host, Outcome::failed(FailureKind::Command { status: 1 }, ""))
    }

    pub(crate) fn reports(&mut self, host: &str, outcome: Outcome) -> String {
        let attempt = self.attempt(host);
        self.handle(Input::Reported {
            attempt,
            outcome,
            output: None,
        })
        .unwrap()
    }

    pub(crate) fn attempt(&self, host: &str) -> AttemptId {
        let mut running = self.drill.running().iter();
        *running
            .find(|(_, (_, on))| on.as_str() == host)
            .unwrap_or_else(|| panic!("{host} does not run"))
            .0
    }

    pub(crate) fn waits(&mut self, seconds: u64) -> String {
        let step = Step::Wait(Duration::from_secs(seconds));
        started(&self.drill.play(&step).unwrap().1.unwrap())
    }

    pub(crate) fn configure(&mut self, fleet: FleetBuilder, policy: Policy) -> String {
        let (fleet, policy) = (Arc::new(fleet.build().unwrap()), Arc::new(policy));
        self.handle(Order::Configure { fleet, policy }).unwrap()
    }

    pub(crate) fn handle(&mut self, input: impl Into<Input>) -> Result<String, InputError> {
        let events = self.drill.handle(input)?;
        assert_eq!(self.drill.scheduler().verify(), Ok(()));
        Ok(started(&events))
    }

    pub(crate) fn status(&self, job: u64) -> JobStatus {
        self.drill.scheduler().job(JobId::new(job)).unwrap().status()
    }

    pub(crate) fn state(&self, job: u64, host: &str) -> TaskState {
        let job = self.drill.scheduler().job(JobId::new(job)).unwrap();
        job.tasks().find(|task| task.host().as_str() == host).unwrap().state()
    }

    pub(crate) fn explain(&self, job: u64, host: &str) -> Vec<Blocker> {
        let found = self.obstacles(job, host).into_iter();
        found.map(|obstacle| obstacle.blocker).collect()
    }

    pub(crate) fn obstacles(&self, job: u64, host: &str) -> Vec<Obstacle> {
        self.drill.scheduler().explain(JobId::new(job), host).unwrap()
    }
}

fn started(events: &[Event]) -> String {
    let mut started: Vec<&str> = events
        .iter()
        .filter(|event| event.started().is_some())
        .filter_map(|event| event.host().map(|host| host.as_str()))
        .collect();
    started.sort_unstable();
    started.join(" ")
}

pub(crate) fn host(name: &str) -> HostName {
    name.parse().unwrap()
}

pub(crate) fn hosts(names: &str) -> Vec<HostName> {
    names.split(' ').map(host).collect()
}

pub(crate) fn on(targets: &str) -> JobSpec {
    JobSpec::new(targets.parse().unwrap(), RemoteCommand::shell("true"))
}

pub(crate) fn web(names: &str) -> FleetBuilder {
    Fleet::builder().tagged("web", names)
}

/// `$web` with this rule.
pub(crate) fn limited(rule: Rule) -> Policy {
    let constraints = vec![Constraint::new("$web".parse().unwrap(), rule)];
    Policy::new().constraints(constraints)
}

pub(crate) fn at_most(slots: &str) -> Policy {
    limited(Rule::MaxParallel(slots.parse().unwrap()))
}
