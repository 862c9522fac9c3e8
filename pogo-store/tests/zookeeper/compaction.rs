//! What a newer snapshot stands for goes out of the way, and stays for the history.

use futures::executor::block_on;
use pogo_core::Digest;
use pogo_core::fleet::Fleet;
use pogo_core::journal::{Acquire, Commit, JournalError, Seq, replay};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::Policy;
use pogo_core::scheduler::Record;
use pogo_core::sim::World;

use crate::ensemble::{Ensemble, path};
use crate::owners::{PATIENT, acquire, journal, made};
use crate::tree::{as_superuser, children};

/// The log of a simulated rollout.
pub(crate) fn log(hosts: u32) -> Vec<Record> {
    let fleet = Fleet::builder()
        .tagged("web", &format!("web[1-{hosts}]"))
        .build()
        .unwrap();
    let mut world = World::new(fleet, Policy::default()).unwrap();
    world
        .submit(JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell("true")))
        .unwrap();
    world.run().records
}

#[test]
fn two_snapshots_are_kept_and_what_only_older_ones_need_leaves_the_journal() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let path = path();
    let journal = journal(&made(ensemble.address(&path, PATIENT)));
    let records = log(20);
    let mut owned = acquire(&journal, 1, Acquire::IfFree).unwrap();
    let unnamed = Digest::of(b"{}");
    block_on(owned.put_content(unnamed, b"{}")).unwrap();
    let mut at = Seq(0);
    for (piece, number) in records.chunks(10).zip(1..) {
        at = block_on(owned.append(&Commit::new(at, piece.to_vec()))).unwrap();
        let upto = usize::try_from(at.0).unwrap();
        // Where it is put again before the snapshot, it stays.
        if number == 2 {
            block_on(owned.put_content(unnamed, b"{}")).unwrap();
        }
        block_on(owned.snapshot(at, replay(&records[..upto]).unwrap().snapshot())).unwrap();
        if number == 3 {
            assert!(block_on(journal.content(unnamed)).is_ok());
        }
    }
    let (last, before) = (at, Seq((at.0 - 1) / 10 * 10));
    let names = |part: &str| children(ensemble, &format!("/{path}/ns/default/{part}"));
    let seqs = |part: &str| -> Vec<u64> { names(part).iter().map(|name| name.parse().unwrap()).collect() };
    assert_eq!(seqs("snapshots"), [before.0, last.0]);
    assert_eq!(seqs("commits"), [before.0]);
    assert_eq!(
        block_on(journal.read(Seq(3))),
        Err(JournalError::Compacted { first: before })
    );
    let page = block_on(journal.read(before)).unwrap();
    assert_eq!(
        (&page.records[..], page.next),
        (&records[usize::try_from(before.0).unwrap()..], last)
    );
    assert_eq!(
        block_on(journal.content(unnamed)),
        Err(JournalError::NoContent { digest: unnamed })
    );
    // What has left the journal follows each other in the history.
    let mut next = 0;
    for name in names("history") {
        let parts: Vec<u64> = name.split('-').map(|part| part.parse().unwrap()).collect();
        assert_eq!(parts[0], next, "{name}");
        next = parts[1];
    }
    assert_eq!(next, before.0);
    drop(owned);
    assert_eq!(acquire(&journal, 2, Acquire::IfFree).unwrap().end(), last);
}

#[test]
fn the_pieces_of_what_is_gone_and_of_what_was_never_finished_are_removed() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let path = path();
    let journal = journal(&made(ensemble.address(&path, PATIENT)));
    let records = log(6);
    let pieces = format!("/{path}/ns/default/pieces");
    // Of an owner that died before its commit was there.
    as_superuser(ensemble, async |client| {
        let options = zookeeper_client::CreateMode::Persistent.with_acls(zookeeper_client::Acls::anyone_all());
        // The namespace begins with its first owner.
        acquire_elsewhere(&journal);
        client
            .create(&format!("{pieces}/commit-7-1-00ff-0"), b"", &options)
            .await
            .unwrap();
        client
            .create(&format!("{pieces}/commit-7-1-00ff-0/000000"), b"half", &options)
            .await
            .unwrap();
    });
    let mut owned = acquire(&journal, 2, Acquire::IfFree).unwrap();
    let large: Vec<u8> = (0..900_000_u64)
        .flat_map(|number| number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes())
        .collect();
    let digest = Digest::of(&large);
    block_on(owned.put_content(digest, &large)).unwrap();
    assert_eq!(children(ensemble, &pieces).len(), 2);
    let mut at = Seq(0);
    for piece in records.chunks(4).take(4) {
        at = block_on(owned.append(&Commit::new(at, piece.to_vec()))).unwrap();
        let upto = usize::try_from(at.0).unwrap();
        block_on(owned.snapshot(at, replay(&records[..upto]).unwrap().snapshot())).unwrap();
    }
    assert_eq!(children(ensemble, &pieces), Vec::<String>::new());
    assert_eq!(
        block_on(journal.content(digest)),
        Err(JournalError::NoContent { digest })
    );
}

/// On another thread: this one has an executor of its own.
fn acquire_elsewhere(journal: &std::sync::Arc<dyn pogo_core::journal::Journal>) {
    std::thread::scope(|scope| {
        scope
            .spawn(|| drop(acquire(journal, 1, Acquire::IfFree).unwrap()))
            .join()
            .unwrap();
    });
}
