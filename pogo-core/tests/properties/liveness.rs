//! Once faults stop, everything comes to rest in finite time; once operators have dealt with what is left, every job
//! ends.

use pogo_core::fleet::HostName;
use pogo_core::scheduler::{AttemptId, FenceAnswer, Input, JobEventKind, JobId, JobStatus, Order, Outcome, TaskState};
use pogo_core::testing::{Drill, Step};
use proptest::prelude::*;

use crate::scenario::{config, scenarios};

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn once_faults_stop_every_job_ends_or_says_what_it_needs(scenario in scenarios(50)) {
        let mut drill = scenario.drill();
        scenario.steps.iter().for_each(|step| _ = drill.play(step));
        come_to_rest(&mut drill)?;
        for job in drill.scheduler().jobs() {
            // Nothing will happen by itself any more, so nobody may promise that it will.
            prop_assert!(
                !matches!(job.status(), JobStatus::Running | JobStatus::Waiting | JobStatus::Halting),
                "{} is {:?}",
                job.id(),
                job.status()
            );
            if job.status() == JobStatus::Blocked {
                let said = drill.records().iter().rev().find_map(|record| match record.event.job_kind() {
                    Some(JobEventKind::Blocked { reasons }) if record.event.job() == Some(job.id()) => Some(reasons),
                    _ => None,
                });
                prop_assert!(said.is_some_and(|reasons| !reasons.is_empty()), "{} does not say why", job.id());
            }
        }
    }

    #[test]
    fn a_job_that_says_it_is_blocked_goes_on_only_after_an_order(scenario in scenarios(60)) {
        let mut drill = scenario.drill();
        for step in &scenario.steps {
            let blocked: Vec<JobId> = with_status(&drill, JobStatus::Blocked);
            let result = drill.play(step);
            let reports = matches!(step, Step::Report(..) | Step::LateReport(..) | Step::Phase(..) | Step::Begin(..));
            let by_itself = reports || matches!(step, Step::Tick | Step::Wait(_));
            for event in result.and_then(|(_, events)| events.ok()).unwrap_or_default().iter().filter(|_| by_itself) {
                let freed = matches!(event.job_kind(), Some(JobEventKind::Waiting | JobEventKind::Unblocked));
                let went_on = event.started().is_some() || freed;
                prop_assert!(!went_on || event.job().is_none_or(|job| !blocked.contains(&job)), "{event:?}");
            }
        }
    }

    #[test]
    fn a_job_that_waits_for_time_alone_goes_on_in_the_end(scenario in scenarios(40)) {
        let mut drill = scenario.drill();
        scenario.steps.iter().for_each(|step| _ = drill.play(step));
        // Nothing runs, so nothing can end badly: what waits is sure to start. A job above the limits that has still to
        // try a host may fail, though, and leave it for another to repair.
        let may_break = drill.scheduler().jobs().any(|job| {
            let waits = job.tasks().any(|task| task.state() == TaskState::Waiting);
            job.spec().override_constraints.is_some() && waits
        });
        for job in with_status(&drill, JobStatus::Waiting) {
            let mut well = drill.replayed();
            let tries = |drill: &Drill| {
                let job = drill.scheduler().job(job);
                job.map(|job| job.tasks().map(|task| task.attempts()).sum::<u32>())
            };
            let before = tries(&well);
            if drill.running().is_empty() && !may_break {
                come_to_rest(&mut well)?;
                // A job that has retired by then is over.
                let over = well.scheduler().job(job).is_none_or(|job| job.status() != JobStatus::Waiting);
                let tried = tries(&well).is_none_or(|tries| Some(tries) > before);
                prop_assert!(over && (tried || job_timed_out(&well, job)), "{job} waited for nothing");
            }
        }
    }

    #[test]
    fn once_operators_have_retried_what_they_can_and_skipped_the_rest_every_job_ends(scenario in scenarios(50)) {
        let mut drill = scenario.drill();
        scenario.steps.iter().for_each(|step| _ = drill.play(step));
        for _ in 0..3 {
            order_all(&mut drill, true);
            come_to_rest(&mut drill)?;
        }
        order_all(&mut drill, false);
        come_to_rest(&mut drill)?;
        for job in drill.scheduler().jobs() {
            prop_assert_eq!(job.status(), JobStatus::Finished, "{}", job.id());
        }
    }
}

fn with_status(drill: &Drill, status: JobStatus) -> Vec<JobId> {
    let jobs = drill.scheduler().jobs().filter(|job| job.status() == status);
    jobs.map(|job| job.id()).collect()
}

/// Whether the job was given up, or all its hosts were.
fn job_timed_out(drill: &Drill, job: JobId) -> bool {
    let mut records = drill.records().iter();
    records.any(|record| {
        record.event.job() == Some(job) && matches!(record.event.job_kind(), Some(JobEventKind::Halting { .. }))
    })
}

/// Every attempt succeeds, and time passes, until nothing happens by itself.
fn come_to_rest(drill: &mut Drill) -> Result<(), TestCaseError> {
    for _ in 0..500 {
        let running: Vec<AttemptId> = drill.running().keys().copied().collect();
        for attempt in running {
            drill.finish(attempt, Outcome::Succeeded).unwrap();
        }
        // What runs now settles or has just started; with nothing running, what is left is time.
        if drill.play(&Step::Tick).is_none() && drill.running().is_empty() {
            return Ok(());
        }
    }
    Err(TestCaseError::fail("it goes on for ever"))
}

/// Every job is resumed; what did not end well is retried or skipped.
fn order_all(drill: &mut Drill, retry: bool) {
    let jobs: Vec<JobId> = drill.scheduler().jobs().map(|job| job.id()).collect();
    for job in jobs {
        let of_state = |drill: &Drill, fits: fn(TaskState) -> bool| -> Vec<HostName> {
            let view = drill.scheduler().job(job).unwrap();
            view.tasks()
                .filter(|task| fits(task.state()))
                .map(|task| task.host().clone())
                .collect()
        };
        // Orders that make no sense for this job are refused, host by host.
        if retry {
            for host in of_state(drill, |state| {
                matches!(state, TaskState::Failed | TaskState::InDoubt | TaskState::Cancelled)
            }) {
                let (hosts, force) = (vec![host], false);
                let retry = Order::Retry { job, hosts, force };
                ask_hosts(drill, &retry);
                let _ = drill.handle(retry);
            }
        } else {
            let hosts = of_state(drill, |state| {
                !matches!(state, TaskState::Succeeded | TaskState::Skipped | TaskState::Running)
            });
            let force = false;
            let skip = Order::Skip { job, hosts, force };
            ask_hosts(drill, &skip);
            drill.handle(skip).unwrap();
        }
        let _ = drill.handle(Order::Resume { job });
    }
}

/// A dispatcher asks the hosts in doubt before it gives an order; here nothing of their attempts runs, and how they
/// ended is unknown.
fn ask_hosts(drill: &mut Drill, order: &Order) {
    for doubt in drill.scheduler().unfenced_by(order) {
        let (attempt, answer) = (doubt.attempt, FenceAnswer::Ended(Outcome::in_doubt("gone")));
        drill.handle(Input::Fenced { attempt, answer }).unwrap();
    }
}
