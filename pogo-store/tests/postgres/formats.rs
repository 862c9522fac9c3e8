//! Dispatchers of several versions, which read other formats of records.

use std::time::Duration;

use futures::executor::block_on;
use pogo_core::journal::{Acquire, Journal, JournalError, OwnerId};
use pogo_store::postgres::{Heartbeat, PostgresNamespace, PostgresStore};

use crate::conformance::schema;
use crate::faults::owner;
use crate::server::Postgres;

/// A namespace that was owned once, whose owners count often.
fn namespace(server: &Postgres) -> (String, PostgresNamespace) {
    let schema = schema();
    let address = server.address(&schema);
    block_on(PostgresStore::migrate(&address)).unwrap();
    let store = block_on(PostgresStore::open_with(
        &address,
        Heartbeat::new(Duration::from_secs(1)),
    ))
    .unwrap();
    let namespace = store.namespace("default").unwrap();
    drop(block_on(namespace.journal().acquire(owner(1), Acquire::IfFree)).unwrap());
    (schema, namespace)
}

#[test]
fn an_owner_writes_the_newest_format_that_all_read_who_are_alive() {
    let Some(server) = Postgres::shared() else { return };
    let (schema, namespace) = namespace(server);
    // As it was before the first format, with one who waits and knows no other, and lives as long as it is there.
    server.run(&format!(
        "UPDATE {schema}.namespaces SET format = 0;
         INSERT INTO {schema}.standbys (namespace, nonce, name, reads, beat, at)
         SELECT id, 7, 'an old one', 0, 0, now() + interval '1 day' FROM {schema}.namespaces"
    ));
    let owned = block_on(namespace.journal().acquire(owner(2), Acquire::IfFree)).unwrap();
    let beats = || -> u64 {
        let beat = server.run(&format!("SELECT beat FROM {schema}.heartbeats"));
        beat.trim().parse().unwrap()
    };
    while beats() < 3 {}
    let formats = block_on(namespace.ownership()).unwrap().formats;
    assert_eq!(formats.written, 0, "somebody waits who reads no other");
    let read = [("owner 2", 1), ("an old one", 0)].map(|(name, newest)| (OwnerId(name.into()), newest));
    assert_eq!(formats.read, read);
    // It ends, and a newer one has its place.
    server.run(&format!("UPDATE {schema}.standbys SET reads = 9, name = 'a new one'"));
    let formats = || block_on(namespace.info()).unwrap().formats;
    while formats().written == 0 {}
    assert_eq!(
        (formats().written, formats().read[1].1),
        (1, 9),
        "what this version writes"
    );
    drop(owned);
}

#[test]
fn whoever_follows_says_what_it_reads_and_does_not_wait_to_take_over() {
    let Some(server) = Postgres::shared() else { return };
    let (schema, namespace) = namespace(server);
    let _owned = block_on(namespace.journal().acquire(owner(2), Acquire::IfFree)).unwrap();
    let ownership = || block_on(namespace.ownership()).unwrap();
    let name = OwnerId("one who watches".into());
    let following = namespace.follow_as(name.clone());
    while ownership().formats.read.len() < 2 {}
    assert_eq!(ownership().formats.read, [(owner(2).id, 1), (name, 1)]);
    assert_eq!(ownership().waiting, []);
    // It says so again and again, or it would count as dead.
    let beat = || server.run(&format!("SELECT max(beat) FROM {schema}.standbys"));
    while beat().trim() == "0" {}
    drop(following);
    while ownership().formats.read.len() > 1 {}
}

#[test]
fn whoever_does_not_read_a_format_takes_over_from_nobody() {
    let Some(server) = Postgres::shared() else { return };
    let (schema, namespace) = namespace(server);
    let owned = block_on(namespace.journal().acquire(owner(2), Acquire::IfFree)).unwrap();
    server.run(&format!("UPDATE {schema}.namespaces SET format = 2"));
    for how in [Acquire::IfFree, Acquire::Wait, Acquire::Force] {
        let refused = block_on(namespace.journal().acquire(owner(3), how))
            .map(drop)
            .unwrap_err();
        let (written, reads) = (2, 1);
        assert_eq!(refused, JournalError::UnknownFormat { written, reads }, "{how:?}");
        assert!(
            refused.to_string().contains("install the version that their owner has"),
            "{refused}"
        );
    }
    let ownership = block_on(namespace.ownership()).unwrap();
    assert!(ownership.waiting.is_empty(), "{:?}", ownership.waiting);
    assert_eq!(
        ownership.owner.map(|owner| owner.owner),
        Some(OwnerId("owner 2".into()))
    );
    drop(owned);
    let refused = block_on(namespace.journal().acquire(owner(3), Acquire::IfFree)).map(drop);
    assert!(
        matches!(refused, Err(JournalError::UnknownFormat { .. })),
        "{refused:?}"
    );
}
