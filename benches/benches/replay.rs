//! Starting from what was stored: replaying every record of a job, and restoring a snapshot of it.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints its table"
)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use pogo_benches::{drive_collecting, estate, estate_policy, jobs_asked_for, ratio, row, run_job, service};
use pogo_core::journal::{Snapshot, replay};
use pogo_core::scheduler::{Input, Record, Scheduler};

const SIZES: [u32; 3] = [10_000, 100_000, 1_000_000];
const COLUMNS: [&str; 7] = ["hosts", "run", "replay", "take", "write", "read+restore", "bytes/host"];

fn main() {
    println!("nanoseconds per host\n{}", row("", &COLUMNS.map(str::to_owned)));
    let costs = SIZES.map(measure);
    println!("\ncost per host at a million, against a hundred thousand (linear is 1):");
    for (at, name) in ["replay", "take", "write", "read+restore"].into_iter().enumerate() {
        println!("  {name:<14}{:.2}", costs[2][at] / costs[1][at]);
    }
    take_over(10_000, jobs_asked_for(100));
}

/// What it takes to go on from a snapshot with one live job, after many that have retired.
fn take_over(hosts: u32, jobs: u32) {
    let mut scheduler = service(hosts);
    let mut columns = vec![];
    for finished in [0, jobs] {
        (0..finished).for_each(|_| run_job(&mut scheduler, usize::MAX));
        let mut busy = scheduler.clone();
        run_job(&mut busy, hosts as usize / 2);
        let stored = serde_json::to_string(&busy.snapshot()).expect("plain data");
        let (_, taking) = timed(|| {
            let snapshot: Snapshot = serde_json::from_str(&stored).expect("what was written");
            let mut restored = Scheduler::restore(&snapshot).expect("what was taken");
            let now = restored.now();
            let resumed = vec![];
            restored
                .handle(now, Input::Recover { resumed })
                .expect("a scheduler that goes on");
            restored
        });
        columns.extend([format!("{:.1}", taking.as_secs_f64() * 1e3), stored.len().to_string()]);
    }
    let title =
        format!("takeover with one live job of {hosts} hosts: ms and bytes, after 0 and after {jobs} finished jobs");
    println!("\n{title}\n{}", row("colo x role x rack", &columns));
}

/// What replaying, taking, writing and restoring cost for each host of a job that is half done.
fn measure(hosts: u32) -> [f64; 4] {
    let (fleet, policy) = (Arc::new(estate(hosts)), Arc::new(estate_policy()));
    let mut records: Vec<Record> = Vec::new();
    let (driven, _) = drive_collecting(&fleet, &policy, 100, &mut records);
    // In the middle there is most to say.
    let upto = records.len() / 2;
    let (replayed, replaying) = timed(|| replay(&records[..upto]).expect("its own records"));
    let (snapshot, taking) = timed(|| replayed.snapshot());
    let (stored, writing) = timed(|| serde_json::to_string(&snapshot).expect("plain data"));
    let (restored, restoring) = timed(|| {
        let snapshot: Snapshot = serde_json::from_str(&stored).expect("what was written");
        Scheduler::restore(&snapshot).expect("what was taken")
    });
    assert!(restored.same_state(&replayed), "a snapshot is all there is to know");
    let per_host = |time: Duration| time.as_secs_f64() * 1e9 / f64::from(hosts);
    let costs = [replaying, taking, writing, restoring].map(per_host);
    let mut columns = vec![hosts.to_string(), format!("{:.0}", per_host(driven.run))];
    columns.extend(costs.iter().map(|cost| format!("{cost:.0}")));
    columns.push(format!("{:.1}", stored.len() as f64 / f64::from(hosts)));
    println!(
        "{}   replay {:.2} of the run",
        row("colo x role x rack", &columns),
        ratio(replaying, driven.run)
    );
    costs
}

fn timed<T>(act: impl FnOnce() -> T) -> (T, Duration) {
    let begin = Instant::now();
    let done = act();
    (done, begin.elapsed())
}
