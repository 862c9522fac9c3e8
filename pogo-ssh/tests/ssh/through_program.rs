//! The transport through the `ssh` program.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use pogo_core::fleet::Connection;
use pogo_core::plan::{ExecOptions, RemoteCommand, SentFile, Stdin};
use pogo_core::scheduler::{FailureKind, Phase};
use pogo_ssh::{ClientConfig, HostKeyPolicy, ProgramTransport, SetupError};

use crate::attempt::{Report, TestAttempt, term};
use crate::openssh::{self, OpenSsh};
use crate::over_time::over_its_time;

fn attempt(server: &OpenSsh, line: &str) -> TestAttempt {
    TestAttempt::to("web1", server.connection(), RemoteCommand::shell(line))
}

fn transport(server: &OpenSsh) -> ProgramTransport {
    server.transport().build_program().unwrap()
}

async fn run(server: &OpenSsh, line: &str) -> Report {
    attempt(server, line).run(&transport(server)).await
}

#[tokio::test]
async fn output_status_and_signal_come_through_the_program() {
    if !openssh::is_there("output_status_and_signal_come_through_the_program") {
        return;
    }
    let server = OpenSsh::start();
    let report = run(&server, "echo out; echo err >&2; echo \"$POGO_HOST '$POGO_PHASE'\"").await;
    report.assert_succeeded();
    assert_eq!(report.stdout, "out\nweb1 'command'\n");
    assert_eq!(report.stderr, "err\n");
    assert_eq!(report.phases, [Phase::Connect, Phase::Command]);
    for status in [1, 7, 127, 200, 255] {
        let report = run(&server, &format!("exit {status}")).await;
        report.assert_failed(FailureKind::Command { status });
    }
    let killed = FailureKind::Signal {
        signal: "KILL".to_owned(),
    };
    run(&server, "kill -KILL $$").await.assert_failed(killed);
}

#[tokio::test]
async fn words_arrive_as_they_are() {
    if !openssh::is_there("words_arrive_as_they_are") {
        return;
    }
    let server = OpenSsh::start();
    let words = ["printf", "%s|", "a b", "$HOME", "'", "`id`", "%h", "-o", "\\"];
    let attempt = TestAttempt::to("web1", server.connection(), RemoteCommand::argv(words));
    let report = attempt.run(&transport(&server)).await;
    report.assert_succeeded();
    assert_eq!(report.stdout, "a b|$HOME|'|`id`|%h|-o|\\|");
}

#[tokio::test]
async fn hooks_run_around_the_command_over_one_connection() {
    if !openssh::is_there("hooks_run_around_the_command_over_one_connection") {
        return;
    }
    let server = OpenSsh::start();
    fs::create_dir(server.path("hooks")).unwrap();
    let hook = server.path("hooks/10-say");
    fs::write(&hook, "#!/bin/sh\necho $POGO_PHASE\n").unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let hooks = server.path("hooks").display().to_string();
    let report = attempt(&server, "echo command")
        .with_hooks(&hooks, &hooks)
        .run(&transport(&server))
        .await;
    report.assert_succeeded();
    assert_eq!(report.stdout, "pre_hook\ncommand\npost_hook\n");
    server.assert_logins(1);
    fs::write(&hook, "#!/bin/sh\nexit 3\n").unwrap();
    let report = attempt(&server, "echo command")
        .with_hooks(&hooks, &hooks)
        .run(&transport(&server))
        .await;
    let message = report.assert_failed(FailureKind::PreHook { status: 3 });
    assert_eq!(message, "10-say");
}

#[tokio::test]
async fn what_fails_on_the_way_is_told_apart() {
    if !openssh::is_there("what_fails_on_the_way_is_told_apart") {
        return;
    }
    let server = OpenSsh::start();
    let nowhere = server.connection().port(1);
    let report = TestAttempt::to("web1", nowhere, RemoteCommand::shell("true"))
        .run(&transport(&server))
        .await;
    let message = report.assert_failed(FailureKind::Unreachable);
    assert!(message.contains("Connection refused"), "{message}");
    assert_eq!(report.phases, [Phase::Connect]);

    fs::write(server.path("authorized_keys"), "").unwrap();
    run(&server, "true").await.assert_failed(FailureKind::Authentication);

    openssh::generate_key(server.directory.path(), "other", "ed25519");
    server.write_known_hosts(&["other"]);
    run(&server, "true").await.assert_failed(FailureKind::HostKey);
    fs::write(server.path("known_hosts"), "").unwrap();
    run(&server, "true").await.assert_failed(FailureKind::HostKey);
}

#[tokio::test]
async fn a_new_key_is_recorded_only_if_new_keys_are_taken() {
    if !openssh::is_there("a_new_key_is_recorded_only_if_new_keys_are_taken") {
        return;
    }
    let server = OpenSsh::start();
    fs::write(server.path("known_hosts"), "").unwrap();
    run(&server, "true").await.assert_failed(FailureKind::HostKey);
    assert_eq!(fs::read_to_string(server.path("known_hosts")).unwrap(), "");
    let takes = server
        .transport()
        .host_keys(HostKeyPolicy::AcceptNew)
        .build_program()
        .unwrap();
    attempt(&server, "true").run(&takes).await.assert_succeeded();
    run(&server, "true").await.assert_succeeded();
}

#[tokio::test]
async fn a_link_that_breaks_leaves_the_command_in_doubt() {
    if !openssh::is_there("a_link_that_breaks_leaves_the_command_in_doubt") {
        return;
    }
    let server = OpenSsh::start();
    let transport = transport(&server);
    let (running, _side) = attempt(&server, "echo up; exec sleep 30").start();
    let witness = Arc::clone(&running.witness);
    let cutting = async {
        witness.saw("up").await;
        server.cut_connections();
    };
    let (report, ()) = tokio::join!(running.finish(&transport), cutting);
    report.assert_in_doubt();
}

#[tokio::test]
async fn a_cancelled_command_and_one_that_takes_too_long_are_really_ended() {
    if !openssh::is_there("a_cancelled_command_and_one_that_takes_too_long_are_really_ended") {
        return;
    }
    let server = OpenSsh::start();
    let transport = transport(&server);
    let trace = server.path("trace");
    let line = format!("echo up; sleep 600; echo ended > {}", trace.display());
    let report = attempt(&server, &line).cancelled_after(&["up"], &transport).await;
    report.assert_failed(term());
    let report = over_its_time(&transport, 1, |_| attempt(&server, &line)).await;
    report.assert_failed(FailureKind::Timeout);
    assert!(!trace.exists());
}

#[tokio::test]
async fn input_is_passed_on_and_what_is_not_supported_is_refused() {
    if !openssh::is_there("input_is_passed_on_and_what_is_not_supported_is_refused") {
        return;
    }
    let server = OpenSsh::start();
    let with = |exec_options: ExecOptions| attempt(&server, "cat; pwd").exec_options(exec_options);
    let report = with(
        ExecOptions::new()
            .stdin(Stdin::Text("input\n".to_owned()))
            .directory("/"),
    );
    let report = report.run(&transport(&server)).await;
    report.assert_succeeded();
    assert_eq!(report.stdout, "input\n/\n");
    let sent = with(ExecOptions::new().file(SentFile::new("tool")));
    sent.run(&transport(&server)).await.assert_failed(FailureKind::Refused);
    let password = server.transport().password("secret".to_owned().into());
    assert!(matches!(password.build_program(), Err(SetupError::Program { .. })));
}

#[tokio::test]
async fn a_proxy_command_and_a_jump_of_the_configuration_are_followed() {
    if !openssh::is_there("a_proxy_command_and_a_jump_of_the_configuration_are_followed") {
        return;
    }
    let server = OpenSsh::start();
    let text = format!(
        "Host gate web1\n HostName 127.0.0.1\n Port {0}\nHost web1\n ProxyJump gate\nHost web2\n \
         ProxyCommand bash -c 'exec 3<>/dev/tcp/127.0.0.1/{0}; cat <&3 & cat >&3'\n HostKeyAlias [127.0.0.1]:{0}\n\
         Host *\n LocalForward 1 a:2\n RequestTTY force\n",
        server.port
    );
    fs::write(server.path("config"), text).unwrap();
    // The jump knows no command line of ours.
    let trust = format!(
        " IdentityFile {0}/client_ed25519\n UserKnownHostsFile {0}/known_hosts\n",
        server.directory.path().display()
    );
    let text = fs::read_to_string(server.path("config")).unwrap() + &trust;
    fs::write(server.path("config"), text).unwrap();
    let config = ClientConfig::of_file(server.path("config")).unwrap();
    let transport = server.transport().client_config(config).build_program().unwrap();
    for name in ["web1", "web2"] {
        let report = TestAttempt::to(name, Connection::default(), RemoteCommand::shell("echo here"))
            .run(&transport)
            .await;
        report.assert_succeeded();
        assert_eq!(report.stdout, "here\n");
    }
}

#[tokio::test]
async fn much_output_is_cut_and_something_in_the_background_is_not_waited_for() {
    if !openssh::is_there("much_output_is_cut_and_something_in_the_background_is_not_waited_for") {
        return;
    }
    let server = OpenSsh::start();
    let transport = server.transport().output_limit(1000).build_program().unwrap();
    let report = attempt(&server, "head -c 5000000 /dev/zero | tr '\\0' x; sleep 20 &")
        .run(&transport)
        .await;
    report.assert_succeeded();
    assert_eq!(report.stdout.len(), 750 + 125);
    assert!(report.notes.contains("[output cut here"), "{}", report.notes);
    assert!(report.notes.contains("in the background"), "{}", report.notes);
}
