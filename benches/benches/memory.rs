//! Bytes of scheduler state per host, names and tags aside, by counting what is on the heap.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints its table"
)]

use std::sync::Arc;

use peak_alloc::PeakAlloc;
use pogo_benches::{estate, estate_policy, row};
use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::plan::{Command, JobSpec};
use pogo_core::scheduler::{Input, JobId, Scheduler};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

fn main() {
    println!("{}", row("", &["hosts", "bytes/host"].map(str::to_owned)));
    for hosts in [10_000_u32, 100_000, 1_000_000] {
        let (fleet, policy) = (Arc::new(estate(hosts)), Arc::new(estate_policy()));
        let before = HEAP.current_usage();
        let mut scheduler = Scheduler::new();
        scheduler
            .handle(Timestamp::EPOCH, Input::Configure { fleet, policy })
            .expect("a policy");
        let spec = Arc::new(JobSpec::new("*".parse().expect("a selector"), Command::shell("true")));
        // The events, and the attempts they start, are not the state.
        drop(
            scheduler
                .handle(
                    Timestamp::EPOCH,
                    Input::Submit {
                        job: JobId::new(1),
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
}
