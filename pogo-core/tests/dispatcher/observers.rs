//! Several observers, and what each gets at the start.

use std::sync::{Arc, Mutex};

use futures::executor::block_on;
use pogo_core::dispatcher::{DispatchError, Dispatcher, Observer};
use pogo_core::journal::MemoryJournal;
use pogo_core::scheduler::{Record, Scheduler};

use super::shop::{Counting, JOB, Patient, fleet_and_policy, run_a_job, spec};
use super::takeover::die_in_the_middle;

/// Goes on from the state that it starts with, by events alone.
#[derive(Default)]
struct Copying(Mutex<Option<Scheduler>>);

impl Observer for Copying {
    fn started(&self, scheduler: &Scheduler) {
        let before = self.0.lock().unwrap().replace(scheduler.clone());
        assert!(before.is_none(), "it starts once");
    }

    fn event(&self, record: &Record) {
        let mut copy = self.0.lock().unwrap();
        copy.as_mut().unwrap().apply(record).unwrap();
    }
}

impl Copying {
    fn is(&self, scheduler: &Scheduler) -> bool {
        self.0.lock().unwrap().as_ref().unwrap().same_state(scheduler)
    }
}

/// Cannot even start.
struct Broken;

impl Observer for Broken {
    fn started(&self, _scheduler: &Scheduler) {
        panic!("no")
    }
}

#[test]
fn an_observer_that_starts_with_the_state_has_it_in_the_end() {
    block_on(async {
        for dies in [false, true] {
            let journal = MemoryJournal::new();
            match dies {
                true => die_in_the_middle(&journal, None).await,
                false => drop(run_a_job(&Arc::default(), Arc::new(journal.clone())).await.unwrap()),
            }
            let copy = Arc::<Copying>::default();
            let builder = Dispatcher::builder(Arc::<Counting>::default()).journal(Arc::new(journal));
            let builder = builder
                .clock(Arc::new(Patient::default()))
                .observer(Arc::clone(&copy) as _);
            let (dispatcher, handle) = builder.build().await.unwrap();
            let steer = async move {
                handle.submit(spec()).await.unwrap();
            };
            let (ended, ()) = futures::join!(dispatcher.run(), steer);
            assert!(copy.is(&ended.unwrap()), "died: {dies}");
        }
    });
}

#[test]
fn every_observer_is_told_of_everything_whatever_the_others_do() {
    block_on(async {
        let (first, last) = (Arc::<Copying>::default(), Arc::<Copying>::default());
        let journal = MemoryJournal::new();
        let builder = Dispatcher::builder(Arc::<Counting>::default()).journal(Arc::new(journal.clone()));
        let builder = builder.observer(Arc::clone(&first) as _).observer(Arc::new(Broken));
        let (dispatcher, handle) = builder.observer(Arc::clone(&last) as _).build().await.unwrap();
        let steer = async move {
            let (fleet, policy) = fleet_and_policy();
            handle.configure(fleet, policy).await.unwrap();
            handle.submit(spec()).await.unwrap();
        };
        let (ended, ()) = futures::join!(dispatcher.run(), steer);
        assert_eq!(ended.unwrap_err(), DispatchError::Observer { panics: 1 });
        let replayed = pogo_core::journal::replay(&journal.records()).unwrap();
        assert_eq!(replayed.job(JOB).unwrap().tally().succeeded, 4);
        assert!(first.is(&replayed) && last.is(&replayed));
    });
}
