//! What `explain` says is all there is, and each cure that it offers helps.

use std::sync::Arc;

use pogo_core::fleet::HostName;
use pogo_core::policy::{Limit, Policy, Rule};
use pogo_core::scheduler::{
    AttemptView, Blocker, CureOrder, Event, FenceAnswer, Input, JobEventKind, JobId, Obstacle, Order, Outcome, Phase,
    TaskState,
};
use pogo_core::testing::{Drill, Step};
use proptest::prelude::*;

use crate::scenario::{Scenario, config, scenarios};

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn every_waiting_host_has_a_reason_and_a_sentence(scenario in scenarios(50)) {
        let mut drill = scenario.drill();
        for step in &scenario.steps {
            drill.play(step);
            for (job, host, state) in tasks(&drill) {
                let why = drill.scheduler().explain(job, host.as_str()).unwrap();
                prop_assert_eq!(
                    why.is_empty(),
                    state != TaskState::Waiting,
                    "{} of {} is {:?}: {:?}",
                    host,
                    job,
                    state,
                    why
                );
                prop_assert!(why.iter().all(|obstacle| !obstacle.to_string().is_empty()));
            }
        }
    }

    #[test]
    fn each_cure_is_accepted_and_clears_its_obstacle(scenario in scenarios(40), nth in any::<prop::sample::Index>()) {
        let Some((drill, job, host)) = waiting(&scenario, nth) else { return Ok(()) };
        for obstacle in explain(&drill, job, &host) {
            for cure in &obstacle.cures {
                let mut drill = drill.replayed();
                for order in &cure.orders {
                    let result = give(&mut drill, order);
                    prop_assert!(result.is_ok(), "{} of {}: {} is refused: {:?}", host, job, order, result);
                }
                if go_well(&mut drill)? {
                    prop_assert!(
                        is_cleared(&drill, job, &host, &obstacle),
                        "{} of {}: {} does not clear {:?}",
                        host,
                        job,
                        cure,
                        obstacle
                    );
                }
            }
        }
    }

    #[test]
    fn what_passes_by_itself_passes(scenario in scenarios(40), nth in any::<prop::sample::Index>()) {
        let Some((mut drill, job, host)) = waiting(&scenario, nth) else { return Ok(()) };
        let obstacles = explain(&drill, job, &host);
        if go_well(&mut drill)? {
            for obstacle in obstacles.iter().filter(|obstacle| obstacle.passes) {
                prop_assert!(is_cleared(&drill, job, &host, obstacle), "{} of {}: it stays: {:?}", host, job, obstacle);
            }
        }
    }

    #[test]
    fn a_host_starts_once_what_is_in_its_way_is_cleared(
        scenario in scenarios(40),
        nth in any::<prop::sample::Index>()
    ) {
        let Some((mut drill, job, host)) = waiting(&scenario, nth) else { return Ok(()) };
        let mut said = Vec::new();
        // What starts first may need the slots that are cleared, so that it takes several rounds; but each clears
        // something.
        for _ in 0..20 {
            let why = explain(&drill, job, &host);
            if why.is_empty() {
                return Ok(());
            }
            for cure in why.iter().filter(|obstacle| !obstacle.passes).filter_map(|obstacle| obstacle.cures.first()) {
                for order in &cure.orders {
                    // Another may have done it already.
                    let _ = give(&mut drill, order);
                }
            }
            said.push(why);
            if !go_well(&mut drill)? {
                return Ok(());
            }
        }
        prop_assert!(false, "{} of {} never starts: {:#?}", host, job, said.last());
    }
}

fn tasks(drill: &Drill) -> Vec<(JobId, HostName, TaskState)> {
    let jobs = drill.scheduler().jobs();
    jobs.flat_map(|job| {
        job.tasks()
            .map(move |task| (job.id(), task.host().clone(), task.state()))
    })
    .collect()
}

/// A host that waits at the end of a history.
fn waiting(scenario: &Scenario, nth: prop::sample::Index) -> Option<(Drill, JobId, HostName)> {
    let mut drill = scenario.drill();
    scenario.steps.iter().for_each(|step| _ = drill.play(step));
    let mut waiting = tasks(&drill);
    waiting.retain(|(.., state)| *state == TaskState::Waiting);
    if waiting.is_empty() {
        return None;
    }
    let (job, host, _) = nth.get(&waiting).clone();
    Some((drill, job, host))
}

fn explain(drill: &Drill, job: JobId, host: &HostName) -> Vec<Obstacle> {
    // A job that has retired waits for nothing.
    drill.scheduler().explain(job, host.as_str()).unwrap_or_default()
}

/// Does what a cure says.
fn give(drill: &mut Drill, order: &CureOrder) -> Result<(), String> {
    let inputs = match order {
        CureOrder::Relax { rule, .. } => vec![relaxed(drill, *rule)],
        order => order.orders(),
    };
    for input in inputs {
        // The dispatcher asks the hosts in doubt first. Whatever they say, here it is what decides nothing by itself.
        for doubt in drill.scheduler().unfenced_by(&input) {
            let asked = Input::Fenced {
                attempt: doubt.attempt,
                answer: FenceAnswer::Ended(Outcome::in_doubt("gone")),
            };
            drill.handle(asked).map_err(|error| error.to_string())?;
        }
        drill
            .handle(without_restarted(drill, input).because("a drill"))
            .map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// The order without the hosts that were tried again as soon as they had answered, as a dispatcher gives it.
fn without_restarted(drill: &Drill, mut order: Order) -> Order {
    if let Order::Retry { job, hosts, .. } = &mut order
        && let Some(job) = drill.scheduler().job(*job)
    {
        let restarted = |host: &HostName| {
            let state = job.tasks().find(|task| task.host() == host).map(|task| task.state());
            matches!(state, Some(TaskState::Waiting | TaskState::Running))
        };
        hosts.retain(|host| !restarted(host));
    }
    order
}

/// The policy with a rule that leaves every group a slot.
fn relaxed(drill: &Drill, rule: Rule) -> Order {
    let scheduler = drill.scheduler();
    let mut policy = Policy::clone(scheduler.policy());
    for constraint in &mut policy.constraints {
        if constraint.rule == rule {
            constraint.rule = match rule {
                Rule::MaxParallel(_) => Rule::MaxParallel(Limit::Count(99)),
                Rule::MaxParallelTotal(_) => Rule::MaxParallelTotal(Limit::Count(99)),
                Rule::MaxRunning(_) => Rule::MaxRunning(Limit::Count(99)),
                _ => Rule::MinAvailable(Limit::Count(0)),
            };
        }
    }
    Order::Configure {
        fleet: Arc::clone(scheduler.configured_fleet().unwrap()),
        policy: Arc::new(policy),
    }
}

/// Attempts succeed and time passes, until nothing happens by itself. False if a time limit ends a job meanwhile, or
/// has ended an attempt that had not begun.
fn go_well(drill: &mut Drill) -> Result<bool, TestCaseError> {
    let before = drill.records().len();
    // What is over its time before it was permitted to begin fails whatever the host would say.
    let is_over = |attempt: &AttemptView| attempt.has_not_begun() && attempt.cancelling.is_some();
    let well = !drill.scheduler().attempts().iter().any(is_over);
    for _ in 0..500 {
        // All that starts ends before time passes: over its limit, what has not begun could not succeed.
        loop {
            let mut attempts = drill.scheduler().attempts();
            attempts.retain(|attempt| attempt.phase != Phase::Settle);
            if attempts.is_empty() {
                break;
            }
            for attempt in attempts {
                drill.finish(attempt.id, Outcome::Succeeded).unwrap();
            }
        }
        if drill.play(&Step::Tick).is_none() && drill.running().is_empty() {
            let ended = |event: &Event| matches!(event.job_kind(), Some(JobEventKind::Halting { .. }));
            return Ok(well && !drill.records()[before..].iter().any(|record| ended(&record.event)));
        }
    }
    Err(TestCaseError::fail("it goes on for ever"))
}

/// Whether nothing is left of an obstacle that needs the orders that it named.
fn is_cleared(drill: &Drill, job: JobId, host: &HostName, obstacle: &Obstacle) -> bool {
    let still = explain(drill, job, host);
    let mut same = still.iter().filter(|other| is_same(&other.blocker, &obstacle.blocker));
    // Hosts of an earlier stage may wait for something else, which is listed on its own.
    let is_gate = matches!(obstacle.blocker, Blocker::GateClosed { .. });
    same.all(|other| is_gate && !obstacle.cures.is_empty() && other.cures.is_empty())
}

fn is_same(one: &Blocker, other: &Blocker) -> bool {
    // One owner may hold hosts of several stages, which come into view one after the other.
    if let (
        Blocker::Held { hosts, hold },
        Blocker::Held {
            hosts: others,
            hold: another,
        },
    ) = (one, other)
    {
        return hold.owner == another.owner && hosts.iter().any(|host| others.contains(host));
    }
    let key = |blocker: &Blocker| match blocker {
        Blocker::BucketFull { group, rule, .. } => format!("{group} {rule}"),
        Blocker::GateClosed {
            sequence, stage, after, ..
        } => format!("{sequence} {stage} {after}"),
        Blocker::FailureBudget { group, .. } => group.clone(),
        Blocker::Frozen { freeze } => freeze.hosts.to_string(),
        Blocker::Unpromoted { wave } => wave.to_string(),
        _ => String::new(),
    };
    std::mem::discriminant(one) == std::mem::discriminant(other) && key(one) == key(other)
}
