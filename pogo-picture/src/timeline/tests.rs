//! What the story holds, against the scheduler that wrote the log.

use std::sync::Arc;

use proptest::prelude::*;

use super::state::State;
use super::story::Story;
use pogo_core::scheduler::TaskState;
use pogo_core::testing::{Drill, Step, fleets, job_specs, policies, steps};

fn drill() -> impl Strategy<Value = Drill> {
    let steps = prop::collection::vec(steps(), 0..40);
    (fleets(1..=7), policies(), job_specs(), steps).prop_filter_map("refused", |(fleet, policy, job, steps)| {
        let mut drill = Drill::new(Arc::clone(&fleet), Arc::clone(&policy)).ok()?;
        drill.play(&Step::Submit(Box::new(job)));
        steps.iter().for_each(|step| _ = drill.play(step));
        Some(drill)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_chart_ends_where_the_scheduler_stands(drill in drill()) {
        let Ok(story) = Story::of(drill.records(), None) else { return Ok(()) };
        for bucket in drill.scheduler().buckets() {
            let is = |series: &&super::usage::Series| {
                let used = series.now();
                series.group == bucket.bucket().group
                    && series.rule == Some(bucket.bucket().rule)
                    && used.running == bucket.running()
                    && used.taken() == bucket.unavailable()
                    && used.places == Some(bucket.bucket().places)
            };
            prop_assert!(story.limits.iter().any(|series| is(&series)), "{:?}", bucket.bucket());
        }
    }

    #[test]
    fn every_host_ends_as_its_task_does(drill in drill()) {
        let Ok(story) = Story::of(drill.records(), None) else { return Ok(()) };
        let Some(last) = story.jobs.last() else { return Ok(()) };
        // Of several jobs, the last one of a host has the last word only if it has begun there.
        if story.jobs.len() > 1 { return Ok(()) }
        let job = drill.scheduler().job(*last).unwrap();
        for task in job.tasks() {
            let now = story.hosts[task.host().as_str()].now();
            let fits = match task.state() {
                TaskState::Running => now.is_running(),
                TaskState::Succeeded => matches!(now, State::Succeeded | State::Down),
                TaskState::Skipped => matches!(now, State::Skipped | State::Down),
                // Whoever marks a host up says that it serves again.
                TaskState::Failed | TaskState::InDoubt => !now.is_running(),
                TaskState::Waiting | TaskState::Cancelled => now.is_held() || matches!(now, State::Waiting | State::Cancelled),
            };
            prop_assert!(fits, "{}: {:?} is drawn as {now:?}", task.host(), task.state());
        }
    }

    #[test]
    fn all_hosts_together_count_what_runs(drill in drill()) {
        let Ok(story) = Story::of(drill.records(), None) else { return Ok(()) };
        let used = story.total.now();
        prop_assert_eq!(used.running as usize, drill.running().len());
        let drawn = story.hosts.values().filter(|host| host.now().is_running()).count();
        prop_assert_eq!(used.running as usize, drawn);
    }
}
