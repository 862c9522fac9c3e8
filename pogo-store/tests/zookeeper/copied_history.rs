//! Records from before a journal, as a copy has them: those that belong to no job are not there any more.

use std::path::Path;

use futures::executor::block_on;
use pogo_core::Timestamp;
use pogo_core::fleet::Fleet;
use pogo_core::history::{JobFilter, JobHistory};
use pogo_core::journal::{Acquire, Commit, Journal, JournalError, OwnedJournal, Seq, replay};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule};
use pogo_core::scheduler::{Event, JobEvent, JobEventKind, JobId, Order, Record, Tally};
use pogo_core::sim::World;
use pogo_store::Store;
use pogo_store::zookeeper::{ZookeeperAddress, ZookeeperStore};

use crate::ensemble::{Ensemble, path};
use crate::history::events;
use crate::owners::{PATIENT, made, namespace, owner};
use crate::tree::{children, data};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const JOBS: [JobId; 2] = [JobId::new(1), JobId::new(2)];

/// Two jobs that run at once, of which the second ends early, and a host of neither that is marked down and up
/// meanwhile.
pub(crate) fn log(web: &str, db: &str) -> Vec<Record> {
    let fleet = Fleet::builder()
        .tagged("web", web)
        .tagged("db", db)
        .tagged("spare", "spare1")
        .build()
        .unwrap();
    let limit = |group: &str| Constraint::new(group.parse().unwrap(), Rule::MaxParallel("2".parse().unwrap()));
    let policy = Policy::new().constraint(limit("$web")).constraint(limit("$db"));
    let mut world = World::new(fleet, policy).unwrap();
    for second in 0..6 {
        let host = "spare1".parse().unwrap();
        let order = match second % 2 {
            0 => Order::MarkDown { host },
            _ => Order::MarkUp { host, force: false },
        };
        world = world.at(Timestamp::from_millis(second * 1_000 + 500), order.because("a disk"));
    }
    for hosts in ["$web", "$db"] {
        let spec = JobSpec::new(hosts.parse().unwrap(), RemoteCommand::shell("true"));
        world.submit(spec).unwrap();
    }
    world.run().records
}

/// Appends what follows, with a snapshot after each commit, so that what it stands for leaves the journal.
fn append(owned: &mut dyn OwnedJournal, records: &[Record]) {
    let mut at = owned.end();
    while before(records, at).len() < records.len() {
        let rest = &records[before(records, at).len()..];
        let commit = Commit::new(at, rest[..rest.len().min(5)].to_vec());
        at = block_on(owned.append(&commit)).unwrap();
        let state = replay(before(records, at)).unwrap();
        block_on(owned.snapshot(at, state.snapshot())).unwrap();
    }
}

fn first(journal: &dyn Journal) -> Seq {
    match block_on(journal.read(Seq(0))) {
        Err(JournalError::Compacted { first }) => first,
        read => panic!("the journal has all of its records: {read:?}"),
    }
}

fn positioned(records: &[Record]) -> impl Iterator<Item = (Seq, &Record)> {
    (0..).map(Seq).zip(records)
}

fn before(records: &[Record], at: Seq) -> &[Record] {
    &records[..usize::try_from(at.0).unwrap()]
}

/// What each job has of the first records of a log.
fn of_jobs(records: &[Record]) -> [Vec<(Seq, Record)>; 2] {
    JOBS.map(|job| {
        positioned(records)
            .filter(|(_, record)| record.event.job() == Some(job))
            .map(|(at, record)| (at, record.clone()))
            .collect()
    })
}

/// Asserts that a store has this of each job, in pages of any size, and lists them as they ended.
fn assert_has(history: &dyn JobHistory, known: &[Vec<(Seq, Record)>; 2]) {
    for limit in [1, 3, 1_000] {
        assert_eq!(&JOBS.map(|job| events(history, job, limit)), known);
    }
    let listed = block_on(history.jobs(&JobFilter::new())).unwrap().entries;
    let listed = listed.iter().rev().map(|entry| (entry.job, entry.progress.tally));
    assert_eq!(listed.collect::<Vec<_>>(), ended(known));
}

/// The jobs, with the tallies that their last records say.
fn ended(known: &[Vec<(Seq, Record)>; 2]) -> Vec<(JobId, Tally)> {
    let tally = |(_, record): &(Seq, Record)| match &record.event {
        Event::Job(JobEvent {
            job,
            kind: JobEventKind::Finished { tally },
            ..
        }) => (*job, *tally),
        event => panic!("the last of a job is its end: {event:?}"),
    };
    known.iter().map(|events| tally(events.last().unwrap())).collect()
}

/// The positions of records that belong to jobs, as runs without a gap.
fn runs(records: &[Record]) -> Vec<(u64, u64)> {
    let mut runs: Vec<(u64, u64)> = vec![];
    for (Seq(at), _) in positioned(records).filter(|(_, record)| record.event.job().is_some()) {
        match runs.last_mut().filter(|(_, until)| *until == at) {
            Some((_, until)) => *until += 1,
            None => runs.push((at, at + 1)),
        }
    }
    runs
}

/// A directory with some of a log, of which the first records have left the journal. It is itself a copy: segments of a
/// directory are too large for a test to fill, and a journal in ZooKeeper is compacted by single commits.
pub(crate) fn filled(ensemble: &Ensemble, directory: &Path, records: &[Record]) -> Store {
    let address = made(ensemble.address(&path(), PATIENT));
    let mut owned = block_on(namespace(&address).journal().acquire(owner(1), Acquire::IfFree)).unwrap();
    append(&mut *owned, records);
    drop(owned);
    let store = block_on(ZookeeperStore::open(&address)).unwrap();
    to_directory(&store, &directory.with_extension("output"), directory)
}

/// Asserts that records of jobs have left the journal among which others are missing.
fn assert_has_gaps(records: &[Record], first: Seq) {
    let old = before(records, first);
    let jobs: Vec<JobId> = old.iter().filter_map(|record| record.event.job()).collect();
    let changes = jobs.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(changes >= 4, "the jobs take turns: {jobs:?}");
    assert!(runs(old).len() >= 3, "there are gaps: {:?}", runs(old));
    let [long, short] = of_jobs(records);
    assert!(long.first().unwrap().0 < first && first <= long.last().unwrap().0);
    assert!(short.last().unwrap().0 < first, "all of a job has left the journal");
}

pub(crate) fn to_ensemble(from: &Store, to: &ZookeeperStore, output: &Path) {
    let all = block_on(from.to_copy()).unwrap();
    block_on(to.copy_from(all, (output, output), NOW)).unwrap();
}

fn to_directory(from: &ZookeeperStore, output: &Path, to: &Path) -> Store {
    let all = block_on(from.to_copy((output, output), NOW)).unwrap();
    block_on(all.to_directory(to, NOW)).unwrap();
    Store::open_existing(to).unwrap()
}

fn assert_directory_has(store: &Store, known: &[Vec<(Seq, Record)>; 2]) {
    let namespace = store.namespace("default").unwrap();
    assert_has(&namespace, known);
    assert_eq!(block_on(namespace.check()).unwrap(), []);
}

fn assert_ensemble_has(address: &ZookeeperAddress, known: &[Vec<(Seq, Record)>; 2]) {
    let namespace = namespace(address);
    assert_has(&namespace, known);
    assert_eq!(block_on(namespace.check()).unwrap(), []);
}

#[test]
fn records_of_jobs_from_before_a_journal_keep_their_positions_on_an_ensemble_and_back() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let [from, output, to] = ["from", "output", "to"].map(|name| folder.path().join(name));
    let (records, path) = (log("web[1-12]", "db[1-4]"), path());
    let address = made(ensemble.address(&path, PATIENT));
    let directory = filled(ensemble, &from, &records);
    let first = first(&*directory.namespace("default").unwrap().journal());
    assert_has_gaps(&records, first);
    let known = of_jobs(&records);
    assert_directory_has(&directory, &known);
    let store = block_on(ZookeeperStore::open(&address)).unwrap();
    to_ensemble(&directory, &store, &output);
    assert_ensemble_has(&address, &known);
    // They are in one node, which says what it lacks.
    let parent = format!("/{path}/ns/default/history");
    let names = children(ensemble, &parent);
    let [name] = &names[..] else { panic!("{names:?}") };
    let node = data(ensemble, &format!("{parent}/{name}"));
    let line = node.split(|byte| *byte == b'\n').next().unwrap();
    let about: serde_json::Value = serde_json::from_slice(line).unwrap();
    assert_eq!(about["runs"], serde_json::json!(runs(before(&records, first))));
    assert_directory_has(&to_directory(&store, &output, &to), &known);
}

#[test]
fn a_copied_history_with_gaps_grows_on_an_ensemble() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let [from, output, to] = ["from", "output", "to"].map(|name| folder.path().join(name));
    let (records, path) = (log("web[1-12]", "db[1-4]"), path());
    let address = made(ensemble.address(&path, PATIENT));
    let half = Seq(records.len() as u64 / 2);
    let directory = filled(ensemble, &from, before(&records, half));
    let copied_first = first(&*directory.namespace("default").unwrap().journal());
    assert!(runs(before(&records, copied_first)).len() > 1);
    let store = block_on(ZookeeperStore::open(&address)).unwrap();
    to_ensemble(&directory, &store, &output);
    let journal = namespace(&address).journal();
    let mut owned = block_on(journal.acquire(owner(2), Acquire::IfFree)).unwrap();
    append(&mut *owned, &records);
    drop(owned);
    let since = first(&*journal);
    assert!(since > half, "records that came since are in the history, too");
    let known = of_jobs(&records);
    assert_ensemble_has(&address, &known);
    assert_directory_has(&to_directory(&store, &output, &to), &known);
}
