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
