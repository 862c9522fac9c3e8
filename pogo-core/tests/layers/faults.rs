//! Faults that are injected.

use std::sync::Arc;
use std::time::Duration;

use pogo_core::dispatcher::Clock;
use pogo_core::dispatcher::layer::{InjectFaults, InjectedFault, TransportExt};
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::{FailureKind, Outcome, Phase};
use pogo_core::testing::{SeenAttempt, TestAttempt};

use crate::scripted::{Scripted, Step};
use crate::virtual_time::run;

/// How an attempt goes with this fault at a host whose command takes ten seconds.
fn with(fault: InjectedFault) -> (SeenAttempt, Arc<Scripted>) {
    let inner = Scripted::new(|_| {
        let second = Step::Wait(Duration::from_secs(1));
        let steps = vec![
            Step::Phase(Phase::Connect),
            second,
            Step::Phase(Phase::Command),
            Step::Wait(Duration::from_secs(9)),
        ];
        (steps, Outcome::Succeeded)
    });
    let layer = InjectFaults::new(move |attempt| (attempt.host.name.as_str() == "web1").then(|| fault.clone()));
    let transport = Arc::clone(&inner).layer(layer.clock(Arc::clone(&inner.clock) as _));
    let seen = run(&inner.clock, async move {
        let spared = TestAttempt::at("web2", RemoteCommand::shell("true"))
            .run(&transport)
            .await;
        assert_eq!(spared.outcome, Outcome::Succeeded);
        TestAttempt::at("web1", RemoteCommand::shell("true"))
            .run(&transport)
            .await
    });
    (seen, inner)
}

/// Of the attempt with the fault, in seconds.
fn end(inner: &Scripted) -> u64 {
    inner.clock.now().as_millis() / 1_000 - 10
}

#[test]
fn an_outcome_comes_instead_of_running() {
    let (seen, inner) = with(InjectedFault::Instead(Outcome::in_doubt("so be it")));
    assert_eq!(
        (seen.outcome, inner.seen().begun.len()),
        (Outcome::in_doubt("so be it"), 1)
    );
    assert_eq!(end(&inner), 0);
}

#[test]
fn a_late_attempt_has_less_time() {
    let (seen, inner) = with(InjectedFault::Late(Duration::from_secs(20)));
    assert_eq!(seen.outcome, Outcome::Succeeded);
    assert_eq!(inner.seen().begun[1].2, Duration::from_secs(40));
    let (seen, inner) = with(InjectedFault::Late(Duration::from_secs(61)));
    assert!(matches!(seen.outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Timeout));
    assert_eq!((end(&inner), inner.seen().begun.len()), (60, 1));
}

#[test]
fn a_hanging_attempt_ends_with_its_time_limit() {
    let (seen, inner) = with(InjectedFault::Hang);
    assert!(matches!(seen.outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Timeout));
    assert_eq!((end(&inner), inner.seen().begun.len()), (60, 1));
}

#[test]
fn a_link_that_is_cut_is_a_failure_while_connecting_and_a_doubt_later() {
    let (seen, inner) = with(InjectedFault::CutAt(Phase::Connect));
    assert!(
        matches!(&seen.outcome, Outcome::Failed(failure) if failure.kind == FailureKind::Unreachable),
        "{seen:?}"
    );
    assert_eq!((end(&inner), inner.seen().begun.len()), (0, 2));
    let (seen, inner) = with(InjectedFault::CutAt(Phase::Command));
    assert_eq!(
        seen.outcome,
        Outcome::in_doubt("the link was cut on purpose as the command began")
    );
    assert_eq!(seen.phases, [Phase::Connect, Phase::Command]);
    assert_eq!(end(&inner), 1);
    // It never gets so far.
    let (seen, inner) = with(InjectedFault::CutAt(Phase::PostHook));
    assert_eq!((seen.outcome, end(&inner)), (Outcome::Succeeded, 10));
}
