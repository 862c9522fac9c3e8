//! How long jobs take, as a multiple of the earliest end that their limits allow.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints its table"
)]

use std::collections::BTreeMap;
use std::time::Duration;

use pogo_benches::{Shape, drawn, overlapping, row, small_overlapping};
use pogo_core::fleet::{Fleet, HostId, HostName};
use pogo_core::plan::{Expectation, HostOrder, JobSpec, RemoteCommand, Rules};
use pogo_core::policy::Policy;
use pogo_core::sim::{TaskTimes, World, lower_bound};

const FLEETS: u32 = 24;
const SMALL_FLEETS: u32 = 1_200;
const MEDIAN: Duration = Duration::from_secs(60);

fn main() {
    let heavy = |seed| {
        (
            TaskTimes::LogNormal {
                median: MEDIAN,
                sigma: 0.8,
            },
            seed,
        )
    };
    let equal = |seed| (TaskTimes::Fixed(MEDIAN), seed);
    println!(
        "{}",
        row("makespan / lower bound", &["median", "worst"].map(str::to_owned))
    );
    print("equal times, balanced", &ratios(equal, HostOrder::Balanced, false));
    print("equal times, listed order", &ratios(equal, HostOrder::Listed, false));
    print("log-normal, known, balanced", &ratios(heavy, HostOrder::Balanced, true));
    print(
        "log-normal, unknown, balanced",
        &ratios(heavy, HostOrder::Balanced, false),
    );
    print("log-normal, listed order", &ratios(heavy, HostOrder::Listed, false));
    print("log-normal, batches with barrier", &batches());
    println!(
        "\n{}",
        row(
            "small fleets, balanced / listed",
            &["median", "worst", "behind"].map(str::to_owned)
        )
    );
    small("equal times", |_| Duration::from_secs(10));
    small("times of 1 to 59 s, known", |host| {
        Duration::from_secs(u64::from(1 + drawn(host, 59)))
    });
}

/// How long jobs take in balanced order on small random fleets, as a multiple of what they take in listed order.
fn small(label: &str, time: impl Fn(u32) -> Duration) {
    let ratios: Vec<f64> = (0..SMALL_FLEETS)
        .map(|seed| {
            let (fleet, policy) = small_overlapping(seed);
            let times: BTreeMap<HostName, Duration> = fleet
                .ids()
                .zip(0..)
                .map(|(host, at)| (fleet.name(host).clone(), time(seed * 64 + at)))
                .collect();
            let [balanced, listed] = [HostOrder::Balanced, HostOrder::Listed].map(|order| {
                let mut spec = JobSpec::new("*".parse().expect("a selector"), RemoteCommand::shell("true"));
                spec.order = order;
                spec.expected = expected(&fleet, |host| times[host]);
                let times = TaskTimes::PerHost {
                    times: times.clone(),
                    otherwise: MEDIAN,
                };
                let world = World::new(fleet.clone(), policy.clone()).expect("a world");
                let mut world = world.task_times(times);
                world.submit(spec).expect("a job");
                world.run().makespan().as_secs_f64()
            });
            balanced / listed
        })
        .collect();
    let behind = ratios.iter().filter(|&&ratio| ratio > 1.0).count();
    let mut sorted = ratios;
    sorted.sort_by(f64::total_cmp);
    let [median, worst] = [sorted[sorted.len() / 2], sorted[sorted.len() - 1]].map(|ratio| format!("{ratio:.3}"));
    println!(
        "{}",
        row(label, &[median, worst, format!("{behind} of {SMALL_FLEETS}")])
    );
}

fn print(label: &str, ratios: &[f64]) {
    let mut sorted = ratios.to_vec();
    sorted.sort_by(f64::total_cmp);
    let columns = [sorted[sorted.len() / 2], sorted[sorted.len() - 1]].map(|ratio| format!("{ratio:.3}"));
    println!("{}", row(label, &columns));
}

fn ratios(times: impl Fn(u64) -> (TaskTimes, u64), order: HostOrder, known: bool) -> Vec<f64> {
    (0..FLEETS)
        .map(|seed| {
            let hosts = 4_000 + 1_000 * (seed % 7);
            let (fleet, policy) = overlapping(Shape { hosts, seed });
            let (times, drawn) = times(u64::from(seed));
            let mut spec = JobSpec::new("*".parse().expect("a selector"), RemoteCommand::shell("true"));
            spec.order = order;
            spec.settings.attempt_timeout = Some(Duration::from_secs(86_400));
            let of = |host: &HostName| times.of(drawn, host);
            if known {
                spec.expected = expected(&fleet, of);
            }
            let bound = lower_bound(&fleet, &policy, &spec, of).expect("a bound").makespan;
            let mut world = World::new(fleet, policy)
                .expect("a world")
                .seed(drawn)
                .task_times(times.clone());
            world.submit(spec).expect("a job");
            let history = world.run();
            assert!(
                history.scheduler.jobs().all(|job| job.tally().succeeded == hosts),
                "seed {seed}"
            );
            history.makespan().as_secs_f64() / bound.as_secs_f64()
        })
        .collect()
}

/// Hosts of about the same time are given together, as a job's log would give them.
fn expected(fleet: &Fleet, time: impl Fn(&HostName) -> Duration) -> Vec<Expectation> {
    let mut by_time: BTreeMap<Duration, Vec<HostName>> = BTreeMap::new();
    for host in fleet.ids() {
        let name = fleet.name(host);
        by_time.entry(time(name)).or_default().push(name.clone());
    }
    let group =
        |(time, hosts): (Duration, Vec<HostName>)| Expectation::new(pogo_core::fleet::Selector::hosts(&hosts), time);
    by_time.into_iter().map(group).collect()
}

/// What a batch scheduler does: fill a batch in listed order as far as the limits go, wait for all of it, go on.
fn batches() -> Vec<f64> {
    (0..FLEETS)
        .map(|seed| {
            let (fleet, policy) = overlapping(Shape {
                hosts: 4_000 + 1_000 * (seed % 7),
                seed,
            });
            let times = TaskTimes::LogNormal {
                median: MEDIAN,
                sigma: 0.8,
            };
            let of = |host: &HostName| times.of(u64::from(seed), host);
            let spec = JobSpec::new("*".parse().expect("a selector"), RemoteCommand::shell("true"));
            let bound = lower_bound(&fleet, &policy, &spec, of).expect("a bound").makespan;
            batch_makespan(&fleet, &policy, of).as_secs_f64() / bound.as_secs_f64()
        })
        .collect()
}

fn batch_makespan(fleet: &Fleet, policy: &Policy, time: impl Fn(&HostName) -> Duration) -> Duration {
    let rules = Rules::compile(fleet, policy).expect("rules");
    let mut waiting: Vec<HostId> = fleet.ids().collect();
    let mut makespan = Duration::ZERO;
    while !waiting.is_empty() {
        let mut left: Vec<u32> = rules.buckets().iter().map(|bucket| bucket.slots).collect();
        let mut longest = Duration::ZERO;
        waiting.retain(|&host| {
            let buckets = rules.buckets_of(host);
            let fits = buckets.iter().all(|bucket| left[bucket.index()] > 0);
            if fits {
                buckets.iter().for_each(|bucket| left[bucket.index()] -= 1);
                longest = longest.max(time(fleet.name(host)));
            }
            !fits
        });
        makespan += longest;
    }
    makespan
}
