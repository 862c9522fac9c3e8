//! A store after a year: what a start and a list take.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use futures::stream::{self, StreamExt};
use pogo_benches::{EndsAtOnce, estate};
use pogo_core::dispatcher::Dispatcher;
use pogo_core::journal::{Journal, OwnedJournal};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::Policy;
use pogo_store::{JobFilter, Namespace};

use super::figures::{Figures, timed};
use super::program::Program;
use super::stores::{acquire, namespace};

const JOBS: u64 = 5_000;
const HOSTS: u32 = 10;
/// Jobs that are alive at once, and share the hosts.
const AT_ONCE: usize = 20;

/// Five thousand jobs, by a dispatcher whose hosts end at once; then what a start and a list take.
pub(crate) async fn year(dir: &Path, program: &Program, figures: &mut Figures) {
    let store = dir.join("year");
    fill(&store).await;
    let mut times = [vec![], vec![], vec![]];
    for _ in 0..figures.rounds {
        // As a process of its own does it.
        times[0].push(list(&namespace(&store)));
        let starting = namespace(&store);
        let (owned, started) = timed(|| start(&starting));
        times[1].push(started.as_secs_f64());
        times[2].push(list(&starting));
        drop(owned);
    }
    let [by_another, starts, by_owner] = times;
    figures.millis("the list of 5,000 jobs, by another process", Some(50), by_another);
    figures.millis("  by the owner", Some(50), by_owner);
    figures.millis("a start after 5,000 jobs: owner, snapshot, records", Some(200), starts);
    let info = block_on(namespace(&store).info()).expect("a store");
    let label = "  bytes on disk, of which the events of jobs are the most";
    figures.values((label, None), [info.bytes() as f64], 0);
    by_program(dir, program, figures);
}

/// Measures the program: a start until it answers, and a list until it is printed.
fn by_program(dir: &Path, program: &Program, figures: &mut Figures) {
    let store = dir.join("year").display().to_string();
    let (mut starts, mut lists) = (vec![], vec![]);
    for _ in 0..figures.rounds {
        let dispatcher = program.serve(dir, &store).expect("a dispatcher");
        starts.push(dispatcher.ready_after);
        let listed = program.run(dir, &["jobs", "--store", &store]).expect("a list");
        lists.push(listed.wall);
        dispatcher.stop().expect("an end");
    }
    figures.millis("`pogo serve` of it, until it answers", Some(200), starts);
    figures.millis("`pogo jobs` of it, until it is printed", Some(50), lists);
}

/// Runs all jobs, each on ten hosts; they retire as soon as they have finished.
async fn fill(dir: &Path) {
    let namespace = namespace(dir);
    let dispatcher = Dispatcher::builder(Arc::new(EndsAtOnce)).journal(namespace.journal());
    let (dispatcher, handle) = dispatcher.build().await.expect("a journal that nobody owns");
    let steer = async move {
        // No sequences or limits: ten hosts do not have all the tags that those of an estate name.
        let policy = Policy::new().retire_after(Duration::ZERO);
        let (fleet, policy) = (Arc::new(estate(HOSTS)), Arc::new(policy));
        handle.configure(fleet, policy).await.expect("a policy");
        let handle = &handle;
        let run = |_| async move {
            let targets = "*".parse().expect("a selector");
            let spec = JobSpec::new(targets, RemoteCommand::shell("true"));
            let job = handle.submit(spec).await.expect("a job");
            handle.wait(job).await.expect("an end");
        };
        stream::iter(0..JOBS).for_each_concurrent(AT_ONCE, run).await;
    };
    let (ended, ()) = futures::join!(dispatcher.run(), steer);
    ended.expect("an end");
}

/// Becomes the owner, and reads what a dispatcher reads then.
fn start(namespace: &Namespace) -> Box<dyn OwnedJournal> {
    let owned = acquire(namespace);
    let journal = namespace.journal();
    let (upto, _) = block_on(journal.latest_snapshot()).expect("a snapshot").expect("one");
    let mut from = upto;
    while from < owned.end() {
        from = block_on(journal.read(from)).expect("records").next;
    }
    owned
}

/// Seconds until all jobs are listed.
fn list(namespace: &Namespace) -> f64 {
    let (page, took): (_, Duration) =
        timed(|| block_on(namespace.jobs(JobFilter::new().limit(usize::MAX))).expect("a list"));
    assert_eq!(page.entries.len() as u64, JOBS);
    took.as_secs_f64()
}
