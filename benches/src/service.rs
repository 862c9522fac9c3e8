//! A scheduler that has run for long: jobs on all hosts that end well, one after the other, and retire.

use std::sync::Arc;
use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::scheduler::{Event, Input, Order, Outcome, Scheduler};

use super::{estate, estate_policy};

/// A scheduler over so many hosts, in which jobs retire as soon as they are finished.
pub fn service(hosts: u32) -> Scheduler {
    let (fleet, policy) = (estate(hosts), estate_policy().retire_after(Duration::ZERO));
    let mut scheduler = Scheduler::new();
    let (fleet, policy) = (Arc::new(fleet), Arc::new(policy));
    let configured = scheduler.handle(Timestamp::EPOCH, Order::Configure { fleet, policy });
    drop(configured.expect("a policy"));
    scheduler
}

/// Runs a job on all hosts; of its attempts the first `ended` end, all of them well.
pub fn run_job(scheduler: &mut Scheduler, ended: usize) {
    let now = scheduler.now();
    let (job, targets) = (scheduler.next_job(), "*".parse().expect("a selector"));
    let spec = Arc::new(JobSpec::new(targets, RemoteCommand::shell("true")));
    let mut ready = scheduler
        .handle(now, Order::Submit { job: Some(job), spec })
        .expect("a job");
    let mut left = ended;
    while left > 0 && !ready.is_empty() {
        let attempts: Vec<_> = ready.iter().filter_map(Event::started).take(left).collect();
        left -= attempts.len();
        ready = attempts
            .into_iter()
            .flat_map(|attempt| {
                let (outcome, output) = (Outcome::Succeeded, None);
                scheduler
                    .handle(
                        now,
                        Input::Reported {
                            attempt,
                            outcome,
                            output,
                        },
                    )
                    .expect("an attempt that runs")
            })
            .collect();
    }
}

/// How many finished jobs to measure: the first argument that is a number.
pub fn jobs_asked_for(otherwise: u32) -> u32 {
    std::env::args()
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(otherwise)
}
