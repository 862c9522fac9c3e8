//! Transports that ask hosts for the state of an attempt, each with a defect.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::executor::block_on;
use futures::future::pending;
use pogo_core::dispatcher::layer::{
    ConcurrencyLimit, InjectFaults, Layer, RateLimit, RecordAttempts, RetryConnect, TransportExt,
};
use pogo_core::dispatcher::{Attempt, Fence, Reporter, Transport};
use pogo_core::fleet::Host;
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::{AttemptId, FailureKind, FenceAnswer, Outcome};
use pogo_core::testing::conformance::{self, ConformanceReport, TransportFixture};
use pogo_core::testing::{TestBehavior, TestTransport};

const RULES: [&str; 7] = [
    "a_fenced_attempt_begins_no_more",
    "an_attempt_of_a_lower_number_begins_no_more",
    "an_attempt_of_a_higher_number_begins_as_ever",
    "a_question_ends_within_its_time_limit",
    "what_runs_is_not_said_to_be_over",
    "what_has_ended_is_said_to_have_ended_so",
    "a_host_that_cannot_be_asked_is_unreachable",
];

/// Each host keeps a record.
fn faultless() -> TestTransport {
    TestTransport::new(|attempt| match (attempt.host.name.as_str(), &*attempt.command) {
        ("gone", _) => TestBehavior::Unreachable,
        (_, RemoteCommand::Shell(line)) if line == "last" => TestBehavior::Run,
        (_, RemoteCommand::Shell(line)) if line == "fail" => {
            TestBehavior::End(Outcome::failed(FailureKind::Command { status: 3 }, ""))
        }
        _ => TestBehavior::Succeed,
    })
    .keeping_records()
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Defect {
    FencesNothing,
    FencesTheAttemptAlone,
    FencesLaterOnesToo,
    SaysThatAllIsOver,
    SaysThatAllSucceeded,
    SaysThatNothingBegan,
    SaysThatAllRuns,
    AnswersForTheUnreachable,
    NeverAnswers,
}

/// Puts a defect into a transport that has none.
struct Defective {
    defect: Defect,
    /// The attempt that was asked about.
    asked: AtomicU64,
}

#[async_trait]
impl Layer for Defective {
    async fn run(&self, inner: &dyn Transport, mut attempt: Attempt, report: Reporter) -> Outcome {
        // Its host takes it for one that was not fenced.
        if self.defect == Defect::FencesTheAttemptAlone && attempt.id.number() < self.asked.load(Ordering::Relaxed) {
            attempt.id = AttemptId::new(1_000_000);
        }
        inner.run(attempt, report).await
    }

    async fn fence(&self, inner: &dyn Transport, mut fence: Fence) -> FenceAnswer {
        self.asked.store(fence.attempt.id.number(), Ordering::Relaxed);
        let is_gone = fence.attempt.host.name.as_str() == "gone";
        match self.defect {
            Defect::FencesNothing => FenceAnswer::NeverBegan,
            Defect::FencesTheAttemptAlone => inner.fence(fence).await,
            Defect::FencesLaterOnesToo => {
                fence.attempt.id = AttemptId::new(fence.attempt.id.number() + 100);
                inner.fence(fence).await
            }
            Defect::SaysThatAllIsOver => FenceAnswer::Ended(Outcome::in_doubt("nobody looked")),
            Defect::SaysThatAllSucceeded => FenceAnswer::Ended(Outcome::Succeeded),
            Defect::SaysThatNothingBegan => match inner.fence(fence).await {
                FenceAnswer::Ended(_) => FenceAnswer::NeverBegan,
                answer => answer,
            },
            Defect::SaysThatAllRuns => match inner.fence(fence).await {
                FenceAnswer::Unreachable { message } => FenceAnswer::Unreachable { message },
                _ => FenceAnswer::StillRunning,
            },
            Defect::AnswersForTheUnreachable if is_gone => FenceAnswer::StillRunning,
            Defect::AnswersForTheUnreachable => inner.fence(fence).await,
            Defect::NeverAnswers => pending().await,
        }
    }
}

fn hold(transport: Arc<dyn Transport>, names: &[&'static str], patience: Duration) -> ConformanceReport {
    let fixture = || {
        TransportFixture::new(Arc::clone(&transport), Host::new("web1".parse().unwrap()))
            .without_shell()
            .unreachable(Host::new("gone".parse().unwrap()))
            .succeeding(RemoteCommand::shell("succeed"))
            .failing(RemoteCommand::shell("fail"), 3)
            .lasting(RemoteCommand::shell("last"))
            .time_limit(Duration::from_millis(20))
            .patience(patience)
    };
    block_on(conformance::transport_only(names, fixture))
}

fn with_defect(defect: Defect, name: &'static str, patience: Duration) -> ConformanceReport {
    let asked = AtomicU64::new(0);
    hold(
        Arc::new(faultless().layer(Defective { defect, asked })),
        &[name],
        patience,
    )
}

const LONG: Duration = Duration::from_secs(20);

#[test]
fn the_test_transport_keeps_every_rule_and_so_it_does_with_layers_around_it() {
    fn around<L: Layer + 'static>(layer: L) -> Arc<dyn Transport> {
        Arc::new(faultless().layer(layer))
    }
    let transports: [Arc<dyn Transport>; 6] = [
        Arc::new(faultless()),
        around(ConcurrencyLimit::new(2.try_into().unwrap())),
        around(RateLimit::per_second(1000.try_into().unwrap())),
        around(RetryConnect::new(0)),
        around(RecordAttempts::new(drop)),
        around(InjectFaults::new(|_| None)),
    ];
    for transport in transports {
        let report = hold(transport, &RULES, LONG);
        report.assert_passed();
        assert_eq!(report.passed(), RULES, "{report}");
    }
}

#[test]
fn a_transport_that_cannot_ask_is_not_held_to_the_rules() {
    let report = hold(Arc::new(TestTransport::default()), &RULES, LONG);
    report.assert_passed();
    report.assert_skipped(&RULES);
}

#[test]
fn each_planted_defect_is_found_by_the_case_of_its_rule() {
    for (defect, name) in [
        (Defect::FencesNothing, "a_fenced_attempt_begins_no_more"),
        (Defect::SaysThatAllIsOver, "a_fenced_attempt_begins_no_more"),
        (Defect::SaysThatAllRuns, "a_fenced_attempt_begins_no_more"),
        (Defect::FencesNothing, "an_attempt_of_a_lower_number_begins_no_more"),
        (
            Defect::FencesTheAttemptAlone,
            "an_attempt_of_a_lower_number_begins_no_more",
        ),
        (
            Defect::FencesLaterOnesToo,
            "an_attempt_of_a_higher_number_begins_as_ever",
        ),
        (Defect::SaysThatAllIsOver, "what_runs_is_not_said_to_be_over"),
        (Defect::SaysThatAllSucceeded, "what_runs_is_not_said_to_be_over"),
        (Defect::SaysThatAllSucceeded, "what_has_ended_is_said_to_have_ended_so"),
        (Defect::SaysThatNothingBegan, "what_has_ended_is_said_to_have_ended_so"),
        (Defect::SaysThatAllRuns, "what_has_ended_is_said_to_have_ended_so"),
        (
            Defect::AnswersForTheUnreachable,
            "a_host_that_cannot_be_asked_is_unreachable",
        ),
        (Defect::FencesNothing, "a_host_that_cannot_be_asked_is_unreachable"),
    ] {
        assert_eq!(with_defect(defect, name, LONG).failed(), [name], "{defect:?}");
    }
    // What never ends is found however soon one gives up.
    let name = "a_question_ends_within_its_time_limit";
    let report = with_defect(Defect::NeverAnswers, name, Duration::from_millis(50));
    assert_eq!(report.failed(), [name]);
}
