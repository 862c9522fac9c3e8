//! Trying again to reach a host.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use pogo_core::dispatcher::Clock;
use pogo_core::dispatcher::layer::{Backoff, Layered, RetryConnect, TransportExt};
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::{FailureKind, NeverBegan, Outcome, Phase};
use pogo_core::testing::{SeenAttempt, TestAttempt};
use proptest::prelude::*;

use crate::scripted::{Scripted, Step};
use crate::virtual_time::run;

/// A host that is unreachable so many times, each after this time, in an attempt that came as far as this phase.
fn flaky(times: u32, after: Duration, phase: Phase) -> Arc<Scripted> {
    let count = AtomicU32::new(0);
    Scripted::new(move |_| {
        let wait = Step::Wait(after);
        if count.fetch_add(1, Ordering::Relaxed) < times {
            let outcome = Outcome::failed(FailureKind::Unreachable, "no route");
            let phases = [Phase::Connect, phase].map(Step::Phase);
            (phases.into_iter().chain([wait]).collect(), outcome)
        } else {
            let phases = [Phase::Connect, Phase::Command].map(Step::Phase);
            (phases.into(), Outcome::Succeeded)
        }
    })
}

fn tried(inner: &Arc<Scripted>, retries: u32, limit: Duration) -> SeenAttempt {
    let layer = RetryConnect::new(retries).clock(Arc::clone(&inner.clock) as _);
    let transport: Layered<_, _> = Arc::clone(inner).layer(layer);
    let attempt = TestAttempt::at("web1", RemoteCommand::shell("true")).within(limit);
    run(&inner.clock, async move { attempt.run(&transport).await })
}

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn pauses_double_within_bounds_and_differ() {
    let backoff = Backoff::default();
    for (tries, full) in [(0, 250), (1, 500), (4, 4000), (5, 8000), (6, 8000), (99, 8000)] {
        let full = Duration::from_millis(full);
        let pauses: Vec<Duration> = (0..2_000).map(|chance| backoff.pause(tries, chance)).collect();
        assert!(
            pauses.iter().all(|pause| (full / 2..=full).contains(pause)),
            "{tries}: {pauses:?}"
        );
        assert_eq!(pauses[0], full / 2);
        assert!(pauses.iter().max().unwrap() > &(full / 100 * 99), "{tries}");
    }
}

proptest! {
    #[test]
    fn a_host_is_tried_as_often_as_may_be_and_its_phases_are_reported_once(fails in 0..6_u32, retries in 0..6_u32) {
        let inner = flaky(fails, Duration::from_millis(10), Phase::Connect);
        let seen = tried(&inner, retries, MINUTE);
        prop_assert_eq!(inner.seen().begun.len() as u32, fails.min(retries) + 1);
        if fails <= retries {
            prop_assert_eq!(seen.outcome, Outcome::Succeeded);
            prop_assert_eq!(seen.phases, [Phase::Connect, Phase::Command]);
        } else {
            let message = match retries {
                0 => "no route".to_owned(),
                retries => format!("no route (tried {} times)", retries + 1),
            };
            prop_assert_eq!(seen.outcome, Outcome::failed(FailureKind::Unreachable, message));
            prop_assert_eq!(seen.phases, [Phase::Connect]);
        }
    }

    #[test]
    fn all_tries_and_pauses_end_within_the_time_limit(fails in 0..40_u32, after in 1..5_000_u64, limit in 1..30_u64) {
        let inner = flaky(fails, Duration::from_millis(after), Phase::Connect);
        let limit = Duration::from_secs(limit);
        tried(&inner, 40, limit);
        let begun = inner.seen().begun;
        for (at, _, left) in &begun {
            prop_assert_eq!(Duration::from_millis(at.as_millis()) + *left, limit);
        }
        for pair in begun.windows(2) {
            let pause = (pair[1].0 - pair[0].0).saturating_sub(Duration::from_millis(after));
            prop_assert!((Duration::from_millis(125)..=Duration::from_secs(8)).contains(&pause), "{pause:?}");
        }
    }
}

#[test]
fn nothing_is_repeated_that_may_have_run() {
    let inner = flaky(9, Duration::from_millis(10), Phase::Command);
    let seen = tried(&inner, 5, MINUTE);
    assert_eq!(seen.outcome, Outcome::failed(FailureKind::Unreachable, "no route"));
    assert_eq!(inner.seen().begun.len(), 1);
}

#[test]
fn only_a_host_that_cannot_be_reached_is_tried_again() {
    for kind in [
        FailureKind::Authentication,
        FailureKind::HostKey,
        FailureKind::Refused,
        FailureKind::Timeout,
    ] {
        let outcome = Outcome::failed(kind, "no");
        let ends = outcome.clone();
        let inner = Scripted::new(move |_| (vec![Step::Phase(Phase::Connect)], ends.clone()));
        assert_eq!(tried(&inner, 5, MINUTE).outcome, outcome);
        assert_eq!(inner.seen().begun.len(), 1);
    }
}

#[test]
fn a_pause_ends_when_the_attempt_is_cancelled() {
    let inner = flaky(9, Duration::from_millis(10), Phase::Connect);
    let layer = RetryConnect::new(9).clock(Arc::clone(&inner.clock) as _);
    let transport = Arc::clone(&inner).layer(layer);
    let (attempt, report, mut watch) = TestAttempt::at("web1", RemoteCommand::shell("true")).start();
    let clock = Arc::clone(&inner.clock);
    let outcome = run(&inner.clock, async move {
        let cancelling = async {
            clock.sleep_until(pogo_core::Timestamp::from_millis(11)).await;
            watch.cancel();
        };
        let running = pogo_core::dispatcher::Transport::run(&transport, attempt, report);
        futures::join!(running, cancelling).0
    });
    assert_eq!(
        outcome,
        Outcome::never_began(NeverBegan::Cancelled, "cancelled: the command was not run")
    );
    assert_eq!(inner.seen().begun.len(), 1);
}
