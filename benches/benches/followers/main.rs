//! What followers cost a dispatcher: a job with nobody who follows, and with a thousand streams of its events; and what
//! sending as many bytes takes by itself.
//!
//! Followers are in a process of their own, so that what is counted here is the server's alone.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::expect_used,
    clippy::cast_precision_loss,
    reason = "a benchmark prints its table, and one that cannot be set up has failed"
)]

mod job;
mod reader;
mod sender;

use std::error::Error;
use std::fs;
use std::time::Duration;

use pogo_benches::row;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// The processor time of this process so far.
fn processor() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or_default())
}

/// Resident memory of this process, in kB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("the status of this process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).expect("resident memory")
}

/// What one job took.
struct Taken {
    processor: Duration,
    /// Resident memory while all follow and nothing has happened yet, and before any of them came.
    followed: u64,
    alone: u64,
    /// What each follower was sent, and in how many updates.
    bytes: u64,
    events: u64,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // A connection is a file on each side.
    let most = getrlimit(Resource::Nofile).maximum;
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: most,
            maximum: most,
        },
    )?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [reads, address, count] = arguments.as_slice()
        && reads == "read"
    {
        return reader::read(address, count.parse()?).await;
    }
    let mut numbers = arguments.iter().filter_map(|word| word.parse::<usize>().ok());
    let (hosts, followers, rounds) = (
        numbers.next().unwrap_or(10_000),
        numbers.next().unwrap_or(1_000),
        numbers.next().unwrap_or(3),
    );
    println!("a job of {hosts} hosts, {followers} followers");
    let columns = [
        "alone (s)",
        "followed (s)",
        "sending (s)",
        "ratio",
        "kB each",
        "updates",
        "kB of one",
    ];
    println!("{}", row("", &columns.map(str::to_owned)));
    for round in 1..=rounds {
        let alone = job::run(hosts, 0).await?;
        let followed = job::run(hosts, followers).await?;
        // In pieces of the same size: larger ones take less of the processor.
        let piece = usize::try_from(followed.bytes / followed.events.max(1))?.max(1);
        let sending = sender::send(followers, followed.bytes, piece).await?;
        let ratio = (followed.processor.as_secs_f64() - sending.as_secs_f64()) / alone.processor.as_secs_f64();
        let each = followed.followed.saturating_sub(followed.alone) as f64 / followers.max(1) as f64;
        let columns = [
            format!("{:.2}", alone.processor.as_secs_f64()),
            format!("{:.2}", followed.processor.as_secs_f64()),
            format!("{:.2}", sending.as_secs_f64()),
            format!("{ratio:.2}"),
            format!("{each:.1}"),
            followed.events.to_string(),
            (piece / 1_000).to_string(),
        ];
        println!("{}", row(&format!("round {round}"), &columns));
    }
    println!("to hold: 1.1, and 64 kB");
    Ok(())
}
