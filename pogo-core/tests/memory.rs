//! What telemetry costs where nobody listens, and output where a store is slow: by counting what is allocated.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::ops::Range;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use futures::executor::block_on;
use pogo_core::dispatcher::telemetry::{Metrics, Trace};
use pogo_core::dispatcher::{Attempt, Capabilities, Dispatcher, Observer, Reporter, Transport};
use pogo_core::fleet::Fleet;
use pogo_core::output::{OutputError, OutputFrame, OutputPage, OutputSource, OutputStore, Stream};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule};
use pogo_core::scheduler::{AttemptId, Event, Input, JobId, Order, Outcome, Scheduler};
use pogo_core::sim::World;
use pogo_core::{Digest, Timestamp};

#[test]
fn without_a_subscriber_or_a_recorder_no_event_allocates() {
    let fleet = Fleet::builder().tagged("web", "web[1-200]").build().unwrap();
    let mut world = World::new(fleet, Policy::default()).unwrap();
    world
        .submit(JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell("true")))
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

static PIECE: [u8; 1 << 10] = [b'x'; 1 << 10];

/// Lets others run, so many times.
async fn give_way(mut times: u32) {
    std::future::poll_fn(|context| {
        if times == 0 {
            return Poll::Ready(());
        }
        times -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Every attempt writes so many kilobytes, once all of them run.
struct Flood(usize);

#[async_trait]
impl Transport for Flood {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_output()
    }

    async fn run(&self, _attempt: Attempt, report: Reporter) -> Outcome {
        give_way(1).await;
        for _ in 0..self.0 {
            report.output(Stream::Stdout, &PIECE).await;
        }
        Outcome::Succeeded
    }
}

/// Keeps nothing, and takes its time for that.
struct SlowAndForgetful;

#[async_trait]
impl OutputStore for SlowAndForgetful {
    async fn append(&self, _frames: &[OutputFrame]) -> Result<(), OutputError> {
        give_way(10).await;
        Ok(())
    }

    async fn seal(&self, _source: &OutputSource, _length: u64) -> Result<Digest, OutputError> {
        Ok(Digest::of(b""))
    }

    async fn read(&self, _: (JobId, AttemptId), _: Stream, _: Range<u64>) -> Result<OutputPage, OutputError> {
        Ok(OutputPage::default())
    }
}

/// The most memory that was used at once while a thousand hosts write so much each.
fn most_used(kilobytes: usize, buffer: usize) -> u64 {
    let run = || {
        block_on(async {
            let builder = Dispatcher::builder(Arc::new(Flood(kilobytes))).output(Arc::new(SlowAndForgetful));
            let (dispatcher, handle) = builder.output_buffer(buffer).build().await.unwrap();
            let steer = async move {
                let fleet = Fleet::builder().tagged("web", "web[1-1000]").build().unwrap();
                handle
                    .configure(Arc::new(fleet), Arc::new(Policy::default()))
                    .await
                    .unwrap();
                handle
                    .submit(JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell("true")))
                    .await
                    .unwrap();
            };
            futures::join!(dispatcher.run(), steer).0.unwrap();
        });
    };
    allocation_counter::measure(run).bytes_max
}

#[test]
fn a_thousand_hosts_that_flood_a_slow_store_use_no_more_memory_than_the_setting_says() {
    let (quiet, small, large) = (most_used(0, 1 << 20), most_used(64, 1 << 20), most_used(64, 8 << 20));
    // What an attempt that waits needs for its turn, however much it writes.
    let waiting = 1_000 * 1_024;
    assert!(
        small < quiet + (1 << 20) + waiting,
        "{small} bytes, and {quiet} without output"
    );
    assert!(
        large < quiet + (8 << 20) + waiting,
        "{large} bytes, and {quiet} without output"
    );
}

/// A job on all hosts whose attempts all succeed.
fn run_job(scheduler: &mut Scheduler) {
    let spec = JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell("true"));
    let at = Timestamp::EPOCH;
    let mut events = scheduler.handle(at, Order::submit(spec)).unwrap();
    while let Some(attempt) = events.iter().find_map(Event::started) {
        let (outcome, output) = (Outcome::Succeeded, None);
        let reported = Input::Reported {
            attempt,
            outcome,
            output,
        };
        events = scheduler.handle(at, reported).unwrap();
    }
}

#[test]
fn five_thousand_jobs_that_have_retired_cost_nothing() {
    let fleet = Fleet::builder().tagged("web", "web[1-3]").build().unwrap();
    let limit = Constraint::new("$web".parse().unwrap(), Rule::MaxParallel("1".parse().unwrap()));
    let policy = Policy::new().constraint(limit).retire_after(Duration::ZERO);
    let (fleet, policy) = (Arc::new(fleet), Arc::new(policy));
    let mut scheduler = Scheduler::new();
    scheduler
        .handle(Timestamp::EPOCH, Order::Configure { fleet, policy })
        .unwrap();
    let mut run = |jobs: u32| allocation_counter::measure(|| (0..jobs).for_each(|_| run_job(&mut scheduler)));
    // Room that the first jobs needed is used again by those after them.
    run(500);
    let first = run(100).count_total;
    let mut kept = 0;
    let heaps: Vec<i64> = (0..10)
        .map(|_| {
            kept += run(500).bytes_current;
            kept
        })
        .collect();
    let last = run(100).count_total;
    // Tables shrink and grow again, so it is not the same at each moment.
    let (early, late) = heaps.split_at(5);
    assert!(late.iter().min() <= early.iter().max(), "{heaps:?}");
    assert!(
        last <= first + first / 50,
        "{first} allocations of 100 jobs, and {last} after 5,000 more"
    );
    let stored = serde_json::to_string(&scheduler.snapshot()).unwrap().len();
    assert!(stored < 2_000, "{stored}");
    assert_eq!(scheduler.next_timeout(), None, "nobody is woken for them");
}
