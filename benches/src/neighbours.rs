//! What jobs cost each other that have no host in common.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pogo_core::Timestamp;
use pogo_core::fleet::{Fleet, FleetBuilder};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule};
use pogo_core::scheduler::{AttemptId, Event, FailureKind, Input, Order, Outcome, Scheduler};

/// Hosts of a small job.
pub(crate) const HOSTS: u32 = 3;
/// Small jobs for which there are hosts.
const JOBS: u32 = 10_000;
/// Jobs that share the racks of their hosts.
const NEIGHBOURS: u32 = 3;

/// What a processor's caches hold when a report comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caches {
    /// Whatever the reports before it left there, and nobody else ran meanwhile.
    Warm,
    /// Something else, as in a dispatcher that does other work between two reports.
    Cold,
}

/// What a job costs that has many others beside it.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    /// To submit it.
    pub submission: Duration,
    /// Each report of a task.
    pub report: Duration,
}

pub(crate) struct Driver {
    scheduler: Scheduler,
    ready: VecDeque<AttemptId>,
}

impl Driver {
    fn new(fleet: FleetBuilder, constraints: Vec<Constraint>) -> Self {
        let mut driver = Self {
            scheduler: Scheduler::new(),
            ready: VecDeque::new(),
        };
        let fleet = Arc::new(fleet.build().expect("a fleet"));
        let policy = Policy::new().constraints(constraints);
        let policy = Arc::new(policy);
        driver.handle(Order::Configure { fleet, policy });
        driver
    }

    fn handle(&mut self, input: impl Into<Input>) -> Vec<Event> {
        let events = self
            .scheduler
            .handle(Timestamp::EPOCH, input)
            .expect("an input that makes sense");
        self.ready.extend(events.iter().filter_map(Event::started));
        events
    }

    fn submit(&mut self, targets: &str) -> Vec<Event> {
        let spec = JobSpec::new(targets.parse().expect("a selector"), RemoteCommand::shell("true"));
        self.handle(Order::submit(spec))
    }

    /// Submits the job of this number that has three hosts.
    pub(crate) fn submit_small(&mut self, job: u32) -> Vec<Event> {
        self.submit(&format!("h[{}-{}]", job * HOSTS, job * HOSTS + HOSTS - 1))
    }

    /// Reports of the attempt that began first. Never inlined, so that a profiler finds it.
    #[inline(never)]
    pub(crate) fn report(&mut self, outcome: Outcome) -> Option<Vec<Event>> {
        let attempt = self.ready.pop_front()?;
        Some(self.handle(Input::Reported {
            attempt,
            outcome,
            output: None,
        }))
    }
}

fn limit(group: &str, limit: &str) -> Constraint {
    let rule = Rule::MaxParallel(limit.parse().expect("a limit"));
    Constraint::new(group.parse().expect("a selector"), rule)
}

/// The rack of a small job's host.
pub(crate) fn rack_of(host: u32) -> u32 {
    (host / HOSTS / NEIGHBOURS) * HOSTS + host % HOSTS
}

/// The hosts of small jobs, three jobs of which share each rack, and each colo a third of all.
fn estate_of_small_jobs() -> FleetBuilder {
    let mut fleet = Fleet::builder();
    for host in 0..HOSTS * JOBS {
        fleet = fleet.host(&format!("h{host}"));
        fleet = fleet.tag(&format!("rack.r{}", rack_of(host)));
        fleet = fleet.tag(&format!("colo.c{}", host % 3));
    }
    fleet
}

/// A fleet of 30,000 for so many jobs of three hosts each, under limits that make three jobs wait for each other: one
/// host of each rack at a time, and in each colo a quarter of the jobs' hosts. The racks would let a third of them run,
/// so both limits bind, however many jobs there are: were the colos' a share of the fleet, they would bind only where
/// there are many.
pub(crate) fn driver_of_small_jobs(jobs: u32) -> Driver {
    let quarter = (jobs / 4).to_string();
    let limits = vec![limit("$rack", "1"), limit("$colo", &quarter)];
    Driver::new(estate_of_small_jobs(), limits)
}

/// What each of so many small jobs costs.
pub fn small_jobs(jobs: u32, caches: Caches) -> Vec<Cost> {
    // More than what a core has for itself, and less than all of them share.
    let mut elsewhere = vec![0_u8; 4_000_000];
    let mut driver = driver_of_small_jobs(jobs);
    let submit = |job| {
        let begin = Instant::now();
        drop(driver.submit_small(job));
        begin.elapsed()
    };
    let submissions: Vec<Duration> = (0..jobs).map(submit).collect();
    let reports = (0..jobs).map(|_| {
        let report = |_| {
            if caches == Caches::Cold {
                elsewhere
                    .iter_mut()
                    .step_by(64)
                    .for_each(|byte| *byte = byte.wrapping_add(1));
                std::hint::black_box(&elsewhere);
            }
            let begin = Instant::now();
            driver.report(Outcome::Succeeded);
            begin.elapsed()
        };
        (0..HOSTS).map(report).sum::<Duration>() / HOSTS
    });
    let costs = reports.zip(submissions);
    costs.map(|(report, submission)| Cost { submission, report }).collect()
}

/// What a report costs of one job of 1,000 hosts, 100 at a time and one of each rack, beside so many small jobs that
/// run or wait for each other and report nothing. All of them share the colos, whose limits have room.
pub fn one_beside(jobs: u32) -> Duration {
    const REPORTS: u32 = 1_000;
    let mut fleet = estate_of_small_jobs();
    for host in 0..REPORTS {
        fleet = fleet.host(&format!("one{host}"));
        fleet = fleet.tag("one").tag(&format!("rack.one{}", host / NEIGHBOURS));
        fleet = fleet.tag(&format!("colo.c{}", host % 3));
    }
    let limits = vec![limit("$rack", "1"), limit("$colo", "50%"), limit("$one", "100")];
    let mut driver = Driver::new(fleet, limits);
    (0..jobs).for_each(|job| _ = driver.submit_small(job));
    // They run, and say nothing.
    driver.ready.clear();
    driver.submit("$one");
    let begin = Instant::now();
    let mut reports = 0;
    while driver.report(Outcome::Succeeded).is_some() {
        reports += 1;
    }
    assert_eq!(reports, REPORTS, "every host of the job runs");
    begin.elapsed() / REPORTS
}

/// What a report costs of a job of 3,000 hosts, beside one of so many that is blocked: the one slot of its group is
/// held by a host that failed.
pub fn beside_blocked(hosts: u32) -> Duration {
    const REPORTS: u32 = 3_000;
    let fleet = Fleet::builder()
        .tagged("big", &format!("b[1-{hosts}]"))
        .tagged("other", &format!("o[1-{REPORTS}]"));
    let mut driver = Driver::new(fleet, vec![limit("$big", "1"), limit("$other", "100")]);
    driver.submit("$big");
    driver.report(Outcome::failed(FailureKind::Command { status: 1 }, ""));
    driver.submit("$other");
    let begin = Instant::now();
    while driver.report(Outcome::Succeeded).is_some() {}
    begin.elapsed() / REPORTS
}
