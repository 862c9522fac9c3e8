//! What a dispatcher counts and measures.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use metrics_util::MetricKind;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};
use pogo_core::dispatcher::telemetry::Metrics;
use pogo_core::dispatcher::{Clock, Dispatcher};
use pogo_core::journal::{Journal, MemoryJournal};
use pogo_core::scheduler::{JobStatus, Scheduler};
use proptest::prelude::*;

use super::flaky::{Fate, Flaky};
use super::shop::{Counting, JOB, Patient, fleet_and_policy, spec};
use super::takeover::die_in_the_middle;

/// What a recorder has by the name of each series, and whether each name has a description.
struct Recorded(BTreeMap<String, DebugValue>);

impl Recorded {
    /// What is recorded while this runs.
    fn by<T>(act: impl FnOnce() -> T) -> (Self, T) {
        let recorder = DebuggingRecorder::new();
        let snapshotter = recorder.snapshotter();
        let done = metrics::with_local_recorder(&recorder, act);
        let values = snapshotter
            .snapshot()
            .into_vec()
            .into_iter()
            .map(|(key, _, description, value)| {
                let (kind, key) = key.into_parts();
                assert!(description.is_some(), "{key} has no description");
                assert_eq!(key.name().ends_with("_total"), kind == MetricKind::Counter, "{key}");
                let labels: Vec<_> = key.labels().map(|label| label.value().to_owned()).collect();
                (format!("{} {}", key.name(), labels.join(" ")).trim().to_owned(), value)
            });
        (Self(values.collect()), done)
    }

    fn number(&self, name: &str) -> f64 {
        match self.0.get(name) {
            Some(DebugValue::Counter(count)) => u32::try_from(*count).unwrap().into(),
            Some(DebugValue::Gauge(value)) => value.0,
            Some(DebugValue::Histogram(values)) => panic!("{name} is {values:?}"),
            None => 0.0,
        }
    }

    fn values(&self, name: &str) -> Vec<f64> {
        match self.0.get(name) {
            Some(DebugValue::Histogram(values)) => values.iter().map(|value| value.0).collect(),
            other => panic!("{name} is {other:?}"),
        }
    }

    /// The gauges are what the scheduler says.
    fn agrees_with(&self, scheduler: &Scheduler) {
        let sum = |of: fn(&pogo_core::scheduler::Tally) -> u32| -> f64 {
            scheduler.jobs().map(|job| f64::from(of(&job.tally()))).sum()
        };
        assert_eq!(self.number("pogo_tasks waiting"), sum(|tally| tally.waiting));
        assert_eq!(self.number("pogo_tasks running"), sum(|tally| tally.running));
        assert_eq!(self.number("pogo_tasks succeeded"), sum(|tally| tally.succeeded));
        assert_eq!(self.number("pogo_tasks failed"), sum(|tally| tally.failed));
        assert_eq!(self.number("pogo_tasks in_doubt"), sum(|tally| tally.in_doubt));
        assert_eq!(self.number("pogo_tasks skipped"), sum(|tally| tally.skipped));
        assert_eq!(self.number("pogo_tasks cancelled"), sum(|tally| tally.cancelled));
        for status in [JobStatus::Blocked, JobStatus::Finished, JobStatus::Halted] {
            let number = scheduler.jobs().filter(|job| job.status() == status).count();
            assert_eq!(
                self.number(&format!("pogo_jobs {status}")),
                f64::from(u32::try_from(number).unwrap())
            );
        }
    }
}

/// Takes the journal over, and submits so many jobs.
async fn run(transport: Counting, journal: Arc<dyn Journal>, clock: Arc<dyn Clock>, jobs: usize) -> Scheduler {
    let builder = Dispatcher::builder(Arc::new(transport)).journal(journal).clock(clock);
    let (dispatcher, handle) = builder.observer(Arc::new(Metrics::default())).build().await.unwrap();
    let steer = async move {
        let (fleet, policy) = fleet_and_policy();
        handle.configure(fleet, policy).await.unwrap();
        for _ in 0..jobs {
            handle.submit(spec()).await.unwrap();
        }
    };
    futures::join!(dispatcher.run(), steer).0.unwrap()
}

#[test]
fn attempts_are_counted_by_their_outcome() {
    let transport = Counting {
        gone: vec!["web3"],
        ..Counting::default()
    };
    let (recorded, ended) = Recorded::by(|| {
        block_on(run(
            transport,
            Arc::new(MemoryJournal::new()),
            Arc::new(Patient::default()),
            1,
        ))
    });
    recorded.agrees_with(&ended);
    assert_eq!(recorded.number("pogo_attempts_started_total"), 3.0);
    assert_eq!(recorded.number("pogo_attempts_ended_total succeeded"), 2.0);
    assert_eq!(recorded.number("pogo_attempts_ended_total failed"), 1.0);
    assert_eq!(recorded.values("pogo_attempt_duration_seconds succeeded").len(), 2);
    assert_eq!(recorded.number("pogo_jobs blocked"), 1.0);
}

#[test]
fn a_journal_is_measured_by_the_dispatchers_clock() {
    let (journal, inner) = Flaky::flaky(&[Fate::Lands, Fate::Unavailable, Fate::LostUnknown]);
    let (recorded, ended) =
        Recorded::by(|| block_on(run(Counting::default(), journal, Arc::new(Patient::default()), 1)));
    recorded.agrees_with(&ended);
    let took = recorded.values("pogo_journal_append_duration_seconds");
    // Tried again after a tenth of a second; what is not known is tried again at once.
    assert!(took.contains(&0.1), "{took:?}");
    let events = recorded.values("pogo_journal_append_events").iter().sum::<f64>();
    assert_eq!(events, f64::from(u32::try_from(inner.records().len()).unwrap()));
    assert_eq!(recorded.number("pogo_journal_available"), 1.0);
    assert!(recorded.values("pogo_dispatcher_loop_lag_seconds").len() >= took.len());
}

#[test]
fn attempts_that_ran_before_a_takeover_end_with_their_whole_duration() {
    let journal = MemoryJournal::new();
    block_on(die_in_the_middle(&journal, None));
    let before = journal.records().last().unwrap().at;
    let clock = Arc::new(Patient::default());
    block_on(clock.sleep_until(before + Duration::from_secs(5_000)));
    let (recorded, ended) = Recorded::by(|| block_on(run(Counting::default(), Arc::new(journal), clock, 0)));
    recorded.agrees_with(&ended);
    assert!(recorded.values("pogo_attempt_duration_seconds in_doubt")[0] >= 5_000.0);
    assert_eq!(ended.job(JOB).unwrap().tally().in_doubt, 1);
}

proptest! {
    #[test]
    fn gauges_are_what_the_scheduler_says(
        gone in proptest::sample::subsequence(vec!["web1", "web2", "web3", "web4"], 0..4),
        jobs in 1usize..4,
        dies in any::<bool>(),
    ) {
        let journal = MemoryJournal::new();
        if dies {
            block_on(die_in_the_middle(&journal, None));
        }
        let transport = Counting { gone, ..Counting::default() };
        let run = run(transport, Arc::new(journal), Arc::new(Patient::default()), jobs);
        let (recorded, ended) = Recorded::by(|| block_on(run));
        recorded.agrees_with(&ended);
    }
}
