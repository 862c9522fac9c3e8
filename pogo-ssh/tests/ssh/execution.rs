//! What runs on a host, and how it ends.

use pogo_core::plan::Command;
use pogo_core::scheduler::{FailureKind, Phase};
use pogo_ssh::loopback::LoopbackFleet;

use crate::errand::{Errand, Report};

async fn run(command: Command) -> Report {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    let transport = fleet.transport().build().unwrap();
    let errand = Errand::to("web1", fleet.connection("web1").unwrap(), command);
    errand.run(&transport).await
}

#[tokio::test]
async fn a_command_that_ends_with_0_has_succeeded() {
    let report = run(Command::shell("echo out; echo err >&2")).await;
    report.assert_succeeded();
    assert_eq!((report.stdout.as_str(), report.stderr.as_str()), ("out\n", "err\n"));
    assert_eq!(report.phases, [Phase::Connect, Phase::Command]);
    assert_eq!(report.notes, "");
}

#[tokio::test]
async fn a_command_that_ends_otherwise_has_failed_with_its_status() {
    let report = run(Command::shell("exit 42")).await;
    report.assert_failed(FailureKind::Command { status: 42 });
}
