//! What is kept of jobs that the journal has forgotten.

use std::path::Path;
use std::time::Duration;

use futures::executor::block_on;
use pogo_core::Timestamp;
use pogo_core::journal::Seq;
use pogo_core::scheduler::{JobId, Record};

use super::scenario::{Acknowledged, acquire, commit, journal, open, play, records, state};
use super::simulated_disk::SimulatedDisk;
use crate::{Retention, Store};

fn events(store: &Store, job: u64) -> Vec<Record> {
    let namespace = store.namespace("default").unwrap();
    block_on(namespace.job_events(JobId::new(job))).unwrap()
}

fn happened(end: usize) -> Vec<Record> {
    let of_job = records()[..end].iter().filter(|record| record.event.job().is_some());
    of_job.cloned().collect()
}

#[test]
fn a_job_has_all_its_events_after_the_journal_has_dropped_them() {
    let disk = SimulatedDisk::default();
    play(&disk, &mut Acknowledged::default()).unwrap();
    let store = open(&disk).unwrap();
    let file = Path::new("/store/ns/default/jobs/1/events.jsonl.zst");
    let lines = zstd::decode_all(&crate::disk::Disk::read_all(&disk, file).unwrap()[..]).unwrap();
    assert!(lines.split(|byte| *byte == b'\n').count() > 20);
    assert_eq!(events(&store, 1), happened(records().len()));
    assert_eq!(events(&store, 2), []);
}

#[test]
fn events_that_were_kept_twice_are_there_once() {
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    let mut owned = acquire(&journal(&store)).unwrap();
    for (at, record) in records().iter().enumerate() {
        block_on(owned.append(&commit(at, std::slice::from_ref(record)))).unwrap();
    }
    block_on(owned.snapshot(Seq(20), state(20))).unwrap();
    let before = disk.copy();
    block_on(owned.snapshot(Seq(30), state(30))).unwrap();
    // As if the power had failed after the events were kept, and before the segments were removed.
    for (path, bytes) in before.files() {
        if path.starts_with("/store/ns/default/journal") {
            disk.put(&path, &bytes);
        }
    }
    assert_eq!(events(&store, 1), happened(records().len()));
    block_on(owned.snapshot(Seq(40), state(40))).unwrap();
    assert_eq!(events(&store, 1), happened(records().len()));
}

#[test]
fn events_are_removed_when_they_are_older_than_is_to_be_kept() {
    let disk = SimulatedDisk::default();
    play(&disk, &mut Acknowledged::default()).unwrap();
    let store = open(&disk).unwrap();
    let namespace = store.namespace("default").unwrap();
    let keep = Retention::new().events(Duration::from_secs(1_000));
    let prune = |seconds: u64| block_on(namespace.prune(Timestamp::from_millis(seconds * 1_000), keep)).unwrap();
    prune(1_000);
    assert_eq!(events(&store, 1).len(), happened(records().len()).len());
    // The simulated disk counts changes of a file as seconds.
    prune(1_100);
    let left = events(&store, 1);
    assert!(
        !left.is_empty() && left.len() < 20,
        "the journal has {} of them",
        left.len()
    );
    assert!(
        disk.files()
            .iter()
            .all(|(path, _)| !path.starts_with("/store/ns/default/jobs"))
    );
}
