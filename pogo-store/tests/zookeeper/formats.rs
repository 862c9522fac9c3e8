//! Dispatchers of several versions, which read other formats of records.

use futures::executor::block_on;
use pogo_core::journal::{Acquire, JournalError, OwnerId};
use zookeeper_client::{Acls, CreateMode};

use crate::ensemble::{Ensemble, path, pause};
use crate::owners::{PATIENT, acquire, journal, made, namespace, owner};
use crate::tree::{as_superuser, delete, set_data};

#[test]
fn an_owner_writes_the_newest_format_that_all_read_who_are_alive() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let root = path();
    let address = made(ensemble.address(&root, PATIENT));
    drop(acquire(&journal(&address), 1, Acquire::IfFree).unwrap());
    // As it was before the first format, with one who waits and knows no other.
    let standbys = format!("/{root}/ns/default/standbys");
    let old = format!("{standbys}/0000000000000007");
    set_data(ensemble, &standbys, br#"{"format":0}"#);
    as_superuser(ensemble, async |client| {
        let options = CreateMode::Persistent.with_acls(Acls::anyone_all());
        let node = br#"{"name":"an old one","reads":0}"#;
        client.create(&old, node, &options).await.unwrap();
    });
    let owned = acquire(&journal(&address), 2, Acquire::IfFree).unwrap();
    let formats = || block_on(namespace(&address).ownership()).unwrap().formats;
    // Long enough to be looked at more than once: it stays, whenever that is.
    for _ in 0..20 {
        assert_eq!(formats().written, 0, "somebody waits who reads no other");
        pause();
    }
    let read = [(owner(2).id, 1), (OwnerId("an old one".into()), 0)];
    assert_eq!(formats().read, read);
    delete(ensemble, &old);
    while formats().written == 0 {
        pause();
    }
    assert_eq!((formats().written, formats().read), (1, vec![(owner(2).id, 1)]));
    drop(owned);
}

#[test]
fn whoever_follows_says_what_it_reads_and_does_not_wait_to_take_over() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let address = made(ensemble.address(&path(), PATIENT));
    let _owned = acquire(&journal(&address), 1, Acquire::IfFree).unwrap();
    let ownership = || block_on(namespace(&address).ownership()).unwrap();
    let name = OwnerId("one who watches".into());
    let following = namespace(&address).follow_as(name.clone());
    while ownership().formats.read.len() < 2 {
        pause();
    }
    assert_eq!(ownership().formats.read, [(owner(1).id, 1), (name, 1)]);
    assert_eq!(ownership().waiting, []);
    drop(following);
    while ownership().formats.read.len() > 1 {
        pause();
    }
}

#[test]
fn whoever_does_not_read_a_format_takes_over_from_nobody() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let root = path();
    let address = made(ensemble.address(&root, PATIENT));
    let owned = acquire(&journal(&address), 1, Acquire::IfFree).unwrap();
    set_data(ensemble, &format!("/{root}/ns/default/standbys"), br#"{"format":2}"#);
    for how in [Acquire::IfFree, Acquire::Wait, Acquire::Force] {
        let refused = acquire(&journal(&address), 3, how).map(drop).unwrap_err();
        let (written, reads) = (2, 1);
        assert_eq!(refused, JournalError::UnknownFormat { written, reads }, "{how:?}");
    }
    let ownership = block_on(namespace(&address).ownership()).unwrap();
    assert_eq!((ownership.waiting, ownership.formats.written), (vec![], 2));
    drop(owned);
    let refused = acquire(&journal(&address), 3, Acquire::IfFree).map(drop);
    assert!(
        matches!(refused, Err(JournalError::UnknownFormat { .. })),
        "{refused:?}"
    );
}
