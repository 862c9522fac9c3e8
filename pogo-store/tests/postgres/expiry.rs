//! What has expired is dropped, a part of a table at a time.

use std::time::Duration;

use futures::executor::block_on;
use pogo_core::journal::{Acquire, Commit, Journal, Seq};
use pogo_store::Retention;
use pogo_store::postgres::{PostgresNamespace, PostgresStore};

use crate::compaction::log;
use crate::conformance::schema;
use crate::faults::owner;
use crate::server::Postgres;

/// A namespace with parts of years ago, and jobs that are over but for the second.
fn aged(server: &Postgres) -> (String, PostgresNamespace) {
    let schema = schema();
    let address = server.address(&schema);
    block_on(PostgresStore::migrate(&address)).unwrap();
    let store = block_on(PostgresStore::open(&address)).unwrap();
    let namespace = store.namespace("default").unwrap();
    let journal = namespace.journal();
    let mut owned = block_on(journal.acquire(owner(1), Acquire::IfFree)).unwrap();
    block_on(owned.append(&Commit::new(Seq(0), log(3)))).unwrap();
    drop(owned);
    let mut script = format!(
        "SET search_path = {schema};
         INSERT INTO jobs SELECT id, job, 1000 * job, 1000 * job + 900, job <> 2, '' FROM namespaces, generate_series(1, 3) job
             ON CONFLICT (namespace, job) DO UPDATE SET first = excluded.first, until = excluded.until, retired = excluded.retired;"
    );
    for (table, key) in [("output", "day"), ("sealed", "day"), ("history", "stored")] {
        script += &format!(
            "CREATE TABLE IF NOT EXISTS {table}_1 PARTITION OF {table} FOR VALUES IN (1) PARTITION BY RANGE ({key});"
        );
    }
    for (day, next, job) in [
        ("20200101", "2020-01-02", 1),
        ("20200102", "2020-01-03", 2),
        ("20200103", "2020-01-04", 9),
    ] {
        script += &format!(
            "CREATE TABLE output_1_{day} PARTITION OF output_1 FOR VALUES FROM ('{day}') TO ('{next}');
             CREATE TABLE sealed_1_{day} PARTITION OF sealed_1 FOR VALUES FROM ('{day}') TO ('{next}');
             INSERT INTO output SELECT 1, '{day}', {job}, a, 0, 0, 'web1', 0, 'x' FROM generate_series(1, 500) a;
             INSERT INTO output SELECT 1, '{day}', 3, a, 0, 0, 'web1', 0, 'x' FROM generate_series(1, 500) a;
             INSERT INTO sealed SELECT 1, '{day}', {job}, a, 'web1', 1, 'x' FROM generate_series(1, 500) a;"
        );
    }
    // Job 1 has ended before the second one began, whose records are in the second month.
    for (month, from, next, at) in [
        ("201901", "2019-01-01", "2019-02-01", 1000),
        ("201902", "2019-02-01", "2019-03-01", 2000),
    ] {
        script += &format!(
            "CREATE TABLE history_1_{month} PARTITION OF history_1 FOR VALUES FROM ('{from} UTC') TO ('{next} UTC');
             INSERT INTO history SELECT 1, a, a + 1, 0, 1, '{{}}', '{from} UTC', '' FROM generate_series({at}, {at} + 899) a;"
        );
    }
    server.run(&script);
    (schema, namespace)
}

fn parts(server: &Postgres, schema: &str) -> Vec<String> {
    let listed = server.run(&format!(
        "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
          WHERE nspname = '{schema}' AND relkind = 'r' AND relname ~ '_1_20(19|20)' ORDER BY 1"
    ));
    listed.lines().map(str::to_owned).collect()
}

#[test]
fn parts_that_have_expired_are_dropped_but_for_those_of_jobs_that_are_not_over() {
    let Some(server) = Postgres::shared() else { return };
    let (schema, namespace) = aged(server);
    let all = parts(server, &schema);
    assert_eq!(all.len(), 8, "{all:?}");
    let century = Duration::from_secs(100 * 365 * 24 * 60 * 60);
    let keep = Retention::new().age(century).events(century);
    assert_eq!(block_on(namespace.prune(keep)).unwrap(), []);
    let dropped = block_on(namespace.prune(Retention::new().events(century))).unwrap();
    let names: Vec<&str> = dropped.iter().map(|part| &*part.table).collect();
    // Of the third day there is a job that the list does not know.
    assert_eq!(names, ["output_1_20200101", "sealed_1_20200101"]);
    assert!(dropped.iter().all(|part| part.bytes > 0));
    let dropped = block_on(namespace.prune(Retention::new().age(century))).unwrap();
    let names: Vec<&str> = dropped.iter().map(|part| &*part.table).collect();
    assert_eq!(names, ["history_1_201901"]);
    assert_eq!(parts(server, &schema).len(), 5);
}

#[test]
fn an_owner_drops_what_has_expired_by_itself_unless_all_is_kept() {
    let Some(server) = Postgres::shared() else { return };
    let (schema, namespace) = aged(server);
    let journal = namespace.journal();
    namespace.set_retention(None);
    let owned = block_on(journal.acquire(owner(2), Acquire::IfFree)).unwrap();
    drop(owned);
    assert_eq!(parts(server, &schema).len(), 8);
    namespace.set_retention(Some(Retention::new()));
    let _owned = block_on(journal.acquire(owner(3), Acquire::IfFree)).unwrap();
    while parts(server, &schema).len() > 5 {
        std::thread::yield_now();
    }
    assert_eq!(block_on(namespace.prune(Retention::new())).unwrap(), []);
}
