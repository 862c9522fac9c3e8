//! Commits of any size.

use futures::executor::block_on;
use pogo_core::Digest;
use pogo_core::journal::{Acquire, Commit, JournalError, Seq};
use pogo_core::scheduler::Record;

use crate::ensemble::{Ensemble, path};
use crate::owners::{PATIENT, acquire, commit, journal, made, owner, read, record, records};
use crate::tree::{as_superuser, children, data, set_data};

/// A text that cannot be compressed to less than half of it.
fn noise(seed: u64, bytes: usize) -> String {
    let mut state = seed;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b"0123456789abcdef"[(state % 16) as usize])
    };
    (0..bytes).map(|_| next()).collect()
}

/// Records that take so many bytes each.
fn large_records(count: u64, bytes: usize) -> Vec<Record> {
    (1..=count).map(|at| record(at, &noise(at, bytes))).collect()
}

#[test]
fn a_commit_that_is_larger_than_a_node_is_stored_in_pieces() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let path = path();
    let address = made(ensemble.address(&path, PATIENT));
    let journal = journal(&address);
    let mut owned = acquire(&journal, 1, Acquire::IfFree).unwrap();
    // A single record that is larger than a node; then many.
    let records = [large_records(1, 3 << 20), large_records(40, 100 << 10)].concat();
    let mut at = Seq(0);
    for piece in [&records[..1], &records[1..]] {
        let commit = Commit::new(at, piece.to_vec());
        at = block_on(owned.append(&commit)).unwrap();
        assert_eq!(block_on(owned.append(&commit)), Ok(at), "it is the same commit");
    }
    assert_eq!(read(&journal), records);
    let pieces = children(ensemble, &format!("/{path}/ns/default/pieces"));
    assert_eq!(pieces.len(), 2, "{pieces:?}");
    let largest = as_superuser(ensemble, async |client| {
        let mut largest = 0;
        for tag in &pieces {
            let parent = format!("/{path}/ns/default/pieces/{tag}");
            for name in client.list_children(&parent).await.unwrap() {
                let stat = client.check_stat(&format!("{parent}/{name}")).await.unwrap();
                largest = largest.max(stat.unwrap().data_length);
            }
        }
        largest
    });
    assert!((100 << 10..=512 << 10).contains(&largest), "{largest}");
    // What is read from the middle on needs all pieces too.
    assert_eq!(block_on(journal.read(Seq(20))).unwrap().records, records[20..]);
}

#[test]
fn content_that_is_larger_than_a_node_is_stored_in_pieces_and_mended_where_it_is_damaged() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let path = path();
    let journal = journal(&made(ensemble.address(&path, PATIENT)));
    let mut owned = acquire(&journal, 1, Acquire::IfFree).unwrap();
    let bytes = noise(7, 3 << 20).into_bytes();
    let digest = Digest::of(&bytes);
    block_on(owned.put_content(digest, &bytes)).unwrap();
    assert_eq!(block_on(journal.content(digest)).unwrap(), bytes);
    let pieces = format!("/{path}/ns/default/pieces");
    let tag = children(ensemble, &pieces).remove(0);
    set_data(ensemble, &format!("{pieces}/{tag}/000001"), b"something else");
    assert_eq!(
        block_on(journal.content(digest)),
        Err(JournalError::DamagedContent { digest })
    );
    block_on(owned.put_content(digest, &bytes)).unwrap();
    assert_eq!(block_on(journal.content(digest)).unwrap(), bytes);
}

#[test]
fn a_commit_that_is_damaged_or_gone_is_said_with_its_place() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let path = path();
    let journal = journal(&made(ensemble.address(&path, PATIENT)));
    let mut owned = acquire(&journal, 1, Acquire::IfFree).unwrap();
    for range in [0..2, 2..4, 4..6] {
        block_on(owned.append(&commit(range))).unwrap();
    }
    drop(owned);
    let commits = format!("/{path}/ns/default/commits");
    let names = children(ensemble, &commits);
    let second = format!("{commits}/{}", names[1]);
    let whole = data(ensemble, &second);
    // It begins with what people and scripts read.
    let header = whole.split(|byte| *byte == b'\n').next().unwrap();
    let header: serde_json::Value = serde_json::from_slice(header).unwrap();
    assert_eq!((&header["at"], &header["until"]), (&2.into(), &4.into()));
    for damaged in [whole[..whole.len() - 2].to_vec(), b"{}".to_vec(), vec![]] {
        set_data(ensemble, &second, &damaged);
        let refused = block_on(journal.read(Seq(0)));
        assert!(
            matches!(refused, Err(JournalError::Corrupt { at: Seq(2), .. })),
            "{refused:?}"
        );
    }
    // A commit is not taken for another, even if it is whole.
    set_data(ensemble, &second, &data(ensemble, &format!("{commits}/{}", names[0])));
    let refused = block_on(journal.read(Seq(0)));
    assert!(
        matches!(refused, Err(JournalError::Corrupt { at: Seq(2), .. })),
        "{refused:?}"
    );
    set_data(ensemble, &second, &whole);
    assert_eq!(read(&journal), records());
    crate::tree::delete(ensemble, &format!("{commits}/{}", names[2]));
    let refused = block_on(journal.acquire(owner(2), Acquire::IfFree)).map(drop);
    assert!(
        matches!(refused, Err(JournalError::Corrupt { at: Seq(4), .. })),
        "{refused:?}"
    );
}
