//! Scheduling without async: a custom event loop around the scheduler.
//!
//! Here the "transport" is a queue in which every task takes three steps of a counter that serves as the clock.

use std::collections::VecDeque;
use std::error::Error;
use std::sync::Arc;

use pogo_core::Timestamp;
use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule, Sequence};
use pogo_core::scheduler::{Event, Input, JobId, JobStatus, Order, Outcome, Scheduler};

const JOB: JobId = JobId::new(1);

fn main() -> Result<(), Box<dyn Error>> {
    let fleet = Fleet::builder()
        .tagged("db", "db[1-2]")
        .tagged("web", "web[1-4]")
        .build()?;
    let job = JobSpec::new("*".parse()?, RemoteCommand::shell("systemctl restart app"));

    let mut scheduler = Scheduler::new();
    let mut inputs = VecDeque::<(u64, Input)>::from([
        (
            0,
            Order::Configure {
                fleet: Arc::new(fleet),
                policy: Arc::new(policy()?),
            }
            .into(),
        ),
        (0, Order::submit(job).into()),
    ]);
    // All tasks take the same time, so the queue is in order of time.
    while let Some((time, input)) = inputs.pop_front() {
        for event in scheduler.handle(Timestamp::from_millis(time), input)? {
            let Event::Task(event) = event else { continue };
            let host = &event.host;
            // The order to start: a real loop would hand the host to its transport here.
            if let Some(attempt) = event.started() {
                say(&format!("{time:>3} ms: start {host}"));
                let outcome = Outcome::Succeeded;
                inputs.push_back((
                    time + 3,
                    Input::Reported {
                        attempt,
                        outcome,
                        output: None,
                    },
                ));
            }
            if event.ended().is_some() {
                say(&format!("{time:>3} ms: {host} is done"));
            }
        }
    }
    let status = scheduler.job(JOB).map(|job| job.status());
    assert_eq!(status, Some(JobStatus::Finished));
    Ok(())
}

/// Databases before web servers, one at a time and half at a time.
fn policy() -> Result<Policy, Box<dyn Error>> {
    Ok(Policy::new()
        .sequence(Sequence::new("databases first", ["$db".parse()?, "$web".parse()?]))
        .constraint(Constraint::new("$db".parse()?, Rule::MaxParallel("1".parse()?)))
        .constraint(Constraint::new("$web".parse()?, Rule::MaxParallel("50%".parse()?))))
}

#[allow(clippy::print_stdout, reason = "it is what this program is for")]
fn say(line: &str) {
    println!("{line}");
}
