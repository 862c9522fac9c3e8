//! A journal that fails: nothing is acted on before it is durable, and nothing is written twice.

use std::sync::Arc;

use futures::executor::block_on;
use pogo_core::dispatcher::DispatchError;
use pogo_core::journal::{JournalError, MemoryJournal, replay};
use pogo_core::scheduler::JobStatus;

use super::flaky::{Fate, Flaky};
use super::shop::{Counting, JOB, run_a_job};

/// Runs a job over such a journal; its records are those of an undisturbed run.
fn runs_as_if_undisturbed(fates: &[Fate]) {
    let undisturbed = MemoryJournal::new();
    block_on(run_a_job(&Arc::default(), Arc::new(undisturbed.clone()))).unwrap();

    let transport = Arc::<Counting>::default();
    let (journal, inner) = Flaky::flaky(fates);
    let ended = block_on(run_a_job(&transport, journal)).unwrap();
    assert_eq!(ended.job(JOB).unwrap().status(), JobStatus::Finished, "{fates:?}");
    assert_eq!(transport.ran(), ["web1", "web2", "web3", "web4"], "{fates:?}");
    let events = |journal: &MemoryJournal| {
        journal
            .records()
            .into_iter()
            .map(|record| record.event)
            .collect::<Vec<_>>()
    };
    assert_eq!(events(&inner), events(&undisturbed), "{fates:?}");
    assert!(replay(&inner.records()).unwrap().same_state(&ended), "{fates:?}");
}

#[test]
fn a_commit_whose_answer_is_lost_is_written_once() {
    runs_as_if_undisturbed(&[Fate::LandsUnknown, Fate::Lands, Fate::LandsUnknown]);
    runs_as_if_undisturbed(&[Fate::Lands, Fate::LostUnknown, Fate::LostUnknown]);
    runs_as_if_undisturbed(&[Fate::LostUnknown, Fate::LandsUnknown]);
}

#[test]
fn a_store_that_is_away_for_a_while_is_tried_again() {
    runs_as_if_undisturbed(&[Fate::Unavailable, Fate::Unavailable, Fate::Lands, Fate::Unavailable]);
}

#[test]
fn a_commit_that_landed_although_the_store_seemed_away_is_written_once() {
    runs_as_if_undisturbed(&[Fate::Lands, Fate::LandsUnavailable, Fate::Lands, Fate::LandsUnavailable]);
}

#[test]
fn nothing_starts_that_is_not_durable() {
    // The second commit is the submission, with the first start in it.
    for fate in [Fate::Fenced, Fate::Unavailable] {
        let transport = Arc::<Counting>::default();
        let fates = [&[Fate::Lands][..], &[fate; 20]].concat();
        let (journal, inner) = Flaky::flaky(&fates);
        let ended = block_on(run_a_job(&transport, journal));
        match (fate, ended) {
            (Fate::Fenced, Err(DispatchError::Journal(JournalError::Fenced))) => {}
            (Fate::Unavailable, Err(DispatchError::Journal(JournalError::Unavailable { .. }))) => {}
            (fate, ended) => panic!("{fate:?} ended in {:?}", ended.map(|_| ())),
        }
        assert_eq!(transport.ran(), [""; 0]);
        assert_eq!(inner.records().len(), 1);
    }
}
