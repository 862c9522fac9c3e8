//! What answers promise, over random fleets, policies and jobs.

use std::sync::Arc;
use std::time::Duration;

use pogo_core::plan::JobSpec;
use pogo_core::scheduler::JobId;
use pogo_core::sim::what_if::{CriticalPath, Questions, Scenario as Imagined, WaitedFor};
use pogo_core::sim::{Fault, TaskTimes, World};
use pogo_core::testing::Step;
use proptest::prelude::*;

use crate::scenario::{Scenario, config, scenarios_of};

fn imagined(scenario: &Scenario, fail_rate: f64) -> Option<Imagined> {
    let world = World::new(Arc::clone(&scenario.fleet), Arc::clone(&scenario.policy)).unwrap();
    let times = TaskTimes::Uniform {
        from: Duration::from_secs(1),
        to: Duration::from_secs(60),
    };
    let world = world
        .task_times(times)
        .inject_everywhere(Fault::fails_sometimes(fail_rate));
    let spec = scenario.steps.iter().find_map(|step| match step {
        Step::Submit(spec) => Some(JobSpec::clone(spec)),
        _ => None,
    })?;
    let imagined = Imagined::new(world, spec);
    imagined.run(0).ok().map(|_| imagined)
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn no_run_is_shorter_than_its_lower_bound(scenario in scenarios_of(1..=20, 1), seed: u64) {
        // A job's time limit ends settling early.
        let mut scenario = scenario;
        for step in &mut scenario.steps {
            if let Step::Submit(spec) = step {
                spec.settings.job_timeout = None;
            }
        }
        Arc::make_mut(&mut scenario.policy).defaults.job_timeout = None;
        let Some(imagined) = imagined(&scenario, 0.0) else { return Ok(()) };
        let run = imagined.run(seed).unwrap();
        if run.is_complete() && run.tally.failed + run.tally.in_doubt + run.tally.skipped == 0 {
            let bound = imagined.lower_bound(seed).unwrap();
            prop_assert!(run.makespan >= bound.makespan, "{:?} is less than {}", run.makespan, bound);
        }
    }

    #[test]
    fn the_critical_path_has_no_holes_and_ends_with_the_job(scenario in scenarios_of(1..=20, 1), seed: u64) {
        let Some(imagined) = imagined(&scenario, 0.1) else { return Ok(()) };
        let history = imagined.history(seed).unwrap();
        let path = CriticalPath::of(&history.records, JobId::new(1)).unwrap();
        prop_assert_eq!(path.links.last().map_or(Duration::ZERO, |link| link.ended), history.makespan());
        if let Some(first) = path.links.first() {
            prop_assert_eq!(&first.waited_for, &WaitedFor::Nothing);
        }
        for (before, link) in path.links.iter().zip(path.links.iter().skip(1)) {
            match link.waited_for {
                WaitedFor::Retry | WaitedFor::Bake | WaitedFor::Other => prop_assert!(link.began >= before.ended),
                _ => prop_assert_eq!(link.began, before.ended, "{}", &path),
            }
            // Whoever overrides constraints may wait for nothing but itself.
            prop_assert!(link.waited_for != WaitedFor::Nothing, "{}", &path);
        }
    }

    #[test]
    fn a_run_in_numbers_tells_what_its_history_tells(scenario in scenarios_of(1..=20, 1), seed: u64) {
        let Some(imagined) = imagined(&scenario, 0.1) else { return Ok(()) };
        let (run, history) = (imagined.run(seed).unwrap(), imagined.history(seed).unwrap());
        prop_assert_eq!(run.makespan, history.makespan());
        prop_assert_eq!(run.peak_running, history.peak_running());
        let job = history.scheduler.job(JobId::new(1)).unwrap();
        prop_assert_eq!((run.status, run.tally), (job.status(), job.tally()));
        for (group, bucket) in run.groups.iter().zip(history.scheduler.buckets()) {
            prop_assert!(group.peak >= bucket.unavailable());
            prop_assert!(group.idle <= group.offered);
            // Only whoever overrides constraints takes more than there is.
            prop_assert!(group.peak <= bucket.bucket().slots || job.spec().override_constraints.is_some());
        }
    }
}

proptest! {
    #![proptest_config(config(40))]

    #[test]
    fn every_rule_can_be_relaxed_and_what_is_told_can_be_told_again(
        scenario in scenarios_of(1..=12, 1),
        seed in 0..1_000_u64
    ) {
        let Some(imagined) = imagined(&scenario, 0.05) else { return Ok(()) };
        let questions = Questions::new(seed, 8).cost_runs(4);
        let answer = imagined.what_if(&questions).unwrap();
        prop_assert_eq!(&answer, &imagined.what_if(&questions).unwrap());
        prop_assert!(answer.costs.is_sorted_by(|one, other| one.gain() >= other.gain()));
        prop_assert!(serde_json::to_value(&answer).unwrap()["costs"].is_array());
        prop_assert!(answer.to_string().contains("blocked or stopped"));
        if let Some(spread) = answer.makespan {
            prop_assert_eq!(imagined.run(spread.max.seed).unwrap().makespan, spread.max.time);
        }
    }
}
