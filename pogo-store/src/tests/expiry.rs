//! What the owner removes by itself, and what nobody does.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use pogo_core::Timestamp;
use pogo_core::output::{OutputStore, Stream};
use pogo_core::scheduler::JobId;

use super::hooked_disk::HookedDisk;
use super::outputs::{frame, read, source};
use super::scenario::{DIR, acquire, commit, journal, open, open_on, records, writing};
use super::simulated_disk::SimulatedDisk;
use crate::output::BLOCK;
use crate::{Retention, Store};

/// Output of three jobs, each of a block, the first of them oldest.
fn write(store: &Store) {
    let output = writing(store).unwrap();
    for job in 1..=3 {
        block_on(output.append(&[frame(job, job, Stream::Stdout, 0, 10)])).unwrap();
        block_on(output.seal(&source(job, job), 10)).unwrap();
    }
}

#[test]
fn output_takes_no_more_than_its_share_of_the_disk() {
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    write(&store);
    let namespace = store.namespace("default").unwrap();
    let pruned = |keep: Retention| block_on(namespace.prune(Timestamp::EPOCH, keep)).unwrap().jobs;
    let keep = Retention::new();
    assert_eq!(pruned(keep), []);
    // A tenth of it is two and a half blocks.
    disk.set_capacity(Some(25 * BLOCK as u64));
    assert_eq!(pruned(keep), [JobId::new(1)]);
    assert_eq!(pruned(keep.disk_percent(100)), []);
    // The smaller one counts.
    assert_eq!(pruned(keep.disk_percent(100).bytes(BLOCK as u64)), [JobId::new(2)]);
}

#[test]
fn the_owner_removes_in_the_background_what_has_expired() {
    let disk = HookedDisk::default();
    let store = open_on(Arc::new(disk.clone()), Path::new(DIR)).unwrap();
    write(&store);
    let namespace = store.namespace("default").unwrap();
    // The simulated disk counts changes of a file as seconds since 1970.
    namespace.set_retention(Some(Retention::new()));
    let removed = disk.removed_dirs();
    let owned = acquire(&journal(&store)).unwrap();
    let mut dirs: Vec<PathBuf> = (0..3)
        // The time only ends a test that has failed.
        .map(|_| removed.recv_timeout(Duration::from_secs(20)).expect("nothing is removed"))
        .collect();
    dirs.sort();
    let expected = [1, 2, 3].map(|job| PathBuf::from(format!("{DIR}/ns/default/jobs/{job}")));
    assert_eq!(dirs, expected);
    drop(owned);
}

#[test]
fn nothing_is_removed_of_a_job_that_has_not_ended() {
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    write(&store);
    let journal = journal(&store);
    let mut owned = acquire(&journal).unwrap();
    let everything = Retention::new().age(Duration::ZERO).bytes(0).events(Duration::ZERO);
    let namespace = store.namespace("default").unwrap();
    let now = Timestamp::from_millis(1 << 40);
    // The first job goes on, though nothing of it is open in this process.
    block_on(owned.append(&commit(0, &records()[..5]))).unwrap();
    let unfinished = block_on(namespace.prune(now, everything)).unwrap().jobs;
    assert_eq!(unfinished, [JobId::new(2), JobId::new(3)]);
    assert!(!block_on(namespace.remove_output(JobId::new(1))).unwrap());
    assert_eq!(read(&namespace.output(), 1, 1).unwrap().0, 10);
    block_on(owned.append(&commit(5, &records()[5..]))).unwrap();
    assert_eq!(
        block_on(namespace.prune(now, everything)).unwrap().jobs,
        [JobId::new(1)]
    );
}
