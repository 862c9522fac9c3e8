//! Whatever keeps a host from starting stood in the plan of its job before it was submitted, with the same numbers.

use std::collections::BTreeMap;

use pogo_core::plan::Plan;
use pogo_core::policy::WaveGate;
use pogo_core::scheduler::{
    Blocker, Event, HaltCause, Input, JobEvent, JobId, Order, TaskEvent, TaskEventKind, TaskState,
};
use pogo_core::testing::{Drill, Step};
use proptest::prelude::*;

use crate::scenario::{Scenario, config, scenarios};

/// Whether the plan shows what is in the way. What operators and other jobs do is in no plan.
fn shows(plan: &Plan, blocker: &Blocker) -> bool {
    let is_stage = |sequence: &str, label: &str| {
        let mut stages = plan.stages.iter().map(|planned| &planned.stage);
        stages.any(|stage| stage.sequence == sequence && stage.label == label)
    };
    match blocker {
        Blocker::BucketFull { group, rule, slots, .. } => plan.buckets.iter().any(|planned| {
            let bucket = &planned.bucket;
            bucket.group == *group && bucket.rule == *rule && bucket.slots == *slots
        }),
        Blocker::GateClosed {
            sequence, stage, after, ..
        } => is_stage(sequence, stage) && is_stage(sequence, after),
        Blocker::FailureBudget { group, allowed, .. } => plan
            .budgets
            .iter()
            .any(|planned| planned.budget.group == *group && planned.allowed == *allowed),
        Blocker::JobMaxParallel { limit } => plan.job.settings.max_parallel.is_some_and(|most| most.hosts == *limit),
        Blocker::Backoff { never_began, .. } => {
            never_began.is_some() || plan.job.settings.retries + plan.job.settings.connect_retries > 0
        }
        Blocker::Baking { .. } => {
            !plan.job.settings.bake.is_zero() && plan.stages.iter().any(|planned| planned.stage.bakes)
        }
        Blocker::Unpromoted { .. } => plan.job.settings.gate == WaveGate::Manual,
        _ => true,
    }
}

/// Whether the plan shows what ended an attempt or a job, or was given it.
fn announces(plan: &Plan, event: &Event) -> bool {
    match event {
        Event::Task(TaskEvent { kind, .. }) => match kind {
            TaskEventKind::Slow { .. } => plan.job.settings.slow_after.is_some(),
            TaskEventKind::Retried { ordered: false, .. } => {
                plan.job.settings.retries + plan.job.settings.connect_retries > 0
            }
            _ => true,
        },
        Event::Job(JobEvent { kind, .. }) => match kind {
            kind if kind.halt_cause() == Some(HaltCause::MaxFailures) => plan.job.settings.max_failures.is_some(),
            _ => true,
        },
        _ => true,
    }
}

/// The same under one policy, with jobs that nobody alters.
fn unaltered(mut scenario: Scenario) -> Scenario {
    let keeps = |step: &Step| !matches!(step, Step::Configure(..) | Step::Alter(..));
    scenario.steps.retain(keeps);
    scenario
}

fn plan(scenario: &Scenario, input: &Input) -> Option<Option<Plan>> {
    match input {
        Input::Command(command) => match &command.order {
            Order::Submit { spec, .. } => Some(Plan::compile(&scenario.fleet, &scenario.policy, spec).ok()),
            _ => None,
        },
        _ => None,
    }
}

fn obstacles(drill: &Drill, job: JobId) -> Vec<Blocker> {
    let scheduler = drill.scheduler();
    let waiting = scheduler.job(job).into_iter().flat_map(|job| job.tasks());
    let waiting = waiting.filter(|task| task.state() == TaskState::Waiting);
    let why = waiting.filter_map(|task| scheduler.explain(job, task.host().as_str()));
    why.flatten().map(|obstacle| obstacle.blocker).collect()
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn what_binds_stood_in_the_plan(scenario in scenarios(40).prop_map(unaltered)) {
        let mut drill = scenario.drill();
        let mut plans: BTreeMap<JobId, Plan> = BTreeMap::new();
        for step in &scenario.steps {
            let Some((input, result)) = drill.play(step) else { continue };
            let submitted = plan(&scenario, &input);
            if let Some(plan) = submitted {
                let job = drill.scheduler().jobs().last().map_or(JobId::new(0), |job| job.id());
                prop_assert_eq!(plan.is_some(), result.is_ok(), "{} is planned or refused, and the other in fact", job);
                plans.extend(plan.map(|plan| (job, plan)));
            }
            for event in result.unwrap_or_default() {
                let plan = event.job().and_then(|job| plans.get(&job));
                prop_assert!(plan.is_none_or(|plan| announces(plan, &event)), "{:?} is not in the plan", event);
            }
            for (&job, plan) in &plans {
                for blocker in obstacles(&drill, job) {
                    prop_assert!(shows(plan, &blocker), "{} of {} is not in its plan:\n{}", blocker, job, plan);
                }
            }
        }
    }
}
