//! Transports that run nothing, each with a defect.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::executor::block_on;
use pogo_core::dispatcher::layer::{
    Backoff, ConcurrencyLimit, InjectFaults, InjectedFault, Layer, RateLimit, RecordAttempts, RetryConnect,
    TransportExt,
};
use pogo_core::dispatcher::{Attempt, Capabilities, Reporter, Transport};
use pogo_core::fleet::Host;
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::{BeginRefused, FailureKind, NeverBegan, Outcome, Phase};
use pogo_core::testing::conformance::{self, ConformanceReport, TransportFixture, Verdict};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    None,
    AlwaysSucceeds,
    AnotherStatus,
    PhasesBackwards,
    NoPhase,
    Settles,
    Unending,
    FailsBeyondTheLimit,
    DoubtsTheUnreachable,
    BeginsOnTheUnreachable,
    DeafToCancel,
    CancelledIsSuccess,
    Panics,
    BreaksAfterFailure,
    TakesWhatIsForced,
    NeverAsks,
    BeginsBeforePermission,
    IgnoresRefusals,
    FailsWhenRefused,
    DeafBeforePermission,
    DoubtsWithoutDispatcher,
}

struct Pretended {
    defect: Defect,
    failed: std::sync::atomic::AtomicBool,
}

impl Pretended {
    /// Asks whether it may begin.
    async fn ask(&self, report: &Reporter) -> Result<(), Outcome> {
        let cancelled = report.cancelled();
        let asking = report.begin(true);
        futures::pin_mut!(cancelled, asking);
        let answer = match self.defect {
            Defect::NeverAsks => Ok(()),
            Defect::DeafBeforePermission => asking.await,
            _ => match futures::future::select(asking, cancelled).await {
                futures::future::Either::Left((answer, _)) => answer,
                futures::future::Either::Right(_) => return Err(Outcome::never_began(NeverBegan::Cancelled, "")),
            },
        };
        match (answer, self.defect) {
            (Err(_), Defect::IgnoresRefusals) | (Ok(()), _) => Ok(()),
            (Err(_), Defect::FailsWhenRefused) => Err(Outcome::failed(FailureKind::Refused, "")),
            (Err(BeginRefused::Stopped), Defect::DoubtsWithoutDispatcher) => Err(Outcome::in_doubt("")),
            (Err(refused), _) => Err(Outcome::never_began(NeverBegan::Refused, refused.to_string())),
        }
    }

    async fn last(&self, attempt: &Attempt, report: &Reporter) -> Outcome {
        if self.defect == Defect::Unending {
            futures::future::pending::<()>().await;
        }
        let cancelled = report.cancelled();
        let limit = futures_timer::Delay::new(attempt.time_limit);
        futures::pin_mut!(cancelled);
        match futures::future::select(cancelled, limit).await {
            futures::future::Either::Left(((), limit)) => match self.defect {
                Defect::DeafToCancel => {
                    limit.await;
                    Outcome::failed(FailureKind::Timeout, "")
                }
                Defect::CancelledIsSuccess => Outcome::Succeeded,
                _ => Outcome::failed(FailureKind::Signal { signal: "TERM".into() }, ""),
            },
            futures::future::Either::Right(_) if self.defect == Defect::FailsBeyondTheLimit => {
                Outcome::failed(FailureKind::Unreachable, "")
            }
            futures::future::Either::Right(_) => Outcome::failed(FailureKind::Timeout, ""),
        }
    }
}

#[async_trait]
impl Transport for Pretended {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_confirmed_cancel().with_permission()
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        use std::sync::atomic::Ordering::SeqCst;
        let RemoteCommand::Shell(line) = &*attempt.command else {
            return Outcome::failed(FailureKind::Refused, "");
        };
        let away = attempt.host.name.as_str() == "gone";
        match self.defect {
            Defect::PhasesBackwards => report.phase(Phase::Command),
            Defect::Panics => panic!("a planted defect"),
            _ => report.phase(Phase::Connect),
        }
        if away && self.defect == Defect::DoubtsTheUnreachable {
            return Outcome::in_doubt("no link");
        }
        if away && self.defect != Defect::BeginsOnTheUnreachable {
            return Outcome::failed(FailureKind::Unreachable, "");
        }
        if self.defect == Defect::BeginsBeforePermission {
            report.phase(Phase::Command);
        }
        if let Err(ended) = self.ask(&report).await {
            return ended;
        }
        match self.defect {
            Defect::PhasesBackwards => report.phase(Phase::Connect),
            Defect::NoPhase | Defect::BeginsBeforePermission => {}
            _ => report.phase(Phase::Command),
        }
        if self.defect == Defect::Settles {
            report.phase(Phase::Settle);
        }
        if away {
            return Outcome::failed(FailureKind::Unreachable, "");
        }
        if attempt.host.name.as_str() == "forced" && self.defect != Defect::TakesWhatIsForced {
            return Outcome::failed(FailureKind::Refused, "");
        }
        match line.as_str() {
            "last" => self.last(&attempt, &report).await,
            "fail" if self.defect == Defect::AlwaysSucceeds => Outcome::Succeeded,
            "fail" => {
                self.failed.store(true, SeqCst);
                let status = if self.defect == Defect::AnotherStatus { 1 } else { 3 };
                Outcome::failed(FailureKind::Command { status }, "")
            }
            _ if self.defect == Defect::BreaksAfterFailure && self.failed.load(SeqCst) => {
                Outcome::failed(FailureKind::Unreachable, "")
            }
            _ => Outcome::Succeeded,
        }
    }
}

fn fixture(defect: Defect) -> TransportFixture {
    let failed = Default::default();
    over(Arc::new(Pretended { defect, failed }))
}

fn over(transport: Arc<dyn Transport>) -> TransportFixture {
    TransportFixture::new(transport, Host::new("web1".parse().unwrap()))
        .without_shell()
    .unreachable(Host::new("gone".parse().unwrap()))
    .forced(Host::new("forced".parse().unwrap()))
    .succeeding(RemoteCommand::shell("succeed"))
    .failing(RemoteCommand::shell("fail"), 3)
    .lasting(RemoteCommand::shell("last"))
    // Nothing has to begin first.
    .time_limit(Duration::from_millis(20))
}

fn hold(defect: Defect, names: &[&'static str]) -> ConformanceReport {
    // What never ends is found however soon one gives up, and whoever has no defect is waited for.
    let endless = matches!(
        defect,
        Defect::Unending | Defect::DeafToCancel | Defect::DeafBeforePermission
    );
    let patience = Duration::from_millis(if endless { 200 } else { 20_000 });
    block_on(conformance::transport_only(names, || {
        fixture(defect).patience(patience)
    }))
}

#[test]
fn a_transport_without_defects_passes_and_what_it_cannot_do_is_skipped_by_name() {
    let report = block_on(conformance::transport(|| fixture(Defect::None)));
    report.assert_passed();
    assert_eq!(report.passed().len(), 15, "{report}");
    assert!(
        report
            .to_string()
            .contains("skipped  output_keeps_its_bytes: it streams no output"),
        "{report}"
    );
}

#[test]
fn a_transport_conforms_with_every_layer_around_it() {
    fn around<L: Layer + 'static>(layer: L) -> Arc<dyn Transport> {
        let (defect, failed) = (Defect::None, Default::default());
        Arc::new(Pretended { defect, failed }.layer(layer))
    }
    let few = 2.try_into().unwrap();
    let late = |_: &Attempt| Some(InjectedFault::Late(Duration::from_millis(1)));
    let soon = Backoff::new(Duration::from_millis(1), Duration::from_millis(1));
    let layered = [
        around(ConcurrencyLimit::new(few)),
        around(RateLimit::per_second(1000.try_into().unwrap())),
        around(RetryConnect::new(2).backoff(soon)),
        around(RecordAttempts::new(drop)),
        around(InjectFaults::new(late)),
    ];
    for transport in layered {
        let report = block_on(conformance::transport(|| over(Arc::clone(&transport))));
        report.assert_passed();
        assert_eq!(report.passed().len(), 15, "{report}");
    }
}

#[test]
fn each_planted_defect_is_found_by_the_case_of_its_rule() {
    let planted = [
        (
            Defect::AlwaysSucceeds,
            "a_command_that_fails_has_failed_with_its_status",
        ),
        (Defect::AnotherStatus, "a_command_that_fails_has_failed_with_its_status"),
        (Defect::PhasesBackwards, "phases_are_reported_once_and_in_order"),
        (Defect::NoPhase, "phases_are_reported_once_and_in_order"),
        (Defect::Settles, "phases_are_reported_once_and_in_order"),
        (Defect::FailsBeyondTheLimit, "an_attempt_ends_within_its_time_limit"),
        (
            Defect::DoubtsTheUnreachable,
            "a_host_out_of_reach_is_a_failure_to_connect",
        ),
        (
            Defect::BeginsOnTheUnreachable,
            "a_host_out_of_reach_is_a_failure_to_connect",
        ),
        (Defect::CancelledIsSuccess, "a_cancelled_attempt_ends"),
        (Defect::Panics, "a_command_that_succeeds_has_succeeded"),
        (Defect::BreaksAfterFailure, "a_host_can_be_used_again_after_a_failure"),
        (
            Defect::TakesWhatIsForced,
            "a_command_that_was_not_seen_to_begin_has_not_succeeded",
        ),
        (Defect::NeverAsks, "a_refused_attempt_runs_nothing"),
        (Defect::NeverAsks, "nothing_runs_before_permission"),
        (Defect::BeginsBeforePermission, "nothing_runs_before_permission"),
        (Defect::IgnoresRefusals, "a_refused_attempt_runs_nothing"),
        (
            Defect::IgnoresRefusals,
            "an_attempt_whose_dispatcher_is_gone_never_begins",
        ),
        (Defect::FailsWhenRefused, "a_refused_attempt_runs_nothing"),
        (
            Defect::DoubtsWithoutDispatcher,
            "an_attempt_whose_dispatcher_is_gone_never_begins",
        ),
    ];
    for (defect, name) in planted {
        hold(Defect::None, &[name]).assert_passed();
        assert_eq!(hold(defect, &[name]).failed(), [name], "{defect:?}");
    }
}

#[test]
fn attempts_that_go_on_for_ever_are_found() {
    let planted = [
        (Defect::Unending, "an_attempt_ends_within_its_time_limit"),
        (Defect::DeafToCancel, "a_cancelled_attempt_ends"),
        (
            Defect::DeafBeforePermission,
            "an_attempt_cancelled_before_permission_never_began",
        ),
    ];
    // Each waits out the suite's patience.
    std::thread::scope(|scope| {
        let found = planted.map(|(defect, name)| (scope.spawn(move || hold(defect, &[name])), name));
        for (found, name) in found {
            assert_eq!(found.join().unwrap().failed(), [name]);
        }
    });
}

#[test]
fn a_case_that_the_suite_does_not_have_is_a_failed_one() {
    let report = hold(Defect::None, &["output_keeps_its_bites"]);
    assert!(
        matches!(&report.cases[0].verdict, Verdict::Failed(reason) if reason.contains("no such case")),
        "{report}"
    );
}
