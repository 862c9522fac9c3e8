//! A replica that is asked for the history.

use std::sync::Arc;

use futures::executor::block_on;
use pogo_core::Timestamp;
use pogo_core::history::{JobEventsQuery, JobFilter, JobHistory};
use pogo_core::journal::{Acquire, Commit, Journal, OwnedJournal, Seq, replay};
use pogo_core::output::{OutputFrame, OutputSource, OutputStore, Stream};
use pogo_core::scheduler::{AttemptId, JobId, Record};
use pogo_store::postgres::{PostgresAddress, PostgresNamespace, PostgresStore};

use crate::compaction::log;
use crate::conformance::schema;
use crate::faults::owner;
use crate::server::Postgres;

const JOB: JobId = JobId::new(1);

/// What anybody can read of the job: entries of its list, records and output.
fn readable(namespace: &PostgresNamespace) -> (usize, usize, Vec<u8>) {
    let jobs = block_on(namespace.jobs(&JobFilter::new())).unwrap();
    let events = block_on(namespace.job_events(&JobEventsQuery::of(JOB))).unwrap();
    let attempt = (JOB, AttemptId::new(1));
    let page = block_on(namespace.output().read(attempt, Stream::Stdout, 0..u64::MAX)).unwrap();
    let output = page.frames.iter().flat_map(|frame| frame.bytes.to_vec()).collect();
    (jobs.entries.len(), events.records.len(), output)
}

/// That the job has left the scheduler.
fn retired() -> Record {
    serde_json::from_str(r#"{"at":1000000,"event":"job_retired","job":1}"#).unwrap()
}

/// Appends the records of a job that retires, and what a host of it wrote.
fn fill(namespace: &PostgresNamespace, owned: &mut Box<dyn OwnedJournal>) -> usize {
    let records = log(12);
    let source = Arc::new(OutputSource::new(JOB, "web1".parse().unwrap(), AttemptId::new(1)));
    let frame = OutputFrame::new(
        source.clone(),
        Stream::Stdout,
        0,
        Timestamp::from_millis(7),
        &b"kept\n"[..],
    );
    block_on(namespace.output().append(&[frame])).unwrap();
    block_on(namespace.output().seal(&source, 5)).unwrap();
    let mut at = Seq(0);
    for piece in records.chunks(9) {
        at = block_on(owned.append(&Commit::new(at, piece.to_vec()))).unwrap();
        let upto = usize::try_from(at.0).unwrap();
        block_on(owned.snapshot(at, replay(&records[..upto]).unwrap().snapshot())).unwrap();
    }
    block_on(owned.append(&Commit::new(at, vec![retired()]))).unwrap();
    let of_job = records.iter().filter(|record| record.event.job() == Some(JOB));
    of_job.count() + 1
}

fn with_history(address: &PostgresAddress, replica: &Postgres) -> PostgresNamespace {
    let host = replica.address("any").expose();
    let (_, host) = host.split_once("host=").unwrap();
    let folder = host.split('&').next().unwrap();
    let text = format!("{}&history={folder}%3A{}", address.expose(), replica.port());
    let store = block_on(PostgresStore::open(&text.parse().unwrap())).unwrap();
    store.namespace("default").unwrap()
}

#[test]
fn a_replica_answers_for_what_has_retired_and_the_database_for_the_rest() {
    let Some(server) = Postgres::start() else { return };
    let schema = schema();
    let address = server.address(&schema);
    block_on(PostgresStore::migrate(&address)).unwrap();
    let store = block_on(PostgresStore::open(&address)).unwrap();
    let plain = store.namespace("default").unwrap();
    let mut owned = block_on(plain.journal().acquire(owner(1), Acquire::IfFree)).unwrap();
    let of_job = fill(&plain, &mut owned);
    let is_retired = || server.run(&format!("SELECT coalesce(bool_and(retired), false) FROM {schema}.jobs"));
    while is_retired().trim() != "t" {}
    let replica = server.standby();
    let namespace = with_history(&address, &replica);
    let whole = (1, of_job, b"kept\n".to_vec());
    assert_eq!(readable(&namespace), whole);

    // From here on the replica has what the database has not: whoever sees it has asked there.
    replica.as_superuser("SELECT pg_wal_replay_pause()");
    server.run(&format!("DELETE FROM {schema}.history; DELETE FROM {schema}.output"));
    let (_, records, output) = readable(&plain);
    assert!(records < of_job && output.is_empty());
    assert_eq!(readable(&namespace), whole);
    // Of a job that it has not all of, the database answers; and so of the list, for what has come since.
    server.run(&format!("UPDATE {schema}.jobs SET until = until + 1"));
    assert_eq!(readable(&namespace), readable(&plain));
    server.run(&format!("UPDATE {schema}.jobs SET until = until - 1"));
    assert_eq!(readable(&namespace), whole);
    // What is owned is owned there alone.
    let epoch = block_on(namespace.ownership()).unwrap().epoch;
    assert_eq!(epoch, owned.epoch());
    drop(owned);
    let next = block_on(namespace.journal().acquire(owner(2), Acquire::IfFree)).unwrap();
    assert!(next.epoch() > epoch);
    assert_eq!(readable(&namespace), whole);
    // Promoted it is no replica any more, and might have anything.
    replica.as_superuser("SELECT pg_promote()");
    assert_eq!(readable(&namespace), readable(&plain));
}

#[test]
fn the_list_of_a_replica_that_lags_has_the_newest_jobs_too() {
    let Some(server) = Postgres::start() else { return };
    let schema = schema();
    let address = server.address(&schema);
    block_on(PostgresStore::migrate(&address)).unwrap();
    let store = block_on(PostgresStore::open(&address)).unwrap();
    let plain = store.namespace("default").unwrap();
    let mut owned = block_on(plain.journal().acquire(owner(1), Acquire::IfFree)).unwrap();
    let mut records = log(12);
    records.push(retired());
    let (first, rest) = records.split_at(records.len() / 2);
    let at = block_on(owned.append(&Commit::new(Seq(0), first.to_vec()))).unwrap();
    let listed = |upto: Seq| {
        let found = server.run(&format!("SELECT coalesce(max(upto), 0) FROM {schema}.jobs_upto"));
        found.trim() == upto.0.to_string()
    };
    while !listed(at) {}
    let replica = server.standby();
    replica.as_superuser("SELECT pg_wal_replay_pause()");
    let end = block_on(owned.append(&Commit::new(at, rest.to_vec()))).unwrap();
    while !listed(end) {}
    // A mark in a row that the records do not change, by which the replica's rows are known.
    let namespace = with_history(&address, &replica);
    let jobs = |namespace: &PostgresNamespace| block_on(namespace.jobs(&JobFilter::new())).unwrap();
    let (there, here) = (jobs(&namespace), jobs(&plain));
    assert_eq!(there, here);
    assert!(here.entries[0].progress.retired);
    server.run(&format!(
        "UPDATE {schema}.jobs SET entry = replace(entry, '\"command\":\"true\"', '\"command\":\"marked\"')"
    ));
    assert_eq!(jobs(&plain).entries[0].submitted.command, "marked");
    assert_eq!(
        jobs(&namespace).entries[0].submitted.command,
        "true",
        "the row of the replica"
    );
    drop(replica);
    assert_eq!(
        jobs(&namespace).entries[0].submitted.command,
        "marked",
        "there is no replica any more"
    );
}
