//! Servers that are set up tightly.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use pogo_core::dispatcher::Transport;
use pogo_core::plan::{ExecOptions, RemoteCommand, RunAs, Stdin};
use pogo_core::scheduler::{FailureKind, Phase};

use crate::attempt::{TestAttempt, term};
use crate::openssh::{self, OpenSsh};

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
    let attempt = |line: &str| TestAttempt::to("web1", server.connection(), RemoteCommand::shell(line));
    let report = attempt("echo command").with_hooks(&hooks, &hooks).run(&transport).await;
    report.assert_succeeded();
    assert_eq!(report.stdout, "hook\ncommand\nhook\n");
    let attempt = attempt("echo up; exec sleep 20");
    attempt.cancelled_after(&["up"], &transport).await.assert_failed(term());
}

/// What hosts run in place of what they are asked for, and how it ends.
const OF_THEIR_OWN: &[(&str, u32)] = &[
    ("true", 0),
    ("echo forced; exit 5", 5),
    ("/usr/sbin/nologin", 1),
    ("rbash -c \"$SSH_ORIGINAL_COMMAND\"", 1),
];

fn job(run_as: Option<RunAs>, detached: bool, forced_command: bool) -> ExecOptions {
    let mut exec_options = ExecOptions::new().forced_command(forced_command);
    exec_options.run_as = run_as;
    exec_options.detached = detached.then(|| "k1".to_owned());
    exec_options
}

#[tokio::test]
async fn what_a_host_runs_in_place_of_a_command_is_refused_however_it_ends() {
    if !openssh::is_there("what_a_host_runs_in_place_of_a_command_is_refused_however_it_ends") {
        return;
    }
    for (forced, status) in OF_THEIR_OWN {
        let server = OpenSsh::start_with(&format!("ForceCommand {forced}"));
        let transports: [Box<dyn Transport>; 2] = [
            Box::new(server.transport().build().unwrap()),
            Box::new(server.transport().build_program().unwrap()),
        ];
        let attempt = |hooks: &str, exec_options| {
            let attempt = TestAttempt::to("web1", server.connection(), RemoteCommand::shell("true"));
            attempt.with_hooks(hooks, hooks).exec_options(exec_options)
        };
        let user = || Some(RunAs::User("nobody".to_owned()));
        for (number, hooks, exec_options) in [
            (0, "", job(None, false, false)),
            (0, "/no/such", job(None, false, false)),
            (0, "", job(user(), false, false)),
            (0, "", job(None, true, false)),
            (1, "/no/such", job(None, false, false)),
        ] {
            let report = attempt(hooks, exec_options).run(&*transports[number]).await;
            let message = report.assert_failed(FailureKind::Refused);
            assert!(message.contains("the command was not run"), "{forced}: {message}");
            assert!(
                message.contains("of its own") && message.contains("`forced_command`"),
                "{forced}: {message}"
            );
            assert!(message.contains(&format!("status {status} ")), "{forced}: {message}");
            if forced.contains("echo") {
                assert!(message.ends_with(": forced"), "{message}");
            }
        }
        // Who means it takes the status.
        for transport in &transports {
            let report = attempt("/no/such", job(None, false, true)).run(&**transport).await;
            match status {
                0 => report.assert_succeeded(),
                _ if forced.contains("rbash") => report.assert_succeeded(),
                _ => _ = report.assert_failed(FailureKind::Command { status: *status }),
            }
            assert_eq!(report.phases, [Phase::Connect, Phase::Command], "{forced}");
            let report = attempt("", job(None, true, true)).run(&**transport).await;
            report.assert_failed(FailureKind::Refused);
        }
    }
}

#[tokio::test]
async fn a_forced_command_is_told_the_command_and_given_its_input() {
    if !openssh::is_there("a_forced_command_is_told_the_command_and_given_its_input") {
        return;
    }
    let server = OpenSsh::start_with("ForceCommand echo \"[$SSH_ORIGINAL_COMMAND]\"; cat; kill -KILL $$");
    let mut connection = server.connection();
    connection.vars.insert("forced_command".to_owned(), "true".to_owned());
    let attempt = TestAttempt::to("web1", connection, RemoteCommand::shell("deploy v1 'a b'"));
    let exec_options = ExecOptions::new().stdin(Stdin::Text("input".to_owned()));
    let report = attempt
        .exec_options(exec_options)
        .run(&server.transport().build().unwrap())
        .await;
    report.assert_failed(FailureKind::Signal {
        signal: "KILL".to_owned(),
    });
    assert_eq!(report.stdout, "[deploy v1 'a b']\ninput");
}

#[tokio::test]
async fn a_host_of_its_own_that_ended_before_a_detached_attempt_was_found_again_leaves_it_in_doubt() {
    if !openssh::is_there("a_host_of_its_own_that_ended_before_a_detached_attempt_was_found_again_leaves_it_in_doubt") {
        return;
    }
    let server = OpenSsh::start_with("ForceCommand /usr/sbin/nologin");
    let attempt = TestAttempt::to("web1", server.connection(), RemoteCommand::shell("true"));
    let attempt = attempt.exec_options(job(None, true, false)).resumed();
    let message = attempt
        .run(&server.transport().build().unwrap())
        .await
        .assert_in_doubt();
    assert!(message.contains("of its own"), "{message}");
}
