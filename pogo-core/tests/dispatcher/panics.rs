//! What panics beside the dispatcher is caught and reported, and the jobs go on.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::executor::block_on;
use pogo_core::dispatcher::{
    Attempt, Capabilities, DispatchError, Dispatcher, Observer, OrderError, OutputChunk, Reporter, Stream, Transport,
};
use pogo_core::journal::{MemoryJournal, replay};
use pogo_core::scheduler::{Event, JobEventKind, JobStatus, Outcome, Record};

use super::shop::{Counting, JOB, fleet_and_policy, spec};

/// Panics at the first start and at the first piece of output, and keeps the rest.
#[derive(Default)]
struct Shaky {
    started: AtomicBool,
    wrote: AtomicBool,
    events: Mutex<Vec<Event>>,
    pieces: AtomicU32,
}

impl Observer for Shaky {
    fn event(&self, record: &Record) {
        let starts = record.event.started().is_some();
        assert!(
            !starts || self.started.swap(true, Ordering::Relaxed),
            "the first start is too much"
        );
        self.events.lock().unwrap().push(record.event.clone());
    }

    fn output(&self, _chunk: &OutputChunk<'_>) {
        assert!(
            self.wrote.swap(true, Ordering::Relaxed),
            "the first piece of output is too much"
        );
        self.pieces.fetch_add(1, Ordering::Relaxed);
    }
}

/// Says a word and succeeds.
struct Talking;

#[async_trait]
impl Transport for Talking {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn run(&self, _attempt: Attempt, report: Reporter) -> Outcome {
        report.output(Stream::Stdout, b"well").await;
        Outcome::Succeeded
    }
}

#[test]
fn an_observer_that_panics_is_told_of_what_comes_after_and_stops_nothing() {
    block_on(async {
        let (journal, observer) = (MemoryJournal::new(), Arc::<Shaky>::default());
        let builder = Dispatcher::builder(Arc::new(Talking)).journal(Arc::new(journal.clone()));
        let (dispatcher, handle) = builder.observer(Arc::clone(&observer) as _).build().await.unwrap();
        let steer = async move {
            let (fleet, policy) = fleet_and_policy();
            handle.configure(fleet, policy).await.unwrap();
            handle.submit(spec()).await.unwrap();
        };
        let (ended, ()) = futures::join!(dispatcher.run(), steer);
        assert_eq!(ended.unwrap_err(), DispatchError::Observer { panics: 2 });
        let records = journal.records();
        let job = replay(&records).unwrap().job(JOB).unwrap().tally();
        assert_eq!(job.succeeded, 4, "every host was run, and none is in doubt");
        let seen = observer.events.lock().unwrap();
        assert_eq!(seen.len(), records.len() - 1, "all but the event that it panicked at");
        let last = seen.last().and_then(Event::job_kind);
        assert!(matches!(last, Some(JobEventKind::Finished { .. })));
        assert_eq!(observer.pieces.load(Ordering::Relaxed), 3);
    });
}

#[test]
fn a_query_that_panics_says_so_and_the_jobs_go_on() {
    block_on(async {
        let transport = Arc::<Counting>::default();
        let (dispatcher, handle) = Dispatcher::builder(Arc::clone(&transport) as _).build().await.unwrap();
        let steer = async move {
            let (fleet, policy) = fleet_and_policy();
            handle.configure(fleet, policy).await.unwrap();
            let result = handle.query(|scheduler| assert!(scheduler.job(JOB).is_some())).await;
            assert_eq!(result, Err(OrderError::Panicked));
            handle.submit(spec()).await.unwrap();
            let jobs = handle.query(|scheduler| scheduler.jobs().count()).await;
            assert_eq!(jobs, Ok(1));
        };
        let (ended, ()) = futures::join!(dispatcher.run(), steer);
        assert_eq!(ended.unwrap().job(JOB).unwrap().status(), JobStatus::Finished);
    });
}
