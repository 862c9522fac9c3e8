//! Wherever a dispatcher is shut down, the next goes on: nothing is lost, nothing runs twice, and what is said to have
//! started has started.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::executor::block_on;
use futures::future::join;
use pogo_core::dispatcher::{Attempt, Capabilities, Dispatcher, Reporter, Transport};
use pogo_core::journal::MemoryJournal;
use pogo_core::scheduler::{Event, JobStatus, Outcome, TaskEvent, TaskEventKind};
use proptest::collection::vec;
use proptest::prelude::*;

use super::shop::{JOB, fleet_and_policy, spec};
use super::yields::{Manual, Yielding, Yields, yields};

/// Takes its turns and succeeds.
struct Leisurely {
    yields: Yields,
    ran: Mutex<Vec<u64>>,
}

#[async_trait]
impl Transport for Leisurely {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    async fn run(&self, attempt: Attempt, _report: Reporter) -> Outcome {
        self.ran.lock().unwrap().push(attempt.id.number());
        self.yields.here().await;
        Outcome::Succeeded
    }
}

proptest! {
    #[test]
    fn the_next_dispatcher_goes_on_wherever_one_is_shut_down(
        plan in vec(0_u8..4, 1..40),
        ends in vec(0_u8..40, 1..5),
    ) {
        let journal = MemoryJournal::new();
        let yields_of = Yields::new(plan);
        let transport = Arc::new(Leisurely { yields: yields_of.clone(), ran: Mutex::default() });
        let mut dispatchers = 0;
        let ended = loop {
            let end = ends.get(dispatchers).copied();
            let yielding = Yielding::over(journal.clone(), yields_of.clone());
            let builder = Dispatcher::builder(Arc::clone(&transport) as _).journal(Arc::new(yielding));
            let clock = Arc::<Manual>::default();
            let (dispatcher, handle) = block_on(builder.clock(clock).build()).unwrap();
            let steer = async move {
                if dispatchers == 0 {
                    let (fleet, policy) = fleet_and_policy();
                    handle.configure(fleet, policy).await.unwrap();
                    handle.submit(spec()).await.unwrap();
                }
                if let Some(end) = end {
                    yields(end).await;
                    handle.shutdown(Duration::from_secs(3_600 * 24)).await.ok();
                }
            };
            let (ended, ()) = block_on(join(dispatcher.run(), steer));
            dispatchers += 1;
            if end.is_none() {
                break ended.unwrap();
            }
        };
        prop_assert_eq!(ended.job(JOB).unwrap().status(), JobStatus::Finished);
        prop_assert_eq!(ended.job(JOB).unwrap().tally().succeeded, 4);
        let started: Vec<u64> = journal.records().into_iter().filter_map(|record| match record.event {
            Event::Task(TaskEvent { kind: TaskEventKind::Started { attempt, .. }, .. }) => Some(attempt.number()),
            _ => None,
        }).collect();
        prop_assert_eq!(&started[..], &[1, 2, 3, 4], "no host twice, whatever was shut down");
        prop_assert_eq!(&*transport.ran.lock().unwrap(), &started);
    }
}
