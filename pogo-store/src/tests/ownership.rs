//! What only the owner of a namespace does, and only while it is that.

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use futures::executor::block_on;
use pogo_core::Timestamp;
use pogo_core::journal::JournalError;
use pogo_core::output::{OutputError, OutputStore, Stream};
use pogo_core::scheduler::JobId;

use super::hooked_disk::HookedDisk;
use super::outputs::{frame, output, read, source};
use super::scenario::{DIR, Writing, open, open_on, writing};
use super::simulated_disk::SimulatedDisk;
use crate::{Retention, StoreError};

fn write(to: &Writing, job: u64, offset: u64, len: u64) {
    block_on(to.append(&[frame(job, 1, Stream::Stdout, offset, len)])).unwrap();
}

#[test]
fn output_is_written_by_the_owner_alone() {
    let disk = SimulatedDisk::default();
    let (store, other) = (open(&disk).unwrap(), open(&disk).unwrap());
    let refused = |answer: Result<(), OutputError>| {
        let error = answer.unwrap_err().to_string();
        assert!(
            error.contains("does not own the namespace; acquire its journal first"),
            "{error}"
        );
    };
    let first = [frame(1, 1, Stream::Stdout, 0, 10)];
    refused(block_on(output(&store).append(&first)));
    let owner = writing(&other).unwrap();
    refused(block_on(output(&store).append(&first)));
    refused(block_on(output(&store).seal(&source(1, 1), 10)).map(drop));
    write(&owner, 1, 0, 10);
    // Whoever was the owner is no more.
    let former = Arc::clone(&owner.output);
    drop(owner);
    refused(block_on(former.append(&first)));
}

#[test]
fn what_was_open_under_an_ownership_is_closed_with_it() {
    let disk = SimulatedDisk::default();
    let (one, two) = (open(&disk).unwrap(), open(&disk).unwrap());
    let owner = writing(&one).unwrap();
    write(&owner, 1, 0, 5_000);
    drop(owner);
    // Another process goes on with the same job, and gives it back.
    let owner = writing(&two).unwrap();
    block_on(owner.append(&[frame(1, 2, Stream::Stdout, 0, 9_000)])).unwrap();
    let sealed = block_on(owner.seal(&source(1, 2), 9_000)).unwrap();
    drop(owner);
    // What the first one knew of the job's file was right under its own ownership only.
    let owner = writing(&one).unwrap();
    block_on(owner.append(&[frame(1, 3, Stream::Stdout, 0, 9_000)])).unwrap();
    write(&owner, 1, 5_000, 5_000);
    for _ in 0..2 {
        assert_eq!(read(&owner, 1, 1).unwrap().1, 10_000);
        let (_, length, digest) = read(&owner, 1, 2).unwrap();
        assert_eq!((length, digest), (9_000, sealed));
        assert_eq!(read(&owner, 1, 3).unwrap().1, 9_000);
    }
}

#[test]
fn what_was_written_is_durable_when_an_ownership_ends() {
    let disk = SimulatedDisk::default();
    let owner = writing(&open(&disk).unwrap()).unwrap();
    write(&owner, 1, 0, 5_000);
    drop(owner);
    let after = disk.after_crash(super::disk_state::Survives::Nothing);
    assert_eq!(read(&output(&open(&after).unwrap()), 1, 1).unwrap().0, 5_000);
}

#[test]
fn nobody_removes_anything_while_another_process_owns_the_namespace() {
    let disk = SimulatedDisk::default();
    let (store, other) = (open(&disk).unwrap(), open(&disk).unwrap());
    let owner = writing(&other).unwrap();
    write(&owner, 1, 0, 10);
    block_on(owner.seal(&source(1, 1), 10)).unwrap();
    let namespace = store.namespace("default").unwrap();
    let everything = Retention::new().age(Duration::ZERO).bytes(0).events(Duration::ZERO);
    let now = Timestamp::from_millis(1 << 40);
    let held = |error: StoreError| {
        assert!(
            matches!(&error, StoreError::Journal(JournalError::Held { .. })),
            "{error}"
        )
    };
    let before = disk.files();
    held(block_on(namespace.prune(now, everything)).map(drop).unwrap_err());
    held(block_on(namespace.remove_output(JobId::new(1))).map(drop).unwrap_err());
    assert!(disk.files() == before);
    // The owner may, and where there is none anybody.
    let of_owner = other.namespace("default").unwrap();
    assert_eq!(block_on(of_owner.prune(now, everything)).unwrap().jobs, [JobId::new(1)]);
    write(&owner, 2, 0, 10);
    drop(owner);
    assert!(block_on(namespace.remove_output(JobId::new(2))).unwrap());
    // Removing ends with its own lock.
    drop(writing(&other).unwrap());
    let nobody = store.namespace("other").unwrap();
    assert_eq!(block_on(nobody.prune(now, everything)).unwrap().jobs, []);
}

#[test]
fn output_is_appended_and_read_while_the_disk_syncs() {
    let disk = HookedDisk::default();
    let store = open_on(Arc::new(disk.clone()), Path::new(DIR)).unwrap();
    let owner = writing(&store).unwrap();
    write(&owner, 1, 0, 100);
    let during = Arc::clone(&owner.output);
    let (done, appended) = mpsc::channel();
    disk.on_sync("output.log", move || {
        thread::spawn(move || {
            let more = frame(1, 1, Stream::Stdout, 100, 100);
            let answer = block_on(during.append(&[more])).map(|()| read(&during, 1, 1).unwrap().0);
            // Nobody waits for it where the test has failed.
            let _ = done.send(answer);
        });
        // A thread that must wait for this sync never answers; the time only ends the test then.
        let answer = appended.recv_timeout(Duration::from_secs(20));
        assert_eq!(answer.expect("output waits for the disk").unwrap(), 200);
    });
    store.namespace("default").unwrap().try_sync_output().unwrap();
    // What came meanwhile is synced by the next.
    store.namespace("default").unwrap().try_sync_output().unwrap();
    let after = disk.disk.after_crash(super::disk_state::Survives::Nothing);
    assert_eq!(read(&output(&open(&after).unwrap()), 1, 1).unwrap().0, 200);
}

#[test]
fn reading_all_attempts_of_a_job_costs_as_much_for_each_however_many_there_are() {
    let cost = |attempts: u64| {
        let disk = HookedDisk::default();
        let store = open_on(Arc::new(disk.clone()), Path::new(DIR)).unwrap();
        let owner = writing(&store).unwrap();
        let frames: Vec<_> = (1..=attempts).map(|at| frame(1, at, Stream::Stdout, 0, 50)).collect();
        block_on(owner.append(&frames)).unwrap();
        // Every other one has ended.
        for attempt in (1..=attempts).step_by(2) {
            block_on(owner.seal(&source(1, attempt), 50)).unwrap();
        }
        let another = output(&open_on(Arc::new(disk.clone()), Path::new(DIR)).unwrap());
        let before = disk.bytes_read();
        for output in [&owner.output, &another] {
            for attempt in 1..=attempts {
                assert_eq!(read(output, 1, attempt).unwrap().0, 50);
            }
        }
        (disk.bytes_read() - before) / attempts
    };
    let (few, many) = (cost(20), cost(400));
    assert!(
        many < 2 * few,
        "{few} bytes are read for each of 20, {many} for each of 400"
    );
}
