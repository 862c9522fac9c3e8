//! What would the conformance suite say, had our transport this defect?
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use pogo_core::dispatcher::{Attempt, Capabilities, Reporter, Transport};
use pogo_core::fleet::Host;
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::{FailureKind, Outcome};
use pogo_core::testing::conformance::{TransportFixture, transport_only};
use pogo_examples::Local;

#[derive(Debug, Clone, Copy)]
enum Defect {
    JoinsWords,
    IgnoresExecOptions,
    RunsTwice,
    GoesOnAfterTimeout,
    GoesOnAfterDrop,
    OneStream,
    KeepsOutputToTheEnd,
    LosesBytes,
    CutsSilently,
    TreatsHostsAlike,
    BeginsAnew,
}

struct Flawed(Defect);

#[async_trait]
impl Transport for Flawed {
    fn capabilities(&self) -> Capabilities {
        Local.capabilities()
    }

    async fn run(&self, mut attempt: Attempt, report: Reporter) -> Outcome {
        let wrap = |wrapped: &dyn Fn(&str) -> String| match &*attempt.command {
            RemoteCommand::Shell(line) => Arc::new(RemoteCommand::Shell(wrapped(line))),
            other => Arc::new(other.clone()),
        };
        match self.0 {
            Defect::JoinsWords => {
                if let RemoteCommand::Argv(argv) = &*attempt.command {
                    attempt.command = Arc::new(RemoteCommand::Shell(argv.join(" ")));
                }
            }
            Defect::IgnoresExecOptions => attempt.exec_options = Arc::default(),
            Defect::RunsTwice => _ = Local.run(attempt.clone(), report.clone()).await,
            Defect::GoesOnAfterTimeout => {
                let limit = std::mem::replace(&mut attempt.time_limit, Duration::from_secs(100));
                let running = tokio::spawn(async move { Local.run(attempt, report).await });
                return match tokio::time::timeout(limit, running).await {
                    Ok(ended) => ended.unwrap(),
                    Err(_) => Outcome::failed(FailureKind::Timeout, ""),
                };
            }
            Defect::GoesOnAfterDrop => {
                return tokio::spawn(async move { Local.run(attempt, report).await })
                    .await
                    .unwrap();
            }
            Defect::OneStream => attempt.command = wrap(&|line| format!("exec 2>&1\n{line}")),
            Defect::KeepsOutputToTheEnd => {
                attempt.command = wrap(&|line| format!("out=$({line}); s=$?; echo \"$out\"; exit $s"))
            }
            Defect::LosesBytes => attempt.command = wrap(&|line| format!("({line}) | tr -d '\\r'")),
            Defect::CutsSilently => attempt.command = wrap(&|line| format!("({line}) | head -c 1000")),
            Defect::TreatsHostsAlike if attempt.host.name.as_str() == "web2" => {
                attempt.command = Arc::new(RemoteCommand::shell("echo first"));
            }
            // What it was asked to keep running it has dropped, and it says that it can take it up.
            Defect::BeginsAnew => attempt.exec_options = Arc::default(),
            Defect::TreatsHostsAlike => {}
        }
        Local.run(attempt, report).await
    }

    fn resumes(&self, _attempt: &Attempt) -> bool {
        matches!(self.0, Defect::BeginsAnew)
    }
}

#[tokio::test]
async fn each_planted_defect_is_found_by_the_case_of_its_rule() {
    let planted = [
        (Defect::JoinsWords, "an_argument_vector_arrives_unchanged"),
        (Defect::IgnoresExecOptions, "environment_arrives_or_is_refused"),
        (Defect::IgnoresExecOptions, "input_arrives_or_is_refused"),
        (Defect::IgnoresExecOptions, "a_directory_is_entered_or_refused"),
        (Defect::RunsTwice, "each_attempt_runs_the_command_once"),
        (
            Defect::GoesOnAfterTimeout,
            "a_timeout_is_reported_only_of_a_command_that_has_ended",
        ),
        (Defect::GoesOnAfterDrop, "a_dropped_attempt_is_cancelled"),
        (Defect::OneStream, "output_arrives_on_its_own_stream"),
        (Defect::KeepsOutputToTheEnd, "output_comes_while_the_command_runs"),
        (Defect::LosesBytes, "output_keeps_its_bytes"),
        (Defect::CutsSilently, "output_is_whole_or_marked_as_cut"),
        (Defect::TreatsHostsAlike, "attempts_at_once_keep_apart"),
        (Defect::BeginsAnew, "a_resumed_attempt_goes_on_where_it_is"),
        (
            Defect::BeginsAnew,
            "a_resumed_attempt_that_cannot_be_found_is_not_begun",
        ),
    ];
    let found = planted.map(async |(defect, name)| {
        let host = |name: &str| Host::new(name.parse().unwrap());
        let fixture = || TransportFixture::new(Arc::new(Flawed(defect)), host("web1")).second_host(host("web2"));
        let report = transport_only(&[name], fixture).await;
        assert_eq!(report.failed(), [name], "{defect:?}\n{report}");
    });
    // Some are found by nothing happening for long; they wait together.
    futures::future::join_all(found).await;
}
