//! The list of jobs, whatever happens to its file.

use std::path::Path;

use futures::executor::block_on;
use pogo_core::Timestamp;
use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::Policy;
use pogo_core::scheduler::{JobId, JobStatus, Record};
use pogo_core::sim::World;

use super::scenario::{acquire, commit, journal, open};
use super::simulated_disk::SimulatedDisk;
use crate::disk::Disk;
use crate::{JobEntry, JobFilter, Store};

const FILE: &str = "/store/ns/default/jobs.jsonl";

/// The records of three jobs, of which one has failed hosts that were tried again.
fn records() -> Vec<Record> {
    let fleet = Fleet::builder()
        .tagged("web", "web[1-9]")
        .hosts("db[1-2]")
        .build()
        .unwrap();
    let mut world = World::new(fleet, Policy::default()).unwrap();
    for (targets, user) in [("$web", "alice"), ("web[1-2],db1", "bob"), ("db2", "alice")] {
        let mut spec = JobSpec::new(targets.parse().unwrap(), RemoteCommand::shell("uptime"));
        spec.user = user.to_owned();
        world.submit(spec).unwrap();
    }
    world.run().records
}

fn filled(disk: &SimulatedDisk) -> Store {
    let store = open(disk).unwrap();
    let mut owned = acquire(&journal(&store)).unwrap();
    for (at, record) in records().iter().enumerate() {
        block_on(owned.append(&commit(at, std::slice::from_ref(record)))).unwrap();
    }
    drop(owned);
    store
}

fn jobs(store: &Store, filter: JobFilter) -> Vec<JobEntry> {
    block_on(store.namespace("default").unwrap().jobs(filter))
        .unwrap()
        .entries
}

fn numbers(store: &Store, filter: JobFilter) -> Vec<u64> {
    jobs(store, filter).iter().map(|entry| entry.job.number()).collect()
}

#[test]
fn jobs_are_listed_newest_first_by_user_host_status_and_time() {
    let disk = SimulatedDisk::default();
    let store = filled(&disk);
    let all = jobs(&store, JobFilter::new());
    let rows: Vec<_> = all
        .iter()
        .map(|entry| {
            (
                entry.job.number(),
                &*entry.submitted.user,
                &*entry.submitted.hosts,
                entry.submitted.count,
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            (3, "alice", "db2", 1),
            (2, "bob", "db1,web[1-2]", 3),
            (1, "alice", "web[1-9]", 9)
        ]
    );
    assert!(all.iter().all(|entry| entry.submitted.command == "uptime"));
    let filter = JobFilter::new;
    assert_eq!(numbers(&store, filter().by("alice")), [3, 1]);
    assert_eq!(
        numbers(&store, filter().on(["db1".parse().unwrap(), "db2".parse().unwrap()])),
        [3, 2]
    );
    assert_eq!(numbers(&store, filter().on(["web2".parse().unwrap()])), [2, 1]);
    assert_eq!(numbers(&store, filter().statuses([JobStatus::Finished])), [3, 2, 1]);
    assert_eq!(numbers(&store, filter().statuses([JobStatus::Running])), [0; 0]);
    let last = all.iter().map(|entry| entry.progress.changed).max().unwrap();
    assert!(!numbers(&store, filter().since(last)).is_empty());
    assert_eq!(
        numbers(&store, filter().since(Timestamp::from_millis(u64::MAX))),
        [0; 0]
    );
    // Page by page.
    let namespace = store.namespace("default").unwrap();
    let first = block_on(namespace.jobs(filter().limit(2))).unwrap();
    assert_eq!((first.entries.len(), first.next), (2, Some(JobId::new(2))));
    let rest = block_on(namespace.jobs(filter().limit(2).before(JobId::new(2)))).unwrap();
    assert_eq!((rest.entries.len(), rest.next), (1, None));
    assert_eq!(rest.entries, all[2..]);
}

#[test]
fn the_list_is_the_same_for_its_owner_for_others_and_without_its_file() {
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    let mut owned = acquire(&journal(&store)).unwrap();
    let other = open(&disk).unwrap();
    for (at, record) in records().iter().enumerate() {
        block_on(owned.append(&commit(at, std::slice::from_ref(record)))).unwrap();
        let of_owner = jobs(&store, JobFilter::new());
        assert_eq!(jobs(&other, JobFilter::new()), of_owner);
        let without = disk.copy();
        without.remove(Path::new(FILE)).unwrap();
        assert_eq!(jobs(&open(&without).unwrap(), JobFilter::new()), of_owner);
    }
}

#[test]
fn a_list_that_is_cut_or_damaged_anywhere_is_made_anew() {
    let disk = SimulatedDisk::default();
    let all = jobs(&filled(&disk), JobFilter::new());
    let bytes = disk.read_all(Path::new(FILE)).unwrap();
    let is_same = |bytes: &[u8], what: &str| {
        let damaged = disk.copy();
        damaged.put(Path::new(FILE), bytes);
        let store = open(&damaged).unwrap();
        assert!(jobs(&store, JobFilter::new()) == all, "{what}, without an owner");
        let owned = acquire(&journal(&store)).unwrap();
        assert!(jobs(&store, JobFilter::new()) == all, "{what}, with an owner");
        drop(owned);
        // It has written what is right.
        assert!(
            jobs(&open(&damaged).unwrap(), JobFilter::new()) == all,
            "{what}, afterwards"
        );
        assert_eq!(block_on(store.namespace("default").unwrap().check()).unwrap(), []);
    };
    for len in (0..bytes.len()).step_by(7) {
        is_same(&bytes[..len], &format!("cut at byte {len}"));
    }
    for bit in (0..bytes.len() * 8).step_by(97) {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        is_same(&flipped, &format!("bit {bit}"));
    }
    // As a version writes that this one does not know.
    let text = String::from_utf8(bytes).unwrap();
    let (_, rest) = text.split_once('\n').unwrap();
    let mut newer = vec![];
    crate::checked_line::push_line(&mut newer, br#"{"version":2}"#);
    newer.extend(rest.as_bytes());
    is_same(&newer, "a newer version");
}

#[test]
fn the_list_takes_no_more_than_a_few_times_what_its_jobs_take() {
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    let mut owned = acquire(&journal(&store)).unwrap();
    let records = records();
    let mut largest = 0;
    for (at, record) in records.iter().enumerate() {
        block_on(owned.append(&commit(at, std::slice::from_ref(record)))).unwrap();
        largest = largest.max(disk.read_all(Path::new(FILE)).unwrap().len());
    }
    drop(owned);
    drop(acquire(&journal(&store)).unwrap());
    let compact = disk.read_all(Path::new(FILE)).unwrap().len();
    assert!(
        largest > 2_000 && largest < 5 * compact,
        "{largest} bytes, and {compact} would do"
    );
}

#[test]
fn a_job_whose_events_are_gone_stays_in_the_list() {
    let disk = SimulatedDisk::default();
    let store = filled(&disk);
    let all = jobs(&store, JobFilter::new());
    // A year has passed, and the journal was compacted meanwhile: nothing but the list knows these jobs.
    for (path, _) in disk.files() {
        if path.starts_with("/store/ns/default/journal") {
            disk.remove(&path).unwrap();
        }
    }
    assert_eq!(jobs(&open(&disk).unwrap(), JobFilter::new()), all);
    let store = open(&disk).unwrap();
    drop(acquire(&journal(&store)).unwrap());
    assert_eq!(jobs(&store, JobFilter::new()), all);
}

#[test]
fn the_form_of_the_list_is_for_ever() {
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    let mut owned = acquire(&journal(&store)).unwrap();
    block_on(owned.append(&commit(0, &records()[..4]))).unwrap();
    let written = String::from_utf8(disk.read_all(Path::new(FILE)).unwrap()).unwrap();
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/jobs-1.jsonl");
    if std::env::var_os("POGO_BLESS").is_some() {
        std::fs::write(golden, &written).unwrap();
    }
    assert_eq!(written, std::fs::read_to_string(golden).unwrap());
}
