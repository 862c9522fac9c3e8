//! A takeover happens at one moment, however the clock goes on meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::executor::block_on;
use futures::future::{Either, pending, select};
use pogo_audit::audit;
use pogo_core::Timestamp;
use pogo_core::dispatcher::{Clock, Dispatcher, DispatcherBuilder};
use pogo_core::journal::MemoryJournal;
use pogo_core::scheduler::{Event, NamespaceEventKind, Record};

use super::shop::{Counting, fleet_and_policy, spec};

/// Goes on by a millisecond each time that it is looked at.
struct Hasty(AtomicU64);

#[async_trait]
impl Clock for Hasty {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.fetch_add(1, Ordering::Relaxed))
    }

    async fn sleep_until(&self, _: Timestamp) {
        pending().await
    }
}

fn builder(journal: &MemoryJournal, transport: Counting, began: u64) -> DispatcherBuilder {
    Dispatcher::builder(Arc::new(transport))
        .journal(Arc::new(journal.clone()))
        .clock(Arc::new(Hasty(AtomicU64::new(began))))
}

/// A dispatcher that dies while `web1` waits for its retry, and keeps the only slot.
async fn die_before_a_retry(journal: &MemoryJournal) {
    let transport = Counting {
        gone: vec!["web1"],
        ..Counting::default()
    };
    let (dispatcher, handle) = builder(journal, transport, 0).build().await.unwrap();
    let steer = Box::pin(async {
        let (fleet, policy) = fleet_and_policy();
        handle.configure(fleet, policy).await.unwrap();
        let retried = spec().retries(1).retry_delay(Duration::from_secs(60));
        handle.submit(retried).await.unwrap();
        let has_ended = |record: &Record| record.event.ended().is_some();
        while !journal.records().iter().any(has_ended) {
            handle.query(|_| ()).await.unwrap();
        }
    });
    let Either::Right(_) = select(Box::pin(dispatcher.run()), steer).await else {
        panic!("it ended by itself")
    };
}

#[test]
fn what_fell_due_while_nobody_dispatched_begins_at_the_moment_of_the_takeover() {
    block_on(async {
        let journal = MemoryJournal::new();
        die_before_a_retry(&journal).await;
        let before = journal.records().len();
        let _next = builder(&journal, Counting::default(), 3_600_000).build().await.unwrap();
        let records = journal.records();
        let taken_over = &records[before..];
        assert!(matches!(
            &taken_over[0].event,
            Event::Namespace(event) if matches!(event.kind, NamespaceEventKind::OwnerChanged { .. })
        ));
        assert!(
            taken_over.iter().any(|record| record.event.started().is_some()),
            "{taken_over:?}"
        );
        // A host that could have started at the moment before would have been left waiting in it.
        audit(&records).unwrap();
        let began = taken_over[0].at;
        assert!(taken_over.iter().all(|record| record.at == began), "{taken_over:?}");
    });
}
