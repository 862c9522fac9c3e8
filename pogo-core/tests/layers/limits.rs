//! Limits on how many run at once and how many begin in a second.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use pogo_core::dispatcher::layer::{ConcurrencyLimit, RateLimit, TransportExt};
use pogo_core::dispatcher::{Clock, Transport};
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::{AttemptId, FailureKind, NeverBegan, Outcome};
use pogo_core::testing::TestAttempt;
use proptest::prelude::*;

use crate::scripted::Scripted;
use crate::virtual_time::{VirtualClock, run};

/// How the attempt ends.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    ByItself,
    /// It is cancelled before anything happens.
    Cancelled,
    /// Its future is dropped this long after it was made.
    DroppedAfter(Duration),
}

fn attempt(number: u64, limit: Duration) -> TestAttempt {
    let mut attempt = TestAttempt::at("web1", RemoteCommand::shell("true")).within(limit);
    attempt.0.id = AttemptId::new(number);
    attempt
}

/// Runs attempts at once, numbered in the order in which they are made.
fn run_all(
    transport: Arc<dyn Transport>,
    clock: &Arc<VirtualClock>,
    ends: Vec<End>,
    limit: Duration,
) -> Vec<Option<Outcome>> {
    let clocks = Arc::clone(clock);
    let all = async move {
        let one = |(number, end): (u64, End)| {
            let (transport, clock) = (Arc::clone(&transport), Arc::clone(&clocks));
            async move {
                let (attempt, report, mut watch) = attempt(number, limit).start();
                if end == End::Cancelled {
                    watch.cancel();
                }
                let running = transport.run(attempt, report);
                let End::DroppedAfter(time) = end else {
                    return Some(running.await);
                };
                let until = clock.now() + time;
                let dropping = clock.sleep_until(until);
                match futures::future::select(running, dropping).await {
                    futures::future::Either::Left((outcome, _)) => Some(outcome),
                    futures::future::Either::Right(_) => None,
                }
            }
        };
        join_all((0..).zip(ends).map(one)).await
    };
    run(clock, all)
}

fn times() -> impl Strategy<Value = Vec<Duration>> {
    prop::collection::vec((1..500_u64).prop_map(Duration::from_millis), 1..40)
}

fn ends() -> impl Strategy<Value = Vec<End>> {
    let end = prop_oneof![
        4 => Just(End::ByItself),
        1 => Just(End::Cancelled),
        1 => (0..2_000_u64).prop_map(|time| End::DroppedAfter(Duration::from_millis(time))),
    ];
    prop::collection::vec(end, 1..40)
}

const LONG: Duration = Duration::from_secs(86_400);

proptest! {
    #[test]
    fn never_more_run_at_once_than_may_and_no_slot_is_lost(limit in 1..8_usize, times in times(), ends in ends()) {
        let inner = Scripted::taking(times);
        let layer = ConcurrencyLimit::new(limit.try_into().unwrap()).clock(Arc::clone(&inner.clock) as _);
        let transport: Arc<dyn Transport> = Arc::new(Arc::clone(&inner).layer(layer));
        let count = ends.len();
        let outcomes = run_all(Arc::clone(&transport), &inner.clock, ends.clone(), LONG);
        for (outcome, end) in outcomes.iter().zip(&ends) {
            match (outcome, end) {
                (Some(Outcome::Succeeded), _) | (None, End::DroppedAfter(_)) => {}
                (Some(Outcome::NeverBegan { reason: NeverBegan::Cancelled, .. }), End::Cancelled) => {}
                _ => prop_assert!(false, "{end:?}: {outcome:?}"),
            }
        }
        prop_assert!(inner.seen().most <= limit, "{:?}", inner.seen());
        // First come, first served.
        prop_assert!(inner.seen().begun.is_sorted_by_key(|(_, number, _)| *number), "{:?}", inner.seen());
        // Whoever was cancelled or dropped has left nothing behind: as many as may run at once again.
        run_all(transport, &inner.clock, vec![End::ByItself; limit + count], LONG);
        prop_assert_eq!(inner.seen().most, limit);
    }

    #[test]
    fn nobody_waits_while_there_is_room(limit in 1..8_usize, times in times(), count in 1..40_usize) {
        let inner = Scripted::taking(times.clone());
        let layer = ConcurrencyLimit::new(limit.try_into().unwrap()).clock(Arc::clone(&inner.clock) as _);
        run_all(Arc::new(Arc::clone(&inner).layer(layer)), &inner.clock, vec![End::ByItself; count], LONG);
        // When each slot is free again, as the next takes the one that is free first.
        let mut free = vec![0; limit];
        for number in 0..count {
            let first = free.iter_mut().min().unwrap();
            let (began, of, _) = inner.seen().begun[number];
            prop_assert_eq!((began.as_millis(), of), (*first, number as u64));
            *first += u64::try_from(times[number % times.len()].as_millis()).unwrap();
        }
    }

    #[test]
    fn a_rate_holds_over_every_second_and_is_used_in_full(rate in 1..200_u32, count in 1..300_usize) {
        let inner = Scripted::taking(vec![Duration::from_millis(1)]);
        let layer = RateLimit::per_second(rate.try_into().unwrap()).clock(Arc::clone(&inner.clock) as _);
        run_all(Arc::new(Arc::clone(&inner).layer(layer)), &inner.clock, vec![End::ByItself; count], LONG);
        let begun: Vec<u64> = inner.seen().begun.iter().map(|(at, ..)| at.as_millis()).collect();
        for window in begun.windows(rate as usize + 1) {
            prop_assert!(window[rate as usize] - window[0] >= 1_000, "{window:?}");
        }
        // To the millisecond: 55 turns of 90.909091 ms, at 11 a second, are 5.000000005 s.
        let last = ((count as u64 - 1) * 1_000).div_ceil(u64::from(rate));
        prop_assert!((last..=last + 1).contains(begun.last().unwrap()), "{begun:?}");
        prop_assert!(inner.seen().begun.is_sorted_by_key(|(_, number, _)| *number));
    }
}

#[test]
fn a_wait_comes_out_of_the_time_limit_and_ends_with_it() {
    let inner = Scripted::taking(vec![Duration::from_secs(40)]);
    let layer = ConcurrencyLimit::new(1.try_into().unwrap()).clock(Arc::clone(&inner.clock) as _);
    let transport = Arc::new(Arc::clone(&inner).layer(layer));
    let outcomes = run_all(transport, &inner.clock, vec![End::ByItself; 3], Duration::from_secs(60));
    assert_eq!(outcomes[..2], [Some(Outcome::Succeeded), Some(Outcome::Succeeded)]);
    let Some(Outcome::Failed(failure)) = &outcomes[2] else {
        panic!("{outcomes:?}");
    };
    assert_eq!(failure.kind, FailureKind::Timeout);
    assert!(failure.message.contains("was not run"), "{failure}");
    let limits: Vec<u64> = inner.seen().begun.iter().map(|(_, _, limit)| limit.as_secs()).collect();
    assert_eq!(limits, [60, 20]);
    assert_eq!(inner.clock.now().as_millis(), 80_000);
}

#[test]
fn a_resumed_attempt_that_is_cancelled_while_it_waits_is_in_doubt() {
    let inner = Scripted::taking(vec![Duration::from_secs(1)]);
    let layer = ConcurrencyLimit::new(1.try_into().unwrap()).clock(Arc::clone(&inner.clock) as _);
    let transport = Arc::clone(&inner).layer(layer);
    let mut waiting = attempt(1, LONG);
    waiting.0.resumed = true;
    let (of, report, mut watch) = waiting.start();
    watch.cancel();
    let (first, first_report, _watch) = attempt(0, LONG).start();
    let both = async move { futures::join!(transport.run(first, first_report), transport.run(of, report)) };
    let (first, waiting) = run(&inner.clock, both);
    assert_eq!(first, Outcome::Succeeded);
    assert!(matches!(waiting, Outcome::InDoubt { .. }), "{waiting:?}");
    assert_eq!(inner.seen().begun.len(), 1);
}

#[test]
fn clones_share_one_limit() {
    let inner = Scripted::taking(vec![Duration::from_secs(1)]);
    let layer = ConcurrencyLimit::new(1.try_into().unwrap()).clock(Arc::clone(&inner.clock) as _);
    let one = Arc::clone(&inner).layer(layer.clone());
    let other = Arc::clone(&inner).layer(layer);
    let both = async move {
        let attempts = [attempt(0, LONG), attempt(1, LONG)];
        let [first, second] = attempts;
        futures::join!(first.run(&one), second.run(&other));
    };
    run(&inner.clock, both);
    assert_eq!(inner.seen().most, 1);
}

#[test]
fn what_a_transport_can_do_stays_as_it_is() {
    let inner = Scripted::taking(vec![Duration::ZERO]);
    let layered = Arc::clone(&inner).layer(ConcurrencyLimit::new(1.try_into().unwrap()));
    assert_eq!(layered.capabilities(), inner.capabilities());
    let mut attempt = attempt(0, LONG).0;
    assert!(!layered.resumes(&attempt));
    attempt.resumed = true;
    assert!(layered.resumes(&attempt));
}
