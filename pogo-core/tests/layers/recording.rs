//! Recordings, and transports that play them again.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::join_all;
use pogo_core::dispatcher::layer::{RecordAttempts, RecordedAttempt, Replay, ReportKind, TransportExt};
use pogo_core::dispatcher::{Stream, Transport};
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::{FailureKind, Outcome, Phase};
use pogo_core::testing::{SeenAttempt, TestAttempt};
use proptest::prelude::*;

use crate::scripted::{Scripted, Step};
use crate::virtual_time::{VirtualClock, run};

type Recorded = Arc<Mutex<Vec<RecordedAttempt>>>;

fn record(clock: &Arc<VirtualClock>) -> (Recorded, RecordAttempts) {
    let recorded = Recorded::default();
    let sink = Arc::clone(&recorded);
    let record = RecordAttempts::new(move |attempt| sink.lock().unwrap().push(attempt)).clock(Arc::clone(clock) as _);
    (recorded, record)
}

/// Runs an attempt at each of these hosts, all at once.
fn run_each(transport: impl Transport + 'static, clock: &Arc<VirtualClock>, hosts: &[u8]) -> Vec<SeenAttempt> {
    let attempts = hosts
        .iter()
        .map(|host| TestAttempt::at(&format!("web{host}"), RemoteCommand::shell("true")));
    let attempts: Vec<TestAttempt> = attempts.collect();
    run(clock, async move {
        join_all(attempts.into_iter().map(|attempt| attempt.run(&transport))).await
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let phase = prop_oneof![
        Just(Phase::Connect),
        Just(Phase::PreHook),
        Just(Phase::Command),
        Just(Phase::PostHook)
    ];
    let stream = prop_oneof![Just(Stream::Stdout), Just(Stream::Stderr), Just(Stream::Note)];
    let step = prop_oneof![
        phase.prop_map(Step::Phase),
        (stream, prop::collection::vec(any::<u8>(), 1..20)).prop_map(|(stream, bytes)| Step::Output(stream, bytes)),
        (0..5_000_u64).prop_map(|time| Step::Wait(Duration::from_millis(time))),
    ];
    prop::collection::vec(step, 0..10)
}

fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        Just(Outcome::Succeeded),
        any::<u32>().prop_map(|status| Outcome::failed(FailureKind::Command { status }, "it says no")),
        Just(Outcome::in_doubt("the link broke")),
    ]
}

proptest! {
    #[test]
    fn what_is_recorded_and_replayed_is_equal(
        scripts in prop::collection::vec((steps(), outcome()), 1..6),
        hosts in prop::collection::vec(0..4_u8, 1..12),
    ) {
        let count = Mutex::new(0);
        let inner = Scripted::new(move |_| {
            let mut count = count.lock().unwrap();
            *count += 1;
            scripts[*count % scripts.len()].clone()
        });
        let (recorded, layer) = record(&inner.clock);
        let seen = run_each(Arc::clone(&inner).layer(layer), &inner.clock, &hosts);
        let first = recorded.lock().unwrap().clone();
        prop_assert_eq!(first.len(), hosts.len());
        // Also after it was stored.
        let stored = serde_json::to_string(&first).unwrap();
        let read: Vec<RecordedAttempt> = serde_json::from_str(&stored).unwrap();
        prop_assert_eq!(&read, &first);
        let clock = Arc::new(VirtualClock::default());
        let (again, layer) = record(&clock);
        let replay = Replay::new(read).clock(Arc::clone(&clock) as _);
        let mut replayed = run_each(replay.layer(layer), &clock, &hosts);
        let second = again.lock().unwrap().clone();
        let by_host = |attempts: Vec<RecordedAttempt>, host: u8| {
            let of = attempts.into_iter().filter(|attempt| attempt.host.as_str() == format!("web{host}"));
            of.collect::<Vec<_>>()
        };
        for host in 0..4 {
            prop_assert_eq!(by_host(second.clone(), host), by_host(first.clone(), host));
        }
        // Attempts at one host at once may change places; all that was seen is there.
        let mut wanted = seen;
        let key = |seen: &SeenAttempt| format!("{seen:?}");
        wanted.sort_by_key(key);
        replayed.sort_by_key(key);
        prop_assert_eq!(replayed, wanted);
    }

    #[test]
    fn no_more_output_is_kept_than_may_be(scripts in steps(), limit in 0..40_usize) {
        let all: usize = scripts.iter().map(|step| match step { Step::Output(_, bytes) => bytes.len(), _ => 0 }).sum();
        let inner = Scripted::new(move |_| (scripts.clone(), Outcome::Succeeded));
        let (recorded, layer) = record(&inner.clock);
        run_each(Arc::clone(&inner).layer(layer.output_limit(limit)), &inner.clock, &[1]);
        let recorded = recorded.lock().unwrap();
        let kept = recorded[0].reports.iter().map(|report| match &report.kind {
            ReportKind::Output { bytes, .. } => bytes.len(),
            _ => 0,
        });
        let kept: usize = kept.sum();
        prop_assert_eq!((kept, recorded[0].dropped_output), (all.min(limit), all.saturating_sub(limit) as u64));
    }
}

#[test]
fn what_a_recording_does_not_have_is_refused() {
    let clock = Arc::new(VirtualClock::default());
    let seen = run_each(Replay::new([]).clock(Arc::clone(&clock) as _), &clock, &[1]);
    let Outcome::Failed(failure) = &seen[0].outcome else {
        panic!("{seen:?}");
    };
    assert_eq!(failure.kind, FailureKind::Refused);
    assert!(failure.message.contains("`web1`"), "{failure}");
}

#[test]
fn a_recorded_attempt_is_stored_like_this() {
    let inner = Scripted::new(|_| {
        (
            vec![
                Step::Phase(Phase::Command),
                Step::Output(Stream::Stdout, b"hi".to_vec()),
            ],
            Outcome::Succeeded,
        )
    });
    let (recorded, layer) = record(&inner.clock);
    run_each(Arc::clone(&inner).layer(layer), &inner.clock, &[1]);
    assert_eq!(
        serde_json::to_string(&recorded.lock().unwrap()[0]).unwrap(),
        r#"{"host":"web1","command":{"shell":"true"},"reports":[{"after":{"secs":0,"nanos":0},"kind":{"phase":"command"}},{"after":{"secs":0,"nanos":0},"kind":{"output":{"stream":"stdout","bytes":[104,105]}}}],"dropped_output":0,"took":{"secs":0,"nanos":0},"outcome":{"outcome":"succeeded"}}"#
    );
}
