//! Choosing a limit by what-if: how long a rollout takes under each, and how likely it is stopped half way.
//!
//! A strict limit makes a rollout slow, and a few failures use up its slots; a generous one takes too much away at
//! once.
#![allow(clippy::print_stdout, reason = "the table is what this program is for")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule};
use pogo_core::sim::what_if::{Questions, Scenario};
use pogo_core::sim::{Fault, TaskTimes, World};

fn main() -> Result<(), Box<dyn Error>> {
    let fleet = Arc::new(
        Fleet::builder()
            .tagged("colo.east", "web[01-60]")
            .tagged("colo.west", "web[61-90]")
            .build()?,
    );
    println!(
        "{:>6}  {:>8}  {:>8}  {:>12}  what binds",
        "limit", "median", "p90", "stopped"
    );
    let mut risks = Vec::new();
    for limit in ["2%", "5%", "10%", "20%", "40%"] {
        // In each colo; half a minute a host, some much longer, and one attempt in a hundred fails.
        let per_colo = Constraint::new("$colo".parse()?, Rule::MaxParallel(limit.parse()?));
        let policy = Policy::new().constraint(per_colo);
        let times = TaskTimes::LogNormal {
            median: Duration::from_secs(30),
            sigma: 0.8,
        };
        let world = World::new(Arc::clone(&fleet), policy)?
            .task_times(times)
            .inject_everywhere(Fault::fails_sometimes(0.01));
        let scenario = Scenario::new(
            world,
            JobSpec::new("*".parse()?, RemoteCommand::shell("systemctl restart web")),
        );
        // The same seeds for each limit: the same hosts are slow, and the same attempts fail.
        let answer = scenario.what_if(&Questions::new(7, 200).cost_runs(0))?;
        let seconds = |time: Duration| format!("{:.0} s", time.as_secs_f64());
        let (median, p90) = match answer.makespan {
            Some(spread) => (seconds(spread.p50.time), seconds(spread.p90.time)),
            None => ("never".to_owned(), "never".to_owned()),
        };
        let stopped = format!("{:.1}%", answer.stopped.share() * 100.0);
        println!(
            "{limit:>6}  {median:>8}  {p90:>8}  {stopped:>12}  {}",
            answer.bound.reason
        );
        risks.push(answer.stopped.share());
    }
    assert!(
        risks.is_sorted_by(|one, other| one >= other),
        "more slots outlast more failures: {risks:?}"
    );
    Ok(())
}
