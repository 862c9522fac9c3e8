//! What a store on disk costs: journal and output beside plain files on the same disk, the list of jobs, and a start
//! after a year.
//!
//! The directory is a temporary one; `TMPDIR` names the disk.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::expect_used,
    clippy::cast_precision_loss,
    reason = "a benchmark prints its table"
)]

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::executor::block_on;
use pogo_benches::{drive_collecting, estate, ratio, row};
use pogo_core::Timestamp;
use pogo_core::journal::{Acquire, Commit, Journal, Nonce, OwnedJournal, Owner, OwnerId, Seq};
use pogo_core::output::{OutputFrame, OutputSource, OutputStore, Stream};
use pogo_core::scheduler::{AttemptId, JobId, Record, Scheduler};
use pogo_store::{JobFilter, Namespace, Store};

/// Records of a commit, as a busy dispatcher has them.
const BATCH: usize = 50;
const COMMITS: usize = 400;
const ATTEMPTS: u64 = 1_000;
const OUTPUT: usize = 100_000;
const JOBS: u64 = 5_000;
const SNAPSHOT_EVERY: usize = 20_000;
const ROUNDS: usize = 5;

fn main() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let records = records_of_a_job();
    println!("{}", row("", &["plain file", "store", "ratio"].map(str::to_owned)));
    let mut commits: Vec<_> = (0..ROUNDS).map(|round| commits(dir.path(), round, &records)).collect();
    print("ms for each commit of 50 records", COMMITS as f64, &mut commits);
    let mut outputs: Vec<_> = (0..ROUNDS).map(|round| outputs(dir.path(), round)).collect();
    print(
        "ms for each MB of output",
        ATTEMPTS as f64 * OUTPUT as f64 / 1e6,
        &mut outputs,
    );
    year(&dir.path().join("year"), &records);
}

/// The median of some rounds, and the ratio of each round's two times: what the machine does meanwhile meets both.
fn print(label: &str, pieces: f64, rounds: &mut [(Duration, Duration)]) {
    rounds.sort_by(|one, other| ratio(one.1, one.0).total_cmp(&ratio(other.1, other.0)));
    let each = |time: Duration| format!("{:.3}", time.as_secs_f64() * 1e3 / pieces);
    let (plain, store) = rounds[rounds.len() / 2];
    let ratios: Vec<String> = rounds.iter().map(|it| format!("{:.2}", ratio(it.1, it.0))).collect();
    println!(
        "{}   [{}]",
        row(
            label,
            &[each(plain), each(store), format!("{:.2}", ratio(store, plain))]
        ),
        ratios.join(" ")
    );
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    (work(), began.elapsed())
}

fn namespace(dir: &Path) -> Namespace {
    let store = Store::open(dir).expect("a store");
    let namespace = store.namespace("default").expect("a namespace");
    namespace.set_retention(None);
    namespace
}

fn acquire(namespace: &Namespace) -> Box<dyn OwnedJournal> {
    let owner = Owner {
        id: OwnerId("benchmark".into()),
        nonce: Nonce(1),
        since: Timestamp::EPOCH,
    };
    block_on(namespace.journal().acquire(owner, Acquire::IfFree)).expect("a journal that nobody owns")
}

fn records_of_a_job() -> Vec<Record> {
    let mut records = vec![];
    drive_collecting(&Arc::new(estate(10)), &Arc::default(), 10, &mut records);
    // What it was configured with is stored apart.
    records.retain(|record| record.event.job().is_some());
    records
}

/// Commits to a plain file with a sync for each, and to a journal.
fn commits(dir: &Path, round: usize, records: &[Record]) -> (Duration, Duration) {
    let batch: Vec<Record> = records.iter().cycle().take(BATCH).cloned().collect();
    let text: Vec<u8> = batch
        .iter()
        .flat_map(|record| serde_json::to_vec(record).expect("plain data"))
        .collect();
    let mut plain = File::create(dir.join(format!("commits-{round}"))).expect("a file");
    let ((), plain) = timed(|| {
        for _ in 0..COMMITS {
            plain.write_all(&text).expect("room");
            plain.sync_all().expect("a disk");
        }
    });
    let namespace = namespace(&dir.join(format!("journal-{round}")));
    let mut owned = acquire(&namespace);
    let ((), store) = timed(|| {
        for at in 0..COMMITS {
            let commit = Commit::new(Seq((at * BATCH) as u64), batch.clone());
            block_on(owned.append(&commit)).expect("room");
        }
    });
    (plain, store)
}

/// Output of many attempts in one file, in their order, and in a store, in turn; both synced.
fn outputs(dir: &Path, round: usize) -> (Duration, Duration) {
    let piece = vec![b'x'; 10_000];
    let pieces = OUTPUT / piece.len();
    let mut plain = File::create(dir.join(format!("output-{round}"))).expect("a file");
    let ((), plain) = timed(|| {
        for _ in 0..ATTEMPTS as usize * pieces {
            plain.write_all(&piece).expect("room");
        }
        plain.sync_all().expect("a disk");
    });
    let namespace = namespace(&dir.join(format!("outputs-{round}")));
    let owned = acquire(&namespace);
    let output = namespace.output();
    let sources: Vec<_> = (1..=ATTEMPTS)
        .map(|attempt| {
            Arc::new(OutputSource {
                job: JobId::new(1),
                host: format!("web{attempt}").parse().expect("a name"),
                attempt: AttemptId::new(attempt),
            })
        })
        .collect();
    let ((), store) = timed(|| {
        for at in 0..pieces {
            for some in sources.chunks(50) {
                let frame = |source: &Arc<OutputSource>| {
                    let offset = (at * piece.len()) as u64;
                    OutputFrame::new(
                        Arc::clone(source),
                        Stream::Stdout,
                        offset,
                        Timestamp::EPOCH,
                        piece.clone(),
                    )
                };
                let frames: Vec<_> = some.iter().map(frame).collect();
                block_on(output.append(&frames)).expect("room");
            }
        }
        // The end of an ownership makes durable what was written.
        drop(owned);
    });
    (plain, store)
}

/// Five thousand jobs, compacted as a dispatcher does it; then what a start and a list take.
fn year(dir: &Path, records: &[Record]) {
    let namespace_of_year = namespace(dir);
    let mut owned = acquire(&namespace_of_year);
    let state = Scheduler::new().snapshot();
    let (mut at, mut since) = (Seq(0), 0);
    for job in 1..=JOBS {
        let commit = Commit::new(at, records.iter().map(|record| of_job(record, job)).collect());
        at = block_on(owned.append(&commit)).expect("room");
        since += records.len();
        if since >= SNAPSHOT_EVERY {
            since = 0;
            block_on(owned.snapshot(at, state.clone())).expect("room");
        }
    }
    drop(owned);
    drop(namespace_of_year);
    let list = |namespace: &Namespace| {
        let page = block_on(namespace.jobs(JobFilter::new().limit(usize::MAX))).expect("a list");
        assert_eq!(page.entries.len() as u64, JOBS);
    };
    let millis = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1e3);
    let mut times = [vec![], vec![], vec![]];
    for _ in 0..ROUNDS {
        // As a process of its own does it.
        let reader = namespace(dir);
        times[0].push(timed(|| list(&reader)).1);
        let starting = namespace(dir);
        let (owned, starting_time) = timed(|| {
            let owned = acquire(&starting);
            let journal = starting.journal();
            let (upto, _) = block_on(journal.latest_snapshot()).expect("a snapshot").expect("one");
            let mut from = upto;
            while from < owned.end() {
                from = block_on(journal.read(from)).expect("records").next;
            }
            owned
        });
        times[1].push(starting_time);
        times[2].push(timed(|| list(&starting)).1);
        drop(owned);
    }
    let labels = [
        "jobs, by another process",
        "start (owner, snapshot, records)",
        "jobs, by the owner",
    ];
    println!("\nafter {JOBS} jobs and {} records: median and worst, ms", at.0);
    for (label, times) in labels.iter().zip(&mut times) {
        times.sort();
        println!(
            "{}",
            row(label, &[millis(times[ROUNDS / 2]), millis(times[ROUNDS - 1])])
        );
    }
    let info = block_on(namespace(dir).info()).expect("a store");
    println!(
        "{} bytes, of which {} are events of jobs and {} the list",
        info.bytes(),
        info.events.1,
        info.list
    );
}

/// The same record of another job.
fn of_job(record: &Record, job: u64) -> Record {
    let mut value = serde_json::to_value(record).expect("plain data");
    value["job"] = job.into();
    serde_json::from_value(value).expect("a record")
}
