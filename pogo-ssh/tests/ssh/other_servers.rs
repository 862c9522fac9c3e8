//! Servers that are set up tightly.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use pogo_core::plan::Command;
use pogo_core::scheduler::FailureKind;
use pogo_ssh::SshTransport;

use crate::errand::{Errand, Report};
use crate::openssh::{self, OpenSsh};

/// Runs a command and cancels it once it has said `up`.
async fn cancel(transport: &SshTransport, errand: Errand) -> Report {
    let (running, mut side) = errand.start();
    let witness = std::sync::Arc::clone(&running.witness);
    let cancelling = async {
        witness.saw("up").await;
        side.cancel();
    };
    tokio::join!(running.finish(transport), cancelling).0
}

#[tokio::test]
async fn a_server_with_one_session_per_connection_ends_a_command_by_a_second_connection() {
    if !openssh::is_there("a_server_with_one_session_per_connection_ends_a_command_by_a_second_connection") {
        return;
    }
    let server = OpenSsh::start_with("MaxSessions 1");
    fs::create_dir(server.path("pre.d")).unwrap();
    let hook = server.path("pre.d/10-say");
    fs::write(&hook, "#!/bin/sh\necho hook\n").unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let transport = server.transport().build().unwrap();
    let hooks = server.path("pre.d").display().to_string();
    let errand = |line: &str| Errand::to("web1", server.connection(), Command::shell(line));
    let report = errand("echo command").with_hooks(&hooks, &hooks).run(&transport).await;
    report.assert_succeeded();
    assert_eq!(report.stdout, "hook\ncommand\nhook\n");
    cancel(&transport, errand("echo up; exec sleep 20"))
        .await
        .assert_failed(FailureKind::Signal {
            signal: "TERM".to_owned(),
        });
}

#[tokio::test]
async fn a_server_that_runs_only_its_own_command_still_tells_how_that_ended() {
    if !openssh::is_there("a_server_that_runs_only_its_own_command_still_tells_how_that_ended") {
        return;
    }
    let server = OpenSsh::start_with("ForceCommand echo forced; exit 5");
    let errand = Errand::to("web1", server.connection(), Command::shell("true"));
    let report = errand.run(&server.transport().build().unwrap()).await;
    report.assert_failed(FailureKind::Command { status: 5 });
    assert_eq!(report.stdout, "forced\n");
}
