//! How many threads carry the connections of a job.

use std::num::NonZero;
use std::thread::available_parallelism;

use pogo_core::plan::Plan;
use tokio::runtime::{Builder, Runtime};

/// How many hosts one thread carries at once.
// A host takes a millisecond of it, and at least some hundred of its own: 64 hosts leave a third of the thread idle.
const HOSTS_EACH: usize = 64;

/// A runtime for this job alone.
pub(super) fn runtime_for(plan: &Plan) -> std::io::Result<Runtime> {
    let own = plan.job.settings.max_parallel;
    let at_once = own.map_or(plan.hosts.len(), |limit| limit.hosts as usize);
    let cores = available_parallelism().map_or(1, NonZero::get);
    Builder::new_multi_thread()
        .worker_threads(workers(at_once, cores))
        .enable_all()
        .build()
}

/// Threads for so many hosts at once.
// Threads that have little to do wake each other up for each message: with a second one a host took twice the switches
// of context, and 7 % more of the processor.
fn workers(at_once: usize, cores: usize) -> usize {
    at_once.div_ceil(HOSTS_EACH).clamp(1, cores.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_has_a_thread_for_each_64_hosts_at_once_and_no_more_than_cores() {
        let of = |at_once| workers(at_once, 4);
        assert_eq!([0, 1, 64, 65, 128, 129, 257, 10_000].map(of), [1, 1, 1, 2, 2, 3, 4, 4]);
        assert_eq!(workers(1, 0), 1);
    }
}
