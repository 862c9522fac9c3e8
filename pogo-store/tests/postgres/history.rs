//! Jobs that there are and were.

use std::sync::Arc;

use futures::executor::block_on;
use pogo_core::history::{JobEventsQuery, JobFilter, JobHistory};
use pogo_core::journal::{Acquire, Commit, Journal, Seq, replay};
use pogo_core::scheduler::{JobId, JobStatus, Record};
use pogo_store::postgres::PostgresStore;

use crate::compaction::log;
use crate::conformance::schema;
use crate::faults::owner;
use crate::server::Postgres;

/// All events of a job, in pages of so many.
fn events(history: &dyn JobHistory, limit: usize) -> Vec<(Seq, Record)> {
    let (mut events, mut query) = (vec![], JobEventsQuery::of(JobId::new(1)).limit(limit));
    loop {
        let page = block_on(history.job_events(&query)).unwrap();
        assert!(page.records.len() <= limit);
        events.extend(page.records);
        let Some(next) = page.next else { return events };
        query = query.after(next);
    }
}

#[test]
fn a_job_is_remembered_while_it_runs_and_after_its_records_left_the_journal() {
    let Some(server) = Postgres::shared() else { return };
    let schema = schema();
    let address = server.address(&schema);
    block_on(PostgresStore::migrate(&address)).unwrap();
    let open = || {
        block_on(PostgresStore::open(&address))
            .unwrap()
            .namespace("default")
            .unwrap()
    };
    let (namespace, elsewhere) = (open(), open());
    assert_eq!(block_on(elsewhere.jobs(&JobFilter::new())).unwrap().entries, []);
    let journal: Arc<dyn Journal> = namespace.journal();
    let records = log(20);
    let of_job: Vec<(Seq, Record)> = (0..)
        .map(Seq)
        .zip(records.clone())
        .filter(|(_, record)| record.event.job() == Some(JobId::new(1)))
        .collect();
    let mut at = Seq(0);
    for (nonce, part) in (1..).zip(records.chunks(records.len() / 3)) {
        // Each third by another owner, who knows nothing of single hosts.
        let mut owned = block_on(journal.acquire(owner(nonce), Acquire::IfFree)).unwrap();
        for piece in part.chunks(7) {
            at = block_on(owned.append(&Commit::new(at, piece.to_vec()))).unwrap();
            let upto = usize::try_from(at.0).unwrap();
            for history in [&namespace, &elsewhere] {
                let page = block_on(history.jobs(&JobFilter::new())).unwrap();
                let state = replay(&records[..upto]).unwrap();
                let told = page
                    .entries
                    .first()
                    .map(|entry| (entry.job, entry.progress.status, entry.progress.tally));
                let wanted = state.jobs().next().map(|job| (job.id(), job.status(), job.tally()));
                assert_eq!(told, wanted, "after {at}");
            }
            let seen: Vec<_> = of_job.iter().filter(|(seq, _)| *seq < at).cloned().collect();
            assert_eq!(events(&elsewhere, 11), seen);
            block_on(owned.snapshot(at, replay(&records[..upto]).unwrap().snapshot())).unwrap();
        }
    }
    let page = block_on(elsewhere.jobs(&JobFilter::new())).unwrap();
    assert_eq!(page.entries[0].progress.status, JobStatus::Finished);
    for limit in [1, 1_000] {
        assert_eq!(events(&namespace, limit), of_job);
    }
    let host = "web7".parse().unwrap();
    let of_host = block_on(namespace.job_events(&JobEventsQuery::of(JobId::new(1)).on(host))).unwrap();
    assert!(
        !of_host.records.is_empty()
            && of_host
                .records
                .iter()
                .all(|(_, record)| record.event.host().is_some_and(|host| host.as_str() == "web7"))
    );
}

/// More than are read at once, of which each third has not retired.
#[test]
fn a_list_is_read_to_its_end_in_pages_of_any_size() {
    let Some(server) = Postgres::shared() else { return };
    let schema = schema();
    let address = server.address(&schema);
    block_on(PostgresStore::migrate(&address)).unwrap();
    let store = block_on(PostgresStore::open(&address)).unwrap();
    let namespace = store.namespace("default").unwrap();
    let mut owned = block_on(namespace.journal().acquire(owner(1), Acquire::IfFree)).unwrap();
    let end = block_on(owned.append(&Commit::new(Seq(0), log(3)))).unwrap();
    let listed = || {
        server.run(&format!(
            "SELECT count(*) FROM {schema}.jobs_upto WHERE upto = {}",
            end.0
        ))
    };
    while listed().trim() != "1" {}
    server.run(&format!(
        "INSERT INTO {schema}.jobs SELECT j.namespace, n, 0, 0, n % 3 <> 0,
                (j.entry::jsonb || jsonb_build_object('job', n, 'retired', n % 3 <> 0, 'status',
                    CASE WHEN n % 3 = 0 THEN 'paused' ELSE 'finished' END))::text
           FROM {schema}.jobs j, generate_series(2, 1700) AS n"
    ));
    let listed = |filter: &JobFilter| {
        let (mut jobs, mut filter) = (vec![], filter.clone());
        loop {
            let page = block_on(namespace.jobs(&filter)).unwrap();
            assert!(page.entries.len() <= filter.limit);
            jobs.extend(page.entries.iter().map(|entry| entry.job.number()));
            let Some(next) = page.next else { return jobs };
            filter = filter.before(next);
        }
    };
    let all: Vec<u64> = (1..=1700).rev().collect();
    for limit in [1_000_000, 499, 500, 100] {
        assert_eq!(listed(&JobFilter::new().limit(limit)), all, "{limit}");
    }
    let unfinished: Vec<u64> = all.iter().copied().filter(|job| job % 3 == 0).collect();
    assert_eq!(listed(&JobFilter::new().unfinished().limit(77)), unfinished);
    assert_eq!(
        listed(&JobFilter::new().statuses([JobStatus::Paused]).limit(77)),
        unfinished
    );
    // A row that cannot be read is made anew of the records of its job.
    let known = block_on(namespace.jobs(&JobFilter::new().before(JobId::new(2)))).unwrap();
    server.run(&format!("UPDATE {schema}.jobs SET entry = 'x' WHERE job = 1"));
    assert_eq!(
        block_on(namespace.jobs(&JobFilter::new().before(JobId::new(2)))).unwrap(),
        known
    );
}

/// The list is written beside the journal, by a task that ends with the ownership wherever it is.
#[test]
fn the_events_of_a_job_are_whole_whenever_its_owner_ends() {
    let Some(server) = Postgres::shared() else { return };
    let address = server.address(&schema());
    block_on(PostgresStore::migrate(&address)).unwrap();
    let (store, records) = (block_on(PostgresStore::open(&address)).unwrap(), log(12));
    let of_job = records.iter().filter(|record| record.event.job().is_some()).count();
    for round in 0..25 {
        let namespace = store.namespace(&format!("n{round}")).unwrap();
        let mut owned = block_on(namespace.journal().acquire(owner(1), Acquire::IfFree)).unwrap();
        for (at, record) in (0..).map(Seq).zip(&records) {
            block_on(owned.append(&Commit::new(at, vec![record.clone()]))).unwrap();
        }
        drop(owned);
        assert_eq!(events(&namespace, 100).len(), of_job, "round {round}");
    }
}
