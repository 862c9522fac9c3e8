//! One dispatcher owns a journal: others are refused, wait, or take over by force; and the journal says who did.

use std::sync::Arc;

use futures::executor::block_on;
use futures::future::{join, select};
use pogo_core::Timestamp;
use pogo_core::dispatcher::{AcceptRestore, DispatchError, Dispatcher, Handle};
use pogo_core::journal::{Acquire, Epoch, JournalError, MemoryJournal, Nonce, OwnerId};
use pogo_core::scheduler::{Event, Input, NamespaceEvent, NamespaceEventKind, Order, Record, Scheduler};

use super::shop::{Counting, Patient, fleet_and_policy, spec};
use super::takeover::die_in_the_middle;

async fn open(journal: &MemoryJournal, owner: &str, how: Acquire) -> Result<(Dispatcher, Handle), DispatchError> {
    let builder = Dispatcher::builder(Arc::<Counting>::default()).journal(Arc::new(journal.clone()));
    let builder = builder.owner(OwnerId(owner.into())).clock(Arc::new(Patient::default()));
    builder.acquire(how).build().await
}

/// The first record of each epoch but the first one.
fn takeovers(records: &[Record]) -> Vec<(String, u64, Option<String>)> {
    let taken_over = |record: &Record| match &record.event {
        Event::Namespace(NamespaceEvent {
            kind: NamespaceEventKind::OwnerChanged { owner, epoch, from },
            ..
        }) => Some((owner.to_string(), epoch.0, from.as_ref().map(ToString::to_string))),
        _ => None,
    };
    records.iter().filter_map(taken_over).collect()
}

#[test]
fn a_journal_that_is_owned_is_not_taken_over_unasked() {
    block_on(async {
        let journal = MemoryJournal::new();
        let (dispatcher, handle) = open(&journal, "one", Acquire::IfFree).await.unwrap();
        let builder = Dispatcher::builder(Arc::<Counting>::default()).journal(Arc::new(journal.clone()));
        let refused = builder.build().await.map(|_| ());
        let held = JournalError::Held {
            owner: OwnerId("one".into()),
            epoch: Epoch(1),
            since: Timestamp::EPOCH,
        };
        assert_eq!(refused, Err(DispatchError::Journal(held)));
        let (fleet, policy) = fleet_and_policy();
        let (ended, configured) = join(dispatcher.run(), async move { handle.configure(fleet, policy).await }).await;
        ended.unwrap();
        configured.unwrap();
    });
}

#[test]
fn who_waits_goes_on_when_the_owner_has_ended() {
    block_on(async {
        let journal = MemoryJournal::new();
        let (dispatcher, handle) = open(&journal, "one", Acquire::IfFree).await.unwrap();
        let steer = async move {
            let (fleet, policy) = fleet_and_policy();
            handle.configure(fleet, policy).await.unwrap();
            handle.submit(spec()).await.unwrap();
        };
        let (ended, (), waited) = futures::join!(dispatcher.run(), steer, open(&journal, "two", Acquire::Wait));
        let (dispatcher, handle) = waited.unwrap();
        drop(handle);
        assert!(dispatcher.run().await.unwrap().same_state(&ended.unwrap()));
        assert_eq!(
            takeovers(&journal.records()),
            [("two".to_owned(), 2, Some("one".to_owned()))]
        );
    });
}

#[test]
fn a_dispatcher_that_is_idle_ends_when_somebody_takes_over_by_force() {
    block_on(async {
        let journal = MemoryJournal::new();
        let (first, handle) = open(&journal, "one", Acquire::IfFree).await.unwrap();
        let (ended, second) = join(first.run(), open(&journal, "two", Acquire::Force)).await;
        assert_eq!(ended.map(|_| ()), Err(DispatchError::Journal(JournalError::Fenced)));
        assert!(handle.query(|_| ()).await.is_err());
        assert!(second.is_ok());
    });
}

#[test]
fn each_epoch_but_the_first_begins_with_who_took_over_from_whom() {
    block_on(async {
        let journal = MemoryJournal::new();
        die_in_the_middle(&journal, None).await;
        assert_eq!(takeovers(&journal.records()), [], "there is nobody to take over from");
        let mut ends = vec![];
        for owner in ["two", "three"] {
            ends.push(journal.records().len());
            let (dispatcher, handle) = open(&journal, owner, Acquire::IfFree).await.unwrap();
            // What ran is in doubt, so the job is blocked, and the dispatcher ends with its last handle.
            drop(handle);
            dispatcher.run().await.unwrap();
        }
        let records = journal.records();
        let said = |owner: &str, epoch, from: &str| (owner.to_owned(), epoch, Some(from.to_owned()));
        assert_eq!(takeovers(&records), [said("two", 2, "pogo"), said("three", 3, "two")]);
        for end in ends {
            assert_eq!(
                takeovers(&records[end..=end]).len(),
                1,
                "it is the first record of its epoch"
            );
        }
        pogo_audit::audit(&records).unwrap();
    });
}

#[test]
fn a_dispatcher_of_before_a_restore_ends_although_its_epoch_is_given_out_again() {
    block_on(async {
        let journal = MemoryJournal::new();
        let backup = journal.backup();
        let (first, handle) = open(&journal, "one", Acquire::IfFree).await.unwrap();
        journal.restore(&backup);
        let accepted = AcceptRestore::because("a test");
        let second = Dispatcher::builder(Arc::<Counting>::default()).journal(Arc::new(journal.clone()));
        let (_second, _) = second.accept_restore(accepted).build().await.unwrap();
        let steer = async move {
            let (fleet, policy) = fleet_and_policy();
            handle.configure(fleet, policy).await.is_err()
        };
        let (ended, refused) = join(first.run(), steer).await;
        assert_eq!(ended.map(|_| ()), Err(DispatchError::Journal(JournalError::Fenced)));
        assert!(refused);
        assert_eq!(journal.records().len(), 1, "that it was restored");
    });
}

#[test]
fn a_dispatcher_of_the_same_name_and_nonce_takes_over_only_once_it_is_free() {
    block_on(async {
        let journal = MemoryJournal::new();
        let build = || {
            let builder = Dispatcher::builder(Arc::<Counting>::default()).nonce(Nonce(1));
            builder.journal(Arc::new(journal.clone())).build()
        };
        let first = build().await.unwrap();
        assert!(build().await.is_err());
        drop(first);
        let (second, handle) = build().await.unwrap();
        // A first poll, with which it would end if it did not own the journal.
        drop(select(Box::pin(second.run()), Box::pin(handle.query(|_| ()))).await);
    });
}

#[test]
fn that_somebody_took_over_is_recorded_and_decides_nothing() {
    let mut scheduler = Scheduler::new();
    let (fleet, policy) = fleet_and_policy();
    scheduler
        .handle(Timestamp::EPOCH, Order::Configure { fleet, policy })
        .unwrap();
    let before = scheduler.clone();
    let (owner, epoch, from) = (OwnerId("two".into()), Epoch(2), Some(OwnerId("one".into())));
    let input = Input::OwnerChanged {
        owner: owner.clone(),
        epoch,
        from: from.clone(),
    };
    let events = scheduler.handle(Timestamp::EPOCH, input).unwrap();
    assert_eq!(
        events,
        [Event::of_namespace(NamespaceEventKind::OwnerChanged {
            owner,
            epoch,
            from
        })]
    );
    assert!(scheduler.same_state(&before));
}
