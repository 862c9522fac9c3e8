//! The scheduler's own cost per host: how it grows with the fleet, and how far it is from a bare queue.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints its table"
)]

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use pogo_benches::{
    Caches, Cost, Driven, bare_jobs, beside_blocked, drive, estate, estate_policy, one_beside, one_place, ratio, row,
    small_jobs, twenty_buckets,
};
use pogo_core::Timestamp;
use pogo_core::fleet::{Fleet, HostName};
use pogo_core::policy::Policy;
use pogo_core::scheduler::{AttemptId, Event, JobId, Record, TaskEventKind};

const SIZES: [u32; 3] = [10_000, 100_000, 1_000_000];
const RUNS: usize = 3;
/// How many small jobs are beside each other.
const SMALL_JOBS: [u32; 4] = [10, 100, 1_000, 10_000];
/// How often they are measured.
const ROUNDS: usize = 5;

fn main() {
    // For profiling: these alone, or of them only so many small jobs.
    if std::env::args().any(|argument| argument == "neighbours") {
        return match std::env::args().find_map(|argument| argument.parse().ok()) {
            Some(jobs) => println!("{:?}", typical_cost(jobs, Caches::Warm)),
            None => neighbours(),
        };
    }
    println!(
        "{}",
        row(
            "",
            &["hosts", "compile/host", "run/host", "vs floor"].map(str::to_owned)
        )
    );
    let floor = best((0..RUNS).map(|_| floor(1_000_000)));
    println!(
        "{}",
        row(
            "floor: queue and counter",
            &[cell(1_000_000), String::new(), nanos(floor, 1_000_000), "1.0".into()]
        )
    );
    // For profiling: one size only.
    let only: Option<u32> = std::env::args().find_map(|argument| argument.parse().ok());
    let policy = Arc::new(estate_policy());
    let mut costs = Vec::new();
    for hosts in SIZES.into_iter().filter(|&hosts| only.is_none_or(|only| only == hosts)) {
        let fleet = Arc::new(estate(hosts));
        costs.push(report(
            "colo x role x rack, 3 sequences",
            hosts,
            (&fleet, &policy, 100),
            floor,
        ));
    }
    if only.is_some() {
        return;
    }

    narrow_limits(floor);
    neighbours();
    let [small, .., large] = &costs[..] else { return };
    let cost = |driven: &Driven, hosts| (driven.compile + driven.run).as_secs_f64() / f64::from(hosts);
    let growth = cost(large, 1_000_000) / cost(small, 10_000);
    println!("\ncost per host at a million, against ten thousand: {growth:.2} (to hold: 1.5)");
    println!(
        "run of a million hosts, against the floor: {:.1} (to hold: 12); compiling it: {:.1}",
        ratio(large.run, floor),
        ratio(large.compile, floor)
    );
}

/// Limits that let few hosts run at once, and many limits for each host.
fn narrow_limits(floor: Duration) {
    for hosts in [10_000, 100_000] {
        let (fleet, policy) = one_place(hosts);
        report(
            "one bucket of one slot",
            hosts,
            (&Arc::new(fleet), &Arc::new(policy), 0),
            floor,
        );
    }
    // A free slot is offered to the kinds of hosts that wait for it, so that is what the cost grows with.
    for (hosts, kinds) in [(10_000, 100), (100_000, 100), (100_000, 1_000), (10_000, 10_000)] {
        let (fleet, policy) = twenty_buckets(hosts, kinds);
        report(
            &format!("20 buckets a host, {kinds} kinds"),
            hosts,
            (&Arc::new(fleet), &Arc::new(policy), 0),
            floor,
        );
    }
}

/// What jobs cost each other.
fn neighbours() {
    println!(
        "\n{}",
        row("neighbours", &["jobs", "submission", "report"].map(str::to_owned))
    );
    let rounds: Vec<Round> = (0..ROUNDS).map(|_| Round::new()).collect();
    for (jobs, at) in SMALL_JOBS.into_iter().zip(0..) {
        let submission = median(rounds.iter().map(|round| round.warm[at].submission));
        let report = median(rounds.iter().map(|round| round.warm[at].report));
        let columns = [cell(jobs), nanos(submission, 1), nanos(report, 1)];
        println!("{}", row("jobs of 3 hosts, of a fleet of 30,000", &columns));
    }
    let cold = median(rounds.iter().map(|round| round.cold.report));
    let columns = [cell(10), String::new(), nanos(cold, 1)];
    println!("{}", row("the same, where caches hold something else", &columns));
    let bare: Vec<Duration> = [10, 10_000]
        .into_iter()
        .map(|jobs| {
            let cost = typical((0..(1_000 / jobs).max(1)).flat_map(|_| bare_jobs(jobs)));
            let columns = [cell(jobs), String::new(), nanos(cost, 1)];
            println!("{}", row("floor: records of such jobs that are counted", &columns));
            cost
        })
        .collect();
    let one: Vec<Duration> = [10, 10_000]
        .into_iter()
        .map(|jobs| {
            let cost = best((0..2 * RUNS).map(|_| one_beside(jobs)));
            let columns = [cell(jobs), String::new(), nanos(cost, 1)];
            println!("{}", row("a job of 1,000 hosts beside so many silent jobs", &columns));
            cost
        })
        .collect();
    let blocked: Vec<Duration> = [1_000, 1_000_000]
        .into_iter()
        .map(|hosts| {
            let cost = best((0..RUNS).map(|_| beside_blocked(hosts)));
            let columns = [cell(hosts), String::new(), nanos(cost, 1)];
            println!("{}", row("beside a blocked job of so many hosts", &columns));
            cost
        })
        .collect();
    println!(
        "ten thousand jobs against ten, the median of {ROUNDS} rounds, the least and the greatest (to hold: 1.5):"
    );
    let of_rounds = |name: &str, ratio: fn(&Round) -> f64| {
        let mut ratios: Vec<f64> = rounds.iter().map(ratio).collect();
        ratios.sort_by(f64::total_cmp);
        let [least, .., greatest] = ratios[..] else { return };
        println!("  {name} {:.2} ({least:.2} to {greatest:.2})", ratios[ratios.len() / 2]);
    };
    of_rounds("submission", |round| {
        ratio(round.many().submission, round.few().submission)
    });
    of_rounds("report", |round| ratio(round.many().report, round.few().report));
    of_rounds("report, against ten with cold caches", |round| {
        ratio(round.many().report, round.cold.report)
    });
    println!(
        "the same of the floor {:.2}; one job beside ten thousand silent ones against ten {:.2}; beside a million \
         blocked hosts against a thousand: {:.2}",
        ratio(bare[1], bare[0]),
        ratio(one[1], one[0]),
        ratio(blocked[1], blocked[0]),
    );
}

/// What small jobs cost, however many there are, measured one after the other, so that each is compared with what was
/// measured beside it.
struct Round {
    /// Among each number of [`SMALL_JOBS`].
    warm: [Cost; SMALL_JOBS.len()],
    /// Among the fewest.
    cold: Cost,
}

impl Round {
    fn new() -> Self {
        Self {
            warm: SMALL_JOBS.map(|jobs| typical_cost(jobs, Caches::Warm)),
            cold: typical_cost(SMALL_JOBS[0], Caches::Cold),
        }
    }

    fn few(&self) -> Cost {
        self.warm[0]
    }

    fn many(&self) -> Cost {
        self.warm[SMALL_JOBS.len() - 1]
    }
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The cost of a job among so many small ones.
fn typical_cost(jobs: u32, caches: Caches) -> Cost {
    // Many jobs in each case, so that none is measured by a handful of them.
    let rounds = 0..(1_000 / jobs).max(1);
    let costs: Vec<Cost> = rounds.flat_map(|_| small_jobs(jobs, caches)).collect();
    Cost {
        submission: typical(costs.iter().map(|cost| cost.submission)),
        report: typical(costs.iter().map(|cost| cost.report)),
    }
}

fn report(
    label: &str,
    hosts: u32,
    (fleet, policy, failing): (&Arc<Fleet>, &Arc<Policy>, u64),
    floor: Duration,
) -> Driven {
    let runs: Vec<Driven> = (0..RUNS).map(|_| drive(fleet, policy, failing)).collect();
    let compile = best(runs.iter().map(|driven| driven.compile));
    let run = best(runs.iter().map(|driven| driven.run));
    let per_floor = ratio(run / hosts, floor / 1_000_000);
    let columns = [
        cell(hosts),
        nanos(compile, hosts),
        nanos(run, hosts),
        format!("{per_floor:.1}"),
    ];
    println!(
        "{}  ({} started, {} events)",
        row(label, &columns),
        runs[0].started,
        runs[0].events
    );
    Driven {
        compile,
        run,
        ..runs[0]
    }
}

/// Hands out hosts and takes them back, with a counter for a limit, and records both: what no scheduler can do without.
fn floor(hosts: u32) -> Duration {
    let names: Vec<HostName> = (0..hosts)
        .map(|host| format!("h{host}").parse().expect("a name"))
        .collect();
    let begin = Instant::now();
    let mut waiting: VecDeque<u32> = (0..hosts).collect();
    let mut running = VecDeque::new();
    let mut log: Vec<Record> = Vec::new();
    let (job, at, limit) = (JobId::new(1), Timestamp::EPOCH, hosts as usize / 4);
    let mut issued = 0;
    loop {
        while running.len() < limit
            && let Some(host) = waiting.pop_front()
        {
            issued += 1;
            let attempt = AttemptId::new(issued);
            log.push(Record::new(
                at,
                Event::of_task(
                    job,
                    names[host as usize].clone(),
                    TaskEventKind::Started {
                        attempt,
                        asks_permission: false,
                    },
                ),
            ));
            running.push_back((host, attempt));
        }
        let Some((host, attempt)) = running.pop_front() else {
            break;
        };
        log.push(Record::new(
            at,
            Event::of_task(
                job,
                names[host as usize].clone(),
                TaskEventKind::Succeeded { attempt, output: None },
            ),
        ));
    }
    std::hint::black_box(&log);
    begin.elapsed()
}

fn best(times: impl Iterator<Item = Duration>) -> Duration {
    times.min().unwrap_or_default()
}

/// The mean without the slowest hundredth, in which the machine did something else.
fn typical(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    times.truncate(times.len() - times.len() / 100);
    times.iter().sum::<Duration>() / u32::try_from(times.len().max(1)).unwrap_or(u32::MAX)
}

fn nanos(time: Duration, hosts: u32) -> String {
    format!("{} ns", time.as_nanos() / u128::from(hosts))
}

fn cell(number: u32) -> String {
    number.to_string()
}
