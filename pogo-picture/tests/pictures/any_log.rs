//! Whatever happens, it can be drawn.

use std::sync::Arc;

use pogo_core::history::job_log;
use pogo_core::plan::Plan;
use pogo_core::scheduler::Record;
use pogo_core::testing::{Drill, Step, fleets, job_specs, policies, steps};
use pogo_picture::{StageGraph, Timeline};
use proptest::prelude::*;
use roxmltree::Document;

use super::worlds::of_class;

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_part_of_every_log_makes_a_valid_picture(
        (fleet, policy, job) in (fleets(1..=7), policies(), job_specs()),
        steps in prop::collection::vec(steps(), 0..30),
        part in 0.0..=1.0_f64,
    ) {
        let Ok(mut drill) = Drill::new(Arc::clone(&fleet), Arc::clone(&policy)) else { return Ok(()) };
        drill.play(&Step::Submit(Box::new(job)));
        steps.iter().for_each(|step| _ = drill.play(step));
        let records = drill.records();
        let records = &records[..(records.len() as f64 * part).ceil() as usize];
        let Ok(timeline) = Timeline::of(records) else { return Ok(()) };
        let svg = timeline.svg();
        let document = Document::parse(&svg).unwrap();
        let started = records.iter().filter(|record| record.event.started().is_some()).count();
        prop_assert_eq!(of_class(&document, "bar").len(), started);
        prop_assert_eq!(timeline.bars(), started);
        for node in document.descendants() {
            for name in ["width", "height"] {
                let negative = node.attribute(name).is_some_and(|value| value.starts_with('-'));
                prop_assert!(!negative, "{:?}", node);
            }
        }
        prop_assert!(!svg.contains("NaN") && !svg.contains("inf"));
        timeline.text(80);
    }

    #[test]
    fn of_several_jobs_each_can_be_drawn_alone(
        (fleet, policy, jobs) in (fleets(1..=7), policies(), prop::collection::vec(job_specs(), 1..=3)),
        steps in prop::collection::vec(steps(), 0..30),
    ) {
        let Ok(mut drill) = Drill::new(Arc::clone(&fleet), Arc::clone(&policy)) else { return Ok(()) };
        jobs.into_iter().for_each(|job| _ = drill.play(&Step::Submit(Box::new(job))));
        steps.iter().for_each(|step| _ = drill.play(step));
        let records = drill.records();
        for job in drill.scheduler().jobs() {
            let alone = Timeline::of_job(records, job.id()).unwrap();
            let is_start = |record: &&Record| {
                record.event.job() == Some(job.id()) && record.event.started().is_some()
            };
            prop_assert_eq!(alone.bars(), records.iter().filter(is_start).count());
            let svg = alone.svg();
            let document = Document::parse(&svg).unwrap();
            prop_assert_eq!(of_class(&document, "bar").len(), alone.bars());
            let heading = format!("{}: {} host", job.id(), job.tasks().count());
            prop_assert!(svg.contains(&heading), "no {}", heading);
            if records.iter().all(|record| record.event.restored().is_none()) {
                // Without the records of the others.
                let own = records.iter().filter(|record| record.event.job() == Some(job.id()));
                let scheduler = drill.scheduler();
                let log = job_log(own.cloned().collect(), scheduler.fleet(), scheduler.policy());
                let by_itself = Timeline::of_job(&log, job.id()).unwrap();
                prop_assert_eq!(by_itself.bars(), alone.bars());
                prop_assert!(by_itself.svg().contains(&heading), "no {}", heading);
            }
        }
    }

    #[test]
    fn every_plan_makes_a_valid_graph_that_leads_to_the_right(
        (fleet, policy, job) in (fleets(1..=7), policies(), job_specs()),
    ) {
        let Ok(plan) = Plan::compile(&fleet, &policy, &job) else { return Ok(()) };
        let graph = StageGraph::of(&plan);
        let svg = graph.svg();
        let document = Document::parse(&svg).unwrap();
        let free = plan.hosts.iter().any(|host| plan.stages.iter().all(|stage| !stage.hosts.contains(host)));
        prop_assert_eq!(of_class(&document, "stage").len(), plan.stages.len() + usize::from(free));
        let next = plan.stages.iter().filter(|planned| planned.stage.after.is_some()).count();
        prop_assert_eq!(of_class(&document, "arrow").len(), next);
        for arrow in of_class(&document, "arrow").into_iter().chain(of_class(&document, "across")) {
            let numbers: Vec<f64> = arrow
                .attribute("d").unwrap()
                .split(['M', 'H', 'C', ' ']).filter(|part| !part.is_empty())
                .map(|number| number.parse().unwrap())
                .collect();
            let behind = if arrow.attribute("d").unwrap().contains('C') { 2 } else { 1 };
            let end = numbers[numbers.len() - behind];
            prop_assert!(numbers[0] < end, "{:?}", numbers);
        }
        let dot = graph.dot();
        let whole = dot.starts_with("digraph {") && dot.trim_end().ends_with('}');
        prop_assert!(whole, "{}", dot);
    }
}
