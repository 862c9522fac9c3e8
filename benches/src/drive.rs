//! Running a job with tasks that end at once.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pogo_core::Timestamp;
use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::Policy;
use pogo_core::scheduler::{AttemptId, FailureKind, Input, Order, Outcome, Record, Scheduler};

/// How a driven job went.
#[derive(Debug, Clone, Copy)]
pub struct Driven {
    /// Compiling limits for the fleet and the job's stages: from the fleet to the first start.
    pub compile: Duration,
    /// From the first start to the last end.
    pub run: Duration,
    /// Tasks that were started.
    pub started: u32,
    /// Events in all.
    pub events: usize,
}

/// Runs a job on all hosts to its end; of so many attempts one fails, or none if that is zero.
pub fn drive(fleet: &Arc<Fleet>, policy: &Arc<Policy>, failing: u64) -> Driven {
    drive_collecting(fleet, policy, failing, &mut Vec::new()).0
}

/// Runs a job as [`drive`] does, and keeps its events and the scheduler.
pub fn drive_collecting(
    fleet: &Arc<Fleet>,
    policy: &Arc<Policy>,
    failing: u64,
    log: &mut Vec<Record>,
) -> (Driven, Scheduler) {
    let mut scheduler = Scheduler::new();
    let mut ready: VecDeque<AttemptId> = VecDeque::new();
    let mut started = 0;
    let now = Timestamp::EPOCH;
    let mut handle = |scheduler: &mut Scheduler, input: Input, ready: &mut VecDeque<AttemptId>| {
        for event in scheduler.handle(now, input).expect("an input that makes sense") {
            if let Some(attempt) = event.started() {
                started += 1;
                ready.push_back(attempt);
            }
            log.push(Record::new(now, event));
        }
    };
    let begin = Instant::now();
    let (fleet, policy) = (Arc::clone(fleet), Arc::clone(policy));
    handle(&mut scheduler, Order::Configure { fleet, policy }.into(), &mut ready);
    let spec = Arc::new(JobSpec::new(
        "*".parse().expect("a selector"),
        RemoteCommand::shell("true"),
    ));
    handle(&mut scheduler, Order::submit(spec).into(), &mut ready);
    let compile = begin.elapsed();
    let begin = Instant::now();
    while let Some(attempt) = ready.pop_front() {
        let outcome = match attempt.number().checked_rem(failing) {
            Some(0) => Outcome::failed(FailureKind::Command { status: 1 }, ""),
            _ => Outcome::Succeeded,
        };
        handle(
            &mut scheduler,
            Input::Reported {
                attempt,
                outcome,
                output: None,
            },
            &mut ready,
        );
    }
    let driven = Driven {
        compile,
        run: begin.elapsed(),
        started,
        events: log.len(),
    };
    (driven, scheduler)
}
