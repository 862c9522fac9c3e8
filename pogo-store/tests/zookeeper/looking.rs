//! What is seen of a namespace beside its owner.

use std::thread;

use futures::executor::block_on;
use pogo_core::Digest;
use pogo_core::journal::{Acquire, Seq, replay};
use pogo_store::OwnerSign;

use crate::compaction::log;
use crate::ensemble::{Ensemble, path, pause};
use crate::owners::{PATIENT, acquire, journal, made, namespace, owner};
use crate::tree::{children, delete, set_data};

#[test]
fn it_is_seen_who_owns_a_namespace_who_waits_and_what_it_has() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let address = made(ensemble.address(&path(), PATIENT));
    let namespace = namespace(&address);
    let info = || block_on(namespace.info()).unwrap();
    assert_eq!(info(), pogo_store::RemoteInfo::default());
    let journal = journal(&address);
    let records = log(5);
    let mut owned = acquire(&journal, 1, Acquire::IfFree).unwrap();
    let commit = pogo_core::journal::Commit::new(Seq(0), records.clone());
    let end = block_on(owned.append(&commit)).unwrap();
    block_on(owned.put_content(Digest::of(b"{}"), b"{}")).unwrap();
    block_on(owned.snapshot(end, replay(&records).unwrap().snapshot())).unwrap();
    let waiting = {
        let journal = journal.clone();
        thread::spawn(move || acquire(&journal, 2, Acquire::Wait).unwrap())
    };
    while info().waiting.is_empty() {
        pause();
    }
    let seen = info();
    let ownership = block_on(namespace.ownership()).unwrap();
    assert_eq!(
        (&ownership.owner, &ownership.waiting, ownership.epoch),
        (&seen.owner, &seen.waiting, seen.epoch)
    );
    let last = seen.owner.clone().unwrap();
    assert_eq!(
        (last.owner, last.owns, last.sign),
        (owner(1).id, true, Some(OwnerSign::Session))
    );
    assert_eq!((last.pid, last.since), (std::process::id(), owner(1).since));
    assert_eq!(seen.waiting, [owner(2).id]);
    assert_eq!((seen.epoch.0, seen.first, seen.end), (1, Seq(0), end));
    assert_eq!(seen.newest, records.last().map(|record| record.at));
    let parts: Vec<_> = seen.parts.iter().map(|part| (part.name, part.count)).collect();
    assert_eq!(
        parts,
        [
            ("commits", 1),
            ("history", 0),
            ("snapshots", 1),
            ("content", 1),
            ("jobs", 1),
            ("pieces", 0)
        ]
    );
    assert!(seen.bytes() > 0 && seen.copied_from.is_none());
    drop(owned);
    let next = waiting.join().unwrap();
    while !info().waiting.is_empty() {
        pause();
    }
    assert_eq!((info().epoch.0, info().owner.unwrap().owner), (2, owner(2).id));
    drop(next);
    let last = info().owner.unwrap();
    assert_eq!((last.owner, last.owns, last.sign), (owner(2).id, false, None));
    let store = block_on(pogo_store::zookeeper::ZookeeperStore::open(&address)).unwrap();
    assert_eq!(block_on(store.namespaces()).unwrap(), ["default"]);
}

/// Whoever waits asks each second, and a history of years would be counted each time.
#[test]
fn who_owns_a_namespace_is_known_without_anything_that_grows() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let path = path();
    let address = made(ensemble.address(&path, PATIENT));
    let namespace = namespace(&address);
    assert_eq!(block_on(namespace.ownership()).unwrap(), Default::default());
    let owned = acquire(&journal(&address), 1, Acquire::IfFree).unwrap();
    for part in ["commits", "history", "snapshots", "content", "pieces", "jobs"] {
        delete(ensemble, &format!("/{path}/ns/default/{part}"));
    }
    let ownership = block_on(namespace.ownership()).unwrap();
    assert_eq!(ownership.epoch, owned.epoch());
    assert_eq!(ownership.owner.and_then(|owner| owner.sign), Some(OwnerSign::Session));
    assert!(block_on(namespace.info()).is_err(), "it counts what is not there");
}

#[test]
fn a_check_names_each_node_that_is_not_as_it_was_written() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let path = path();
    let address = made(ensemble.address(&path, PATIENT));
    let journal = journal(&address);
    let records = log(20);
    let mut owned = acquire(&journal, 1, Acquire::IfFree).unwrap();
    let mut at = Seq(0);
    for (piece, number) in records.chunks(8).zip(1..) {
        at = block_on(owned.append(&pogo_core::journal::Commit::new(at, piece.to_vec()))).unwrap();
        if number <= 3 {
            let upto = usize::try_from(at.0).unwrap();
            block_on(owned.snapshot(at, replay(&records[..upto]).unwrap().snapshot())).unwrap();
        }
    }
    block_on(owned.put_content(Digest::of(b"{}"), b"{}")).unwrap();
    drop(owned);
    let namespace = namespace(&address);
    let damaged = || -> Vec<String> {
        let found = block_on(namespace.check()).unwrap();
        found.into_iter().map(|damage| damage.location).collect()
    };
    assert_eq!(damaged(), Vec::<String>::new());
    let root = format!("/{path}/ns/default");
    for part in ["commits", "history", "snapshots", "content"] {
        let name = children(ensemble, &format!("{root}/{part}")).remove(0);
        let node = format!("{root}/{part}/{name}");
        let whole = crate::tree::data(ensemble, &node);
        let mut flipped = whole.clone();
        let last = flipped.last_mut().unwrap();
        *last ^= 1;
        set_data(ensemble, &node, &flipped);
        assert_eq!(damaged(), [format!("/ns/default/{part}/{name}")], "{part}");
        set_data(ensemble, &node, &whole);
    }
    // What is gone from the middle is missed where it goes on.
    let commits = children(ensemble, &format!("{root}/commits"));
    delete(ensemble, &format!("{root}/commits/{}", commits[1]));
    assert_eq!(damaged(), [format!("/ns/default/commits/{}", commits[2])]);
}
