//! What telemetry costs where nobody listens.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use pogo_core::dispatcher::Observer;
use pogo_core::dispatcher::telemetry::{Metrics, Trace};
use pogo_core::fleet::Fleet;
use pogo_core::plan::{Command, JobSpec};
use pogo_core::policy::Policy;
use pogo_core::scheduler::Scheduler;
use pogo_core::sim::World;

#[test]
fn without_a_subscriber_or_a_recorder_no_event_allocates() {
    let fleet = Fleet::builder().tagged("web", "web[1-200]").build().unwrap();
    let mut world = World::new(fleet, Policy::default()).unwrap();
    world
        .submit(JobSpec::new("$web".parse().unwrap(), Command::shell("true")))
        .unwrap();
    let records = world.run().records;
    for observer in [&Trace::default() as &dyn Observer, &Metrics::default()] {
        observer.started(&Scheduler::new());
        // Tables have grown to their size after the first time.
        records.iter().for_each(|record| observer.event(record));
        let allocated = allocation_counter::measure(|| records.iter().for_each(|record| observer.event(record)));
        assert_eq!(allocated.count_total, 0);
    }
}
