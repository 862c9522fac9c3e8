//! Many small jobs that wait for each other in the same queues. Elsewhere few hosts wait at once, and long queues are
//! kept in another way than short ones.

use std::sync::Arc;
use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::fleet::{Fleet, Selector};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule};
use pogo_core::scheduler::{AttemptId, Event, FailureKind, Input, Order, Outcome, Scheduler};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::scenario::config;

const JOBS: u32 = 150;
/// Hosts of a job.
const HOSTS: u32 = 3;

/// One host of each rack of six at a time, and so many of each colo of a third of all.
fn rules(slots: u32) -> Order {
    let mut fleet = Fleet::builder();
    for host in 0..JOBS * HOSTS {
        fleet = fleet
            .host(&format!("h{host}"))
            .tag(&format!("rack.r{}", host / 18 * 3 + host % 3))
            .tag(&format!("colo.c{}", host % 3));
    }
    let selector = |text: &str| text.parse::<Selector>().unwrap();
    let limit = |group: &str, slots: u32| {
        Constraint::new(selector(group), Rule::MaxParallel(slots.to_string().parse().unwrap()))
    };
    let policy = Policy::new().constraints([limit("$rack", 1), limit("$colo", slots)]);
    let (fleet, policy) = (Arc::new(fleet.build().unwrap()), Arc::new(policy));
    Order::Configure { fleet, policy }
}

fn job(number: u32, priority: i32) -> Order {
    let hosts = format!("h[{}-{}]", number * HOSTS, number * HOSTS + HOSTS - 1);
    let spec = JobSpec::new(hosts.parse().unwrap(), RemoteCommand::shell("true"));
    Order::submit(spec.priority(priority).retries(1))
}

#[derive(Debug, Clone)]
enum Step {
    Succeed(Index),
    Fail(Index),
    /// Submits the next job, if there is one left.
    Submit(i32),
    Wait(u64),
    /// The other scheduler is restored from what this one knows, and builds its queues anew.
    Restore,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        20 => any::<Index>().prop_map(Step::Succeed),
        2 => any::<Index>().prop_map(Step::Fail),
        // Most have one priority, so that other things decide.
        12 => prop_oneof![8 => Just(0), 1 => -1..2].prop_map(Step::Submit),
        1 => (1..90_u64).prop_map(Step::Wait),
        1 => Just(Step::Restore),
    ]
}

/// Each case takes long, and a shorter one is found soon or not at all.
fn few_shrinks(cases: u32) -> ProptestConfig {
    ProptestConfig {
        max_shrink_iters: 100,
        ..config(cases)
    }
}

proptest! {
    #![proptest_config(few_shrinks(15))]

    #[test]
    fn long_queues_start_what_queues_that_are_built_anew_start(
        slots in 1..40_u32,
        at_first in 0..JOBS,
        steps in prop::collection::vec(step(), 200..600),
    ) {
        let mut now = Timestamp::EPOCH;
        let mut live = Scheduler::new();
        live.handle(now, rules(slots)).unwrap();
        let mut running: Vec<AttemptId> = Vec::new();
        let mut submitted = 0;
        for _ in 0..at_first {
            let events = live.handle(now, job(submitted, 0)).unwrap();
            running.extend(events.iter().filter_map(Event::started));
            submitted += 1;
        }
        let mut other = live.clone();
        for step in steps {
            let input: Input = match step {
                Step::Succeed(index) | Step::Fail(index) if !running.is_empty() => {
                    let attempt = running.remove(index.index(running.len()));
                    let outcome = match step {
                        Step::Fail(_) => Outcome::failed(FailureKind::Command { status: 1 }, ""),
                        _ => Outcome::Succeeded,
                    };
                    Input::Reported { attempt, outcome, output: None }
                }
                Step::Submit(priority) if submitted < JOBS => {
                    submitted += 1;
                    job(submitted - 1, priority).into()
                }
                Step::Restore => {
                    other = Scheduler::restore(&live.snapshot()).unwrap();
                    continue;
                }
                Step::Wait(seconds) => {
                    now = now + Duration::from_secs(seconds);
                    Input::Tick
                }
                _ => continue,
            };
            let events = live.handle(now, input.clone()).unwrap();
            running.extend(events.iter().filter_map(Event::started));
            prop_assert_eq!(&events, &other.handle(now, input).unwrap());
            // Attempts that ran out of time report no more.
            running.retain(|attempt| live.attempt(*attempt).is_some());
        }
        prop_assert!(live.same_state(&other));
        prop_assert_eq!(live.verify(), Ok(()));
    }
}
