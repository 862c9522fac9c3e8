//! Bytes of scheduler state per host, names and tags aside, by counting what is on the heap.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints its table"
)]

use std::sync::Arc;

use peak_alloc::PeakAlloc;
use pogo_benches::{estate, estate_policy, jobs_asked_for, row, run_job, service};
use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::scheduler::{JobId, Order, Scheduler};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

fn main() {
    println!("{}", row("", &["hosts", "bytes/host"].map(str::to_owned)));
    for hosts in [10_000_u32, 100_000, 1_000_000] {
        let (fleet, policy) = (Arc::new(estate(hosts)), Arc::new(estate_policy()));
        let before = HEAP.current_usage();
        let mut scheduler = Scheduler::new();
        scheduler
            .handle(Timestamp::EPOCH, Order::Configure { fleet, policy })
            .expect("a policy");
        let spec = Arc::new(JobSpec::new(
            "*".parse().expect("a selector"),
            RemoteCommand::shell("true"),
        ));
        // The events, and the attempts they start, are not the state.
        drop(
            scheduler
                .handle(
                    Timestamp::EPOCH,
                    Order::Submit {
                        job: Some(JobId::new(1)),
                        spec,
                    },
                )
                .expect("a job"),
        );
        let used = HEAP.current_usage() - before;
        // Listing the names of hosts and limits takes that much, whoever keeps the list.
        let limits = scheduler
            .buckets()
            .map(|view| size_of::<String>() + view.bucket().group.len());
        let names = hosts as usize * size_of::<HostName>() + limits.sum::<usize>();
        let columns = [hosts.to_string(), format!("{}", (used - names) / hosts as usize)];
        println!("{}", row("colo x role x rack, 3 sequences", &columns));
    }
    println!("to hold: 300");
    finished_jobs(10_000, jobs_asked_for(100));
}

/// What jobs that are finished and have retired take, beside a scheduler that had none.
fn finished_jobs(hosts: u32, jobs: u32) {
    let before = HEAP.current_usage();
    let mut scheduler = service(hosts);
    let empty = HEAP.current_usage() - before;
    // Room that the first job needed is used again by those after it.
    run_job(&mut scheduler, usize::MAX);
    let one = HEAP.current_usage() - before;
    (1..jobs).for_each(|_| run_job(&mut scheduler, usize::MAX));
    let all = HEAP.current_usage() - before;
    let columns = ["", "empty", "after 1", &format!("after {jobs}")].map(str::to_owned);
    println!(
        "\nbytes after jobs of {hosts} hosts that have retired\n{}",
        row("", &columns[1..])
    );
    let columns = [empty, one, all].map(|bytes| bytes.to_string());
    println!("{}", row("colo x role x rack, 3 sequences", &columns));
    println!("to hold: that of one");
}
