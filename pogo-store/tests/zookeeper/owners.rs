//! Owners, and what they append.

use std::ops::Range;
use std::sync::Arc;

use futures::executor::block_on;
use pogo_core::Timestamp;
use pogo_core::journal::{Acquire, Commit, Journal, JournalError, Nonce, OwnedJournal, Owner, OwnerId, Seq};
use pogo_core::scheduler::Record;
use pogo_store::zookeeper::{ZookeeperAddress, ZookeeperNamespace, ZookeeperStore};

/// Too long for any of these tests: nobody is found dead by mistake.
pub(crate) const PATIENT: f64 = 120.0;
/// So short that nobody waits for long.
pub(crate) const HASTY: f64 = 1.0;

pub(crate) fn records() -> Vec<Record> {
    (1..=6).map(|at| record(at, "")).collect()
}

/// A record with a text in it.
pub(crate) fn record(at: u64, text: &str) -> Record {
    let event = serde_json::json!({"at": at, "event": "host_marked_down", "host": "web1", "reason": text});
    serde_json::from_value(event).unwrap()
}

pub(crate) fn commit(range: Range<usize>) -> Commit {
    Commit::new(Seq(range.start as u64), records()[range].to_vec())
}

pub(crate) fn owner(nonce: u64) -> Owner {
    Owner::new(
        OwnerId(format!("owner {nonce}").into()),
        Nonce(nonce),
        Timestamp::from_millis(17),
    )
}

/// A store that is there from now on.
pub(crate) fn made(address: ZookeeperAddress) -> ZookeeperAddress {
    block_on(ZookeeperStore::migrate(&address)).unwrap();
    address
}

pub(crate) fn namespace(address: &ZookeeperAddress) -> ZookeeperNamespace {
    block_on(ZookeeperStore::open(address))
        .unwrap()
        .namespace("default")
        .unwrap()
}

pub(crate) fn journal(address: &ZookeeperAddress) -> Arc<dyn Journal> {
    namespace(address).journal()
}

pub(crate) fn acquire(
    journal: &Arc<dyn Journal>,
    nonce: u64,
    how: Acquire,
) -> Result<Box<dyn OwnedJournal>, JournalError> {
    block_on(journal.acquire(owner(nonce), how))
}

/// All records that there are.
pub(crate) fn read(journal: &Arc<dyn Journal>) -> Vec<Record> {
    let (mut records, mut at) = (vec![], Seq(0));
    loop {
        let page = block_on(journal.read(at)).unwrap();
        if page.records.is_empty() {
            return records;
        }
        records.extend(page.records);
        at = page.next;
    }
}

/// Whether it is not known that a commit was stored, or it was not.
pub(crate) fn is_away<T>(answer: &Result<T, JournalError>) -> bool {
    matches!(
        answer,
        Err(JournalError::Unknown { .. } | JournalError::Unavailable { .. })
    )
}
