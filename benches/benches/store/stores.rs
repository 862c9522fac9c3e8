//! Stores on disk, and records to put there.

use std::path::Path;
use std::sync::Arc;

use futures::executor::block_on;
use pogo_benches::{drive_collecting, estate};
use pogo_core::Timestamp;
use pogo_core::journal::{Acquire, Journal, Nonce, OwnedJournal, Owner, OwnerId};
use pogo_core::scheduler::Record;
use pogo_store::{Namespace, Store};

pub(crate) fn namespace(dir: &Path) -> Namespace {
    let store = Store::open(dir).expect("a store");
    let namespace = store.namespace("default").expect("a namespace");
    namespace.set_retention(None);
    namespace
}

pub(crate) fn acquire(namespace: &Namespace) -> Box<dyn OwnedJournal> {
    let owner = Owner::new(OwnerId("benchmark".into()), Nonce(1), Timestamp::EPOCH);
    block_on(namespace.journal().acquire(owner, Acquire::IfFree)).expect("a journal that nobody owns")
}

/// The records of a job of ten hosts.
pub(crate) fn records_of_a_job() -> Vec<Record> {
    let mut records = vec![];
    drive_collecting(&Arc::new(estate(10)), &Arc::default(), 10, &mut records);
    // What it was configured with is stored apart.
    records.retain(|record| record.event.job().is_some());
    records
}
