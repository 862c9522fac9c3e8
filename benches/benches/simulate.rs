//! How long a simulated rollout takes to compute: everything from the fleet to the end of the run.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints its table"
)]

use std::time::{Duration, Instant};

use pogo_benches::{estate, estate_policy, row};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::sim::what_if::Scenario;
use pogo_core::sim::{Fault, TaskTimes, World};

fn main() {
    let columns = ["world", "numbers", "history", "attempts"].map(str::to_owned);
    println!("{}", row("hosts", &columns));
    let most = std::env::args().find_map(|arg| arg.parse().ok()).unwrap_or(1_000_000);
    for hosts in [1_000, 10_000, 100_000, 1_000_000]
        .into_iter()
        .filter(|hosts| *hosts <= most)
    {
        let times = TaskTimes::LogNormal {
            median: Duration::from_secs(30),
            sigma: 0.8,
        };
        let fleet = estate(hosts);
        let (world, compile) = timed(|| World::new(fleet, estate_policy()).expect("a world"));
        let world = world.task_times(times).inject_everywhere(Fault::fails_sometimes(0.001));
        let mut spec = JobSpec::new("*".parse().expect("a selector"), RemoteCommand::shell("true"));
        spec.settings.retries = Some(2);
        let scenario = Scenario::new(world, spec);
        let (run, numbers) = timed(|| scenario.run(7).expect("a run"));
        let (history, whole) = timed(|| scenario.history(7).expect("a run"));
        assert_eq!(history.makespan(), run.makespan);
        let spans = [compile, numbers, whole].map(|span| format!("{:.3} s", span.as_secs_f64()));
        let attempts = run.tally.succeeded + run.tally.failed;
        println!(
            "{}",
            row(&hosts.to_string(), &[&spans[..], &[attempts.to_string()]].concat())
        );
    }
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begin = Instant::now();
    let done = work();
    (done, begin.elapsed())
}
