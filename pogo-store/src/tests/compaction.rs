//! What is removed when a newer snapshot stands for it.

use futures::executor::block_on;
use pogo_core::Digest;
use pogo_core::journal::{Journal, JournalError, Seq};
use pogo_core::scheduler::Record;

use super::scenario::{acquire, commit, journal, open, records, state};
use super::simulated_disk::SimulatedDisk;

/// A record that names content.
fn naming(digest: Digest) -> Record {
    let named = format!(r#"{{"digest":"{digest}"}}"#);
    let text = format!(r#"{{"at":17,"event":"namespace_configured","fleet":{named},"policy":{named}}}"#);
    serde_json::from_str(&text).unwrap()
}

#[test]
fn content_is_kept_as_long_as_a_record_names_it_and_then_removed() {
    let disk = SimulatedDisk::default();
    let journal = journal(&open(&disk).unwrap());
    let [first, second] = [&b"one"[..], b"two"].map(|bytes| (Digest::of(bytes), bytes));
    let mut owned = acquire(&journal).unwrap();
    for at in 0..40 {
        let named = match at {
            0 => Some(first),
            25 => Some(second),
            _ => None,
        };
        let record = match named {
            Some((digest, bytes)) => {
                block_on(owned.put_content(digest, bytes)).unwrap();
                naming(digest)
            }
            None => records()[1].clone(),
        };
        block_on(owned.append(&commit(at, &[record]))).unwrap();
    }
    drop(owned);
    let is_there = |(digest, bytes): (Digest, &[u8])| match block_on(journal.content(digest)) {
        Ok(found) => found == bytes,
        Err(JournalError::NoContent { .. }) => false,
        Err(error) => panic!("{error}"),
    };
    // Another owner knows nothing of what was put, but what records say.
    let owned = acquire(&journal).unwrap();
    let snapshot = |upto: usize| block_on(owned.snapshot(Seq(upto as u64), state(upto))).unwrap();
    snapshot(10);
    assert!(is_there(first) && is_there(second));
    snapshot(20);
    // The older of the two that are kept is that of 10, and a record before it may be needed no more.
    assert!(is_there(second));
    snapshot(22);
    assert!(!is_there(first), "nothing names it any more");
    assert!(is_there(second), "a record names it that is still there");
    snapshot(39);
    snapshot(40);
    assert!(!is_there(second), "nothing names it any more");
}
