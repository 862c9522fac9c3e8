//! What a store says of itself beside its owner.

use futures::executor::block_on;
use pogo_core::Digest;
use pogo_core::dispatcher::{Clock, SystemClock};
use pogo_core::journal::{Acquire, ClockSkew, Commit, Journal, OwnerId, Seq};
use pogo_core::scheduler::Record;
use pogo_store::postgres::{Heartbeat, PostgresAddress, PostgresNamespace, PostgresStore};

use crate::conformance::schema;
use crate::faults::owner;
use crate::server::Postgres;

fn store(server: &Postgres) -> (String, PostgresStore) {
    let schema = schema();
    let address: PostgresAddress = server.address(&schema);
    block_on(PostgresStore::migrate(&address)).unwrap();
    let store = block_on(PostgresStore::open_with(
        &address,
        Heartbeat::new(std::time::Duration::from_secs(60)),
    ));
    (schema, store.unwrap())
}

fn commit(at: u64) -> Commit {
    let text = format!(r#"{{"at":{},"event":"job_paused","job":1}}"#, at + 1);
    let record: Record = serde_json::from_str(&text).unwrap();
    Commit::new(Seq(at), vec![record])
}

fn damage(namespace: &PostgresNamespace) -> Vec<String> {
    let found = block_on(namespace.check()).unwrap();
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn a_store_says_who_owns_it_who_waits_and_what_it_has() {
    let Some(server) = Postgres::shared() else { return };
    let (schema, store) = store(server);
    assert_eq!(block_on(store.namespaces()), Ok(vec![]));
    let namespace = store.namespace("default").unwrap();
    assert_eq!(block_on(namespace.info()).unwrap(), Default::default());
    let mut owned = block_on(namespace.journal().acquire(owner(1), Acquire::IfFree)).unwrap();
    block_on(owned.append(&commit(0))).unwrap();
    block_on(owned.append(&commit(1))).unwrap();
    server.run(&format!(
        "INSERT INTO {schema}.standbys SELECT id, 7, 'the next', 0, now(), 1 FROM {schema}.namespaces;
         INSERT INTO {schema}.standbys SELECT id, 8, 'long gone', 0, now() - interval '1 hour', 1 FROM {schema}.namespaces"
    ));
    let info = block_on(namespace.info()).unwrap();
    let ownership = block_on(namespace.ownership()).unwrap();
    assert_eq!(ownership.waiting, info.waiting);
    assert_eq!(ownership.epoch, info.epoch);
    assert_eq!(
        ownership.owner.map(|owner| owner.owner),
        Some(OwnerId("owner 1".into()))
    );
    let last = info.owner.unwrap();
    assert!(last.owns && last.seen().is_some(), "{last:?}");
    assert_eq!((&*last.owner.0, last.pid), ("owner 1", std::process::id()));
    assert_eq!(info.waiting, [OwnerId("the next".into())]);
    assert_eq!((info.first, info.end), (Seq(0), Seq(2)));
    let read: Vec<_> = info
        .formats
        .read
        .iter()
        .map(|(name, newest)| (&*name.0, *newest))
        .collect();
    assert_eq!((info.formats.written, read), (1, vec![("owner 1", 1), ("the next", 1)]));
    assert_eq!(ownership.formats, info.formats);
    assert!(
        info.parts.iter().all(|part| !part.is_estimate),
        "there is little of anything"
    );
    let parts: Vec<_> = info.parts.iter().map(|part| (part.name, part.count)).collect();
    assert_eq!(
        parts,
        [
            ("commits", 2),
            ("history", 0),
            ("snapshots", 0),
            ("content", 0),
            ("jobs", 0),
            ("output", 0)
        ]
    );
    assert_eq!(info.newest.map(pogo_core::Timestamp::as_millis), Some(2));
    drop(owned);
    assert!(!block_on(namespace.info()).unwrap().owner.unwrap().owns);
    assert_eq!(block_on(store.namespaces()).unwrap(), ["default"]);
}

/// Whoever waits asks each second, and a history of years would be counted each time.
#[test]
fn who_owns_a_store_is_known_without_anything_that_grows() {
    let Some(server) = Postgres::shared() else { return };
    let (schema, store) = store(server);
    let namespace = store.namespace("default").unwrap();
    assert_eq!(block_on(namespace.ownership()).unwrap(), Default::default());
    let owned = block_on(namespace.journal().acquire(owner(1), Acquire::IfFree)).unwrap();
    for table in ["commits", "history", "snapshots", "content", "jobs", "output", "sealed"] {
        server.run(&format!("ALTER TABLE {schema}.{table} RENAME TO away_{table}"));
    }
    let ownership = block_on(namespace.ownership()).unwrap();
    assert!(ownership.owner.is_some_and(|owner| owner.owns && owner.sign.is_some()));
    assert_eq!(ownership.epoch, owned.epoch());
    assert!(block_on(namespace.info()).is_err(), "it counts what is not there");
}

#[test]
fn of_much_a_store_says_about_how_much_it_is() {
    let Some(server) = Postgres::shared() else { return };
    let (schema, store) = store(server);
    let namespace = store.namespace("default").unwrap();
    drop(block_on(namespace.journal().acquire(owner(1), Acquire::IfFree)).unwrap());
    let fill = |namespace: &str, rows: u32| {
        server.run(&format!(
            "INSERT INTO {schema}.content SELECT {namespace}, decode(md5(i::text), 'hex'), repeat('x', 1000000)::bytea
               FROM generate_series(1, {rows}) AS i"
        ))
    };
    fill(&format!("(SELECT id FROM {schema}.namespaces)"), 20);
    // Of another namespace, in the same table.
    fill("-1", 20);
    server.run(&format!("ANALYZE {schema}.content"));
    let info = block_on(namespace.info()).unwrap();
    let content = info.parts.iter().find(|part| part.name == "content").unwrap();
    assert!(content.is_estimate && content.count == 20, "{content:?}");
    assert!(
        (20_000_000..22_000_000).contains(&content.bytes),
        "its share of the table: {content:?}"
    );
    assert!(
        info.parts
            .iter()
            .all(|part| part.name == "content" || !part.is_estimate)
    );
}

#[test]
fn the_time_of_a_store_is_that_of_its_server() {
    let Some(server) = Postgres::shared() else { return };
    let (_, store) = store(server);
    let journal = store.namespace("default").unwrap().journal();
    let asked = SystemClock.now();
    let time = block_on(journal.store_time()).unwrap().unwrap();
    let skew = ClockSkew::between((asked, SystemClock.now()), time);
    assert!(!skew.is_too_large(), "both are this machine's: {skew}");
}

#[test]
fn whatever_is_changed_in_a_store_is_named_with_its_table() {
    let Some(server) = Postgres::shared() else { return };
    let (schema, store) = store(server);
    let namespace = store.namespace("default").unwrap();
    let mut owned = block_on(namespace.journal().acquire(owner(1), Acquire::IfFree)).unwrap();
    for at in 0..4 {
        block_on(owned.append(&commit(at))).unwrap();
    }
    let fleet = b"{}";
    block_on(owned.put_content(Digest::of(fleet), fleet)).unwrap();
    assert_eq!(damage(&namespace), Vec::<String>::new());
    server.run(&format!("UPDATE {schema}.commits SET crc = crc + 1 WHERE at = 1"));
    let found = damage(&namespace);
    assert!(
        found.len() == 1 && found[0].starts_with("commits:") && found[0].contains("record #1"),
        "{found:?}"
    );
    server.run(&format!("DELETE FROM {schema}.commits WHERE at = 1"));
    let found = damage(&namespace);
    assert!(found[0].contains("the records from #1 to #2 are missing"), "{found:?}");
    server.run(&format!("UPDATE {schema}.content SET bytes = '\\x00'"));
    let found = damage(&namespace);
    assert!(found.iter().any(|it| it.starts_with("content:")), "{found:?}");
}
