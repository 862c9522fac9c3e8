//! Errors of a disk that goes on.

use std::io;

use futures::executor::block_on;
use pogo_core::journal::{JournalError, Seq};

use super::disk_state::Survives;
use super::scenario::{Acknowledged, acquire, commit, journal, open, play, read_from, records, verify};
use super::simulated_disk::SimulatedDisk;

#[test]
fn what_was_acknowledged_is_there_whichever_operation_fails() {
    let whole = SimulatedDisk::default();
    play(&whole, &mut Acknowledged::default()).unwrap();
    for at in 1..=whole.changes() {
        for kind in [io::ErrorKind::Other, io::ErrorKind::StorageFull] {
            let disk = SimulatedDisk::default();
            disk.fail_at(at, kind);
            let mut done = Acknowledged::default();
            let played = play(&disk, &mut done).map_err(|error| error.to_string());
            for disk in [disk.after_crash(Survives::Nothing), disk] {
                verify(&disk, &done).unwrap_or_else(|broken| panic!("change {at} fails, {kind}: {played:?}: {broken}"));
            }
        }
    }
}

#[test]
fn a_commit_whose_sync_failed_is_written_again_and_not_only_synced() {
    let disk = SimulatedDisk::default();
    let (store, records) = (open(&disk).unwrap(), records());
    let journal = journal(&store);
    let mut owned = acquire(&journal).unwrap();
    block_on(owned.append(&commit(0, &records[..2]))).unwrap();
    disk.fail_next_sync();
    let second = commit(2, &records[2..4]);
    let failed = block_on(owned.append(&second));
    assert!(matches!(failed, Err(JournalError::Unknown { .. })), "{failed:?}");
    // Whoever reads sees what is durable.
    assert_eq!(read_from(&journal, Seq(0)).unwrap(), records[..2]);
    assert_eq!(block_on(owned.append(&second)), Ok(Seq(4)));
    let done = Acknowledged {
        end: 4,
        epoch: owned.epoch(),
        ..Acknowledged::default()
    };
    verify(&disk.after_crash(Survives::Nothing), &done).unwrap();
}

#[test]
fn whether_a_commit_is_stored_stays_unknown_until_its_segment_is_put_right() {
    let disk = SimulatedDisk::default();
    let (store, records) = (open(&disk).unwrap(), records());
    let journal = journal(&store);
    let mut owned = acquire(&journal).unwrap();
    block_on(owned.append(&commit(0, &records[..2]))).unwrap();
    let second = commit(2, &records[2..4]);
    // The sync fails, the power of which is that nobody knows; then the segment cannot be cut, nor that be synced.
    disk.fail_at(disk.changes() + 2, io::ErrorKind::Other);
    let mut answers = vec![block_on(owned.append(&second))];
    for operation in 1..=2 {
        disk.fail_at(disk.changes() + operation, io::ErrorKind::Other);
        answers.push(block_on(owned.append(&second)));
    }
    for answer in answers {
        assert!(matches!(answer, Err(JournalError::Unknown { .. })), "{answer:?}");
    }
    // Once it is cut, what cannot be written is not there.
    disk.fail_at(disk.changes() + 3, io::ErrorKind::Other);
    let answer = block_on(owned.append(&second));
    assert!(matches!(answer, Err(JournalError::Unavailable { .. })), "{answer:?}");
    assert_eq!(read_from(&journal, Seq(0)).unwrap(), records[..2]);
    drop(owned);
    assert_eq!(acquire(&journal).unwrap().end(), Seq(2));
}

#[test]
fn the_next_owner_writes_again_what_it_found_and_does_not_believe_a_sync() {
    let disk = SimulatedDisk::default();
    let (store, records) = (open(&disk).unwrap(), records());
    let journal = journal(&store);
    let mut owned = acquire(&journal).unwrap();
    block_on(owned.append(&commit(0, &records[..2]))).unwrap();
    disk.fail_next_sync();
    block_on(owned.append(&commit(2, &records[2..5]))).unwrap_err();
    drop(owned);
    let owned = acquire(&journal).unwrap();
    assert_eq!(owned.end(), Seq(5), "the commit was found whole");
    let done = Acknowledged {
        end: 5,
        epoch: owned.epoch(),
        ..Acknowledged::default()
    };
    verify(&disk.after_crash(Survives::Nothing), &done).unwrap();
}

#[test]
fn a_full_disk_takes_what_the_reserve_has_room_for_and_nothing_in_part() {
    let disk = SimulatedDisk::default();
    let (store, records) = (open(&disk).unwrap(), records());
    let journal = journal(&store);
    let mut owned = acquire(&journal).unwrap();
    disk.set_capacity(Some(disk.used() + 100));
    let mut at = 0;
    let refused = loop {
        let again = &records[..1];
        match block_on(owned.append(&commit(at, again))) {
            Ok(end) => at = usize::try_from(end.0).unwrap(),
            Err(error) => break error,
        }
    };
    assert!(at >= 2, "the reserve took {at} commits");
    let JournalError::Unavailable { message } = &refused else {
        panic!("{refused:?}")
    };
    assert!(message.ends_with("free some space"), "{message}");
    assert_eq!(read_from(&journal, Seq(0)).unwrap().len(), at);
    // A power cut now finds whole commits only.
    let after = disk.after_crash(Survives::Everything);
    let store = open(&after).unwrap();
    assert_eq!(read_from(&super::scenario::journal(&store), Seq(0)).unwrap().len(), at);
    // With space again it goes on, and has its reserve again after a while.
    disk.set_capacity(None);
    let used = disk.used();
    for _ in 0..70 {
        let end = block_on(owned.append(&commit(at, &records[..1]))).unwrap();
        at = usize::try_from(end.0).unwrap();
    }
    assert!(disk.used() > used + super::scenario::SMALL.reserve);
}

#[test]
fn a_store_that_can_only_be_read_is_read_and_has_no_owner() {
    let disk = SimulatedDisk::default();
    let mut done = Acknowledged::default();
    play(&disk, &mut done).unwrap();
    disk.set_read_only();
    let journal = journal(&open(&disk).unwrap());
    let Err(JournalError::Compacted { first }) = read_from(&journal, Seq(0)) else {
        panic!("the first records were compacted");
    };
    let read = read_from(&journal, first).unwrap();
    assert_eq!(read, records()[usize::try_from(first.0).unwrap()..]);
    let refused = acquire(&journal).map(|_| ()).unwrap_err().to_string();
    assert!(refused.ends_with("it can only be read"), "{refused}");
}
