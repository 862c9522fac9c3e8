//! Who may own a store, and where.

use std::path::Path;
use std::sync::Arc;

use futures::executor::block_on;
use pogo_core::journal::{Epoch, JournalError, Seq};

use super::scenario::{DIR, SMALL, acquire, commit, journal, machine, open, records};
use super::simulated_disk::SimulatedDisk;
use crate::{Store, StoreError};

#[test]
fn a_directory_of_another_machine_is_refused_until_its_owner_file_is_removed() {
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    let mut owned = acquire(&journal(&store)).unwrap();
    block_on(owned.append(&commit(0, &records()[..1]))).unwrap();
    drop(owned);
    let elsewhere = Store::on(Arc::new(disk.clone()), Path::new(DIR), SMALL, machine("two"));
    let refused = acquire(&journal(&elsewhere)).map(|_| ()).unwrap_err().to_string();
    assert_eq!(
        refused,
        "the journal cannot be reached: /store/ns/default was owned by tests on another machine, one; a directory is \
         owned from one machine. If that one will never use it again, remove /store/ns/default/owner"
    );
    // The cure works, and the epoch is still higher than each before.
    crate::disk::Disk::remove(&disk, Path::new("/store/ns/default/owner")).unwrap();
    let owned = acquire(&journal(&elsewhere)).unwrap();
    assert_eq!((owned.epoch(), owned.end()), (Epoch(2), Seq(1)));
}

#[test]
fn a_damaged_owner_file_is_told_with_its_cure() {
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    let mut owned = acquire(&journal(&store)).unwrap();
    block_on(owned.append(&commit(0, &records()[..1]))).unwrap();
    drop(owned);
    let file = Path::new("/store/ns/default/owner");
    let mut bytes = crate::disk::Disk::read_all(&disk, file).unwrap();
    bytes[30] ^= 1;
    disk.put(file, &bytes);
    let refused = acquire(&journal(&store)).map(|_| ()).unwrap_err().to_string();
    assert!(
        refused.contains("/store/ns/default/owner is damaged") && refused.contains("remove that file"),
        "{refused}"
    );
    crate::disk::Disk::remove(&disk, file).unwrap();
    assert_eq!(acquire(&journal(&store)).unwrap().epoch(), Epoch(2));
}

#[test]
fn a_store_on_a_network_is_refused_with_the_name_of_the_filesystem() {
    let disk = SimulatedDisk::default();
    disk.set_filesystem(0x6969);
    let refused = open(&disk).unwrap_err();
    assert!(matches!(&refused, StoreError::NetworkFilesystem { filesystem, .. } if filesystem == "NFS"));
    assert_eq!(
        refused.to_string(),
        "/store is on NFS, where this machine's locks keep no other machine away; put the store on a disk of this \
         machine"
    );
}

#[test]
fn an_owner_whose_store_was_replaced_appends_nothing_more() {
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    let mut owned = acquire(&journal(&store)).unwrap();
    block_on(owned.append(&commit(0, &records()[..1]))).unwrap();
    // As a backup tool writes it back: the same bytes, another time.
    let file = Path::new("/store/ns/default/owner");
    let bytes = crate::disk::Disk::read_all(&disk, file).unwrap();
    disk.put(file, &bytes);
    let answer = block_on(owned.append(&commit(1, &records()[1..2])));
    assert_eq!(answer, Err(JournalError::Fenced));
    block_on(owned.lost());
}
