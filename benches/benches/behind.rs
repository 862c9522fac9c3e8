//! What millions of records in a store cost whoever starts with it, takes over and lists jobs: as a multiple of what a
//! store takes that has twenty small jobs.
//!
//! `-- RECORDS ADDRESS…`: how many, 10,000,000 by default, and stores in PostgreSQL and ZooKeeper, each empty, with
//! `{}` in its address for the name of one; a directory is measured in any case. `benches/engines.sh behind` starts
//! servers. `--rounds N` sets how often each is measured. The records are those of jobs on ten thousand hosts that end
//! at once.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used,
    clippy::cast_precision_loss,
    reason = "a benchmark prints its table, and one that cannot be set up has failed"
)]

#[allow(dead_code, reason = "others have a use for all of it")]
#[path = "store/figures.rs"]
mod figures;

use std::error::Error;
use std::num::NonZeroU64;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use figures::{Figures, Pairs};
use pogo_benches::{EndsAtOnce, estate};
use pogo_core::dispatcher::{Dispatcher, DispatcherBuilder, Handle};
use pogo_core::history::{JobFilter, JobHistory};
use pogo_core::journal::{Acquire, Journal, OwnerId};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::Policy;
use pogo_store::Store;
use pogo_store::postgres::{PostgresAddress, PostgresStore};
use pogo_store::zookeeper::{ZookeeperAddress, ZookeeperStore};

type Failure = Box<dyn Error>;

const ROUNDS: usize = 10;
const RECORDS: u64 = 10_000_000;
/// Of the jobs whose records are behind, and of the few jobs beside which that is measured.
const HOSTS: [u32; 2] = [10_000, 10];
/// Jobs of an empty store, and those that are listed.
const LISTED: usize = 20;
const GOAL: f64 = 1.2;
/// Of the jobs whose records are behind, and of the few jobs after them: so all stores end with about as many records
/// since their last snapshot, which any start replays. They are never more than the former, with ten million behind.
const SNAPSHOT_EVERY: [NonZeroU64; 2] = [
    DispatcherBuilder::SNAPSHOT_EVERY,
    NonZeroU64::new(200).expect("not zero"),
];

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let mut arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let rounds = match arguments.iter().position(|word| word == "--rounds") {
        Some(at) => arguments.drain(at..at + 2).nth(1).expect("a number").parse()?,
        None => ROUNDS,
    };
    let (addresses, numbers): (Vec<_>, Vec<_>) = arguments.into_iter().partition(|word| word.contains("://"));
    let records = numbers.first().map_or(Ok(RECORDS), |number| number.parse())?;
    let dir = tempfile::tempdir()?;
    let mut figures = Figures::begin(rounds);
    let directory = format!("{}/{{}}", dir.path().display());
    for address in [directory].into_iter().chain(addresses) {
        measure(&address, records, &mut figures).await?;
    }
    Ok(())
}

/// A namespace, opened anew.
struct Opened {
    journal: Arc<dyn Journal>,
    history: Arc<dyn JobHistory>,
    can_be_forced: bool,
}

async fn open(address: &str) -> Result<Opened, Failure> {
    if PostgresAddress::is_meant_by(address) {
        let address = address.parse()?;
        PostgresStore::migrate(&address).await?;
        let namespace = PostgresStore::open(&address).await?.namespace("default")?;
        return Ok(Opened::new(namespace.journal(), namespace, true));
    }
    if ZookeeperAddress::is_meant_by(address) {
        let address = address.parse()?;
        ZookeeperStore::migrate(&address).await?;
        let namespace = ZookeeperStore::open(&address).await?.namespace("default")?;
        return Ok(Opened::new(namespace.journal(), namespace, true));
    }
    let namespace = Store::open(Path::new(address))?.namespace("default")?;
    namespace.set_retention(None);
    Ok(Opened::new(namespace.journal(), namespace, false))
}

impl Opened {
    fn new(journal: Arc<dyn Journal>, history: impl JobHistory + 'static, can_be_forced: bool) -> Self {
        Self {
            journal,
            history: Arc::new(history),
            can_be_forced,
        }
    }

    async fn owned(&self, name: &str, how: Acquire, every: NonZeroU64) -> Result<(Dispatcher, Handle), Failure> {
        let builder = Dispatcher::builder(Arc::new(EndsAtOnce)).journal(Arc::clone(&self.journal));
        let builder = builder.snapshot_every(every);
        Ok(builder.owner(OwnerId(name.into())).acquire(how).build().await?)
    }
}

/// Fills two stores and compares them.
async fn measure(address: &str, records: u64, figures: &mut Figures) -> Result<(), Failure> {
    let [full, empty] = ["full", "empty"].map(|name| address.replace("{}", name));
    let took = Instant::now();
    let behind = fill(&full, 0, |_, end| end >= records).await?;
    eprintln!("{behind} records in {:.0} s", took.elapsed().as_secs_f64());
    for store in [&full, &empty] {
        fill(store, 1, |jobs, _| jobs >= LISTED).await?;
    }
    let [mut starts, mut takeovers, mut lists] = [(); 3].map(|()| Pairs::default());
    for _ in 0..figures.rounds {
        starts.push(start(&empty).await?, start(&full).await?);
        lists.push(list(&empty).await?, list(&full).await?);
        if open(&empty).await?.can_be_forced {
            takeovers.push(take_over(&empty).await?, take_over(&full).await?);
        }
    }
    let name = address.split_once("://").map_or("directory", |(scheme, _)| scheme);
    let mut print = |what: &str, pairs: &Pairs| {
        figures.ratio(&format!("{name}, {behind} records behind: {what}"), Some(GOAL), pairs);
        figures.millis("  without them", None, pairs.plain());
    };
    print("a start", &starts);
    print("a takeover, from its beginning on", &takeovers);
    print("the first page of its jobs", &lists);
    Ok(())
}

/// Runs jobs of this size until it is enough, by the number of jobs and the end of the journal. That end.
async fn fill(address: &str, size: usize, enough: impl Fn(usize, u64) -> bool) -> Result<u64, Failure> {
    let opened = open(address).await?;
    let (dispatcher, handle) = opened.owned("filler", Acquire::Wait, SNAPSHOT_EVERY[size]).await?;
    let steer = async move {
        // No sequences or limits: ten hosts do not have all the tags that those of an estate name.
        let policy = Policy::new().retire_after(Duration::ZERO);
        let (fleet, policy) = (Arc::new(estate(HOSTS[size])), Arc::new(policy));
        handle.configure(fleet, policy).await.expect("a policy");
        let (mut jobs, mut end) = (0, 0);
        while !enough(jobs, end) {
            let spec = JobSpec::new("*".parse().expect("a selector"), RemoteCommand::shell("true"));
            let job = handle.submit(spec).await.expect("a job");
            handle.wait(job).await.expect("an end");
            jobs += 1;
            end = handle.status().await.expect("a dispatcher").end.0;
        }
        end
    };
    let (ended, end) = futures::join!(dispatcher.run(), steer);
    ended?;
    Ok(end)
}

/// Seconds until a dispatcher goes on with a store that nobody owns.
async fn start(address: &str) -> Result<f64, Failure> {
    let began = Instant::now();
    let opened = open(address).await?;
    let (dispatcher, handle) = opened.owned("next", Acquire::Wait, SNAPSHOT_EVERY[1]).await?;
    let took = began.elapsed();
    drop(handle);
    dispatcher.run().await?;
    Ok(took.as_secs_f64())
}

/// Seconds that a takeover needs once it has been decided.
async fn take_over(address: &str) -> Result<f64, Failure> {
    let former = open(address).await?;
    let (owner, _handle) = former.owned("former", Acquire::Wait, SNAPSHOT_EVERY[1]).await?;
    let opened = open(address).await?;
    let began = Instant::now();
    let (dispatcher, handle) = opened.owned("next", Acquire::Force, SNAPSHOT_EVERY[1]).await?;
    let took = began.elapsed();
    drop((owner, handle));
    dispatcher.run().await?;
    Ok(took.as_secs_f64())
}

/// Seconds until a page of jobs is listed.
async fn list(address: &str) -> Result<f64, Failure> {
    let opened = open(address).await?;
    let filter = JobFilter::new().limit(LISTED);
    let began = Instant::now();
    let page = opened.history.jobs(&filter).await?;
    let took = began.elapsed();
    assert_eq!(page.entries.len(), LISTED, "as many jobs as there are at least");
    Ok(took.as_secs_f64())
}
