//! Jobs that there are and were.

use std::sync::Arc;

use futures::executor::block_on;
use pogo_core::history::{JobEventsQuery, JobFilter, JobHistory};
use pogo_core::journal::{Acquire, Commit, Journal, Seq, replay};
use pogo_core::scheduler::{JobId, JobStatus, Record};

use crate::compaction::log;
use crate::ensemble::{Ensemble, path};
use crate::owners::{PATIENT, acquire, made, namespace};
use crate::tree::set_data;

/// All events of a job, in pages of so many.
pub(crate) fn events(history: &dyn JobHistory, job: JobId, limit: usize) -> Vec<(Seq, Record)> {
    let (mut events, mut query) = (vec![], JobEventsQuery::of(job).limit(limit));
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
    let Some(ensemble) = Ensemble::shared() else { return };
    let path = path();
    let address = made(ensemble.address(&path, PATIENT));
    let (here, elsewhere) = (namespace(&address), namespace(&address));
    assert_eq!(block_on(elsewhere.jobs(&JobFilter::new())).unwrap().entries, []);
    let journal: Arc<dyn Journal> = here.journal();
    let records = log(20);
    let of_job: Vec<(Seq, Record)> = (0..)
        .map(Seq)
        .zip(records.clone())
        .filter(|(_, record)| record.event.job() == Some(JobId::new(1)))
        .collect();
    let mut at = Seq(0);
    for (nonce, part) in (1..).zip(records.chunks(records.len() / 3)) {
        // Each third by another owner, who knows nothing of single hosts.
        let mut owned = acquire(&journal, nonce, Acquire::IfFree).unwrap();
        for piece in part.chunks(7) {
            at = block_on(owned.append(&Commit::new(at, piece.to_vec()))).unwrap();
            let upto = usize::try_from(at.0).unwrap();
            // Whoever opens it now has the list as it was written, and what came since.
            for history in [&here, &elsewhere, &namespace(&address)] {
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
            assert_eq!(events(&elsewhere, JobId::new(1), 11), seen);
            block_on(owned.snapshot(at, replay(&records[..upto]).unwrap().snapshot())).unwrap();
        }
    }
    let page = block_on(elsewhere.jobs(&JobFilter::new())).unwrap();
    assert_eq!(page.entries[0].progress.status, JobStatus::Finished);
    for limit in [1, 1_000] {
        assert_eq!(events(&here, JobId::new(1), limit), of_job);
    }
    let host = "web7".parse().unwrap();
    let of_host = block_on(here.job_events(&JobEventsQuery::of(JobId::new(1)).on(host))).unwrap();
    let is_of_host = |(_, record): &(Seq, Record)| record.event.host().is_some_and(|host| host.as_str() == "web7");
    assert!(!of_host.records.is_empty() && of_host.records.iter().all(is_of_host));
    // A list that is damaged is made of what records the journal has; it is no list without end.
    set_data(ensemble, &format!("/{path}/ns/default/jobs"), b"nonsense\nand more");
    assert!(block_on(namespace(&address).jobs(&JobFilter::new())).is_ok());
}
