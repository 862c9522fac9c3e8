//! Commands that restart their host.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::{Either, select};
use pogo_core::dispatcher::{ReporterSide, Stream};
use pogo_core::plan::{ExecOptions, RemoteCommand};
use pogo_core::scheduler::{Failure, FailureKind, Outcome, Phase};
use pogo_ssh::SshTransport;

use crate::attempt::{Report, TestAttempt, Witness};
use crate::machine::Machine;

/// As long as it takes, in tests of hosts that come back.
const LONG: Duration = Duration::from_secs(60);

fn attempt(machine: &Machine, line: &str, within: Duration) -> TestAttempt {
    let hooks = machine.path("post.d");
    fs::create_dir_all(&hooks).unwrap();
    let hook = hooks.join("10-check");
    fs::write(
        &hook,
        "#!/bin/sh\necho checked in $(cat /proc/sys/kernel/random/boot_id)\n",
    )
    .unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let exec_options = ExecOptions::new().reboot(within).env("PATH", machine.search_path());
    TestAttempt::to("web1", machine.connection(), RemoteCommand::shell(line))
        .with_hooks("", &hooks.display().to_string())
        .exec_options(exec_options)
}

/// A machine, and a transport that ends commands after a second. None where machines cannot be had.
fn start(test: &str, number: u8) -> Option<(Machine, SshTransport)> {
    let machine = Machine::start(test, number)?;
    let transport = machine.transport().stop_grace(Duration::from_secs(1));
    Some((machine, transport.build().unwrap()))
}

/// Restarts the machine once it was asked to, into this boot.
async fn restart(machine: &mut Machine, boot: &str) {
    machine.asked().await;
    machine.go_down();
    machine.come_back(boot);
}

/// Runs attempts that wait for their host ever longer, until one says this: on a busy machine a short time is over
/// before that is seen.
async fn waited_long_enough(seen: &str, mut attempt: impl AsyncFnMut(Duration) -> Report) -> Report {
    let mut within = Duration::from_secs(4);
    loop {
        let report = attempt(within).await;
        let (Outcome::InDoubt { message } | Outcome::Failed(Failure { message, .. })) = &report.outcome else {
            panic!("{report:#?}");
        };
        if message.contains(seen) {
            return report;
        }
        within *= 4;
        assert!(within < Duration::from_secs(600), "{report:#?}");
    }
}

fn assert_checked_in_second_boot(report: &Report) {
    report.assert_succeeded();
    assert_eq!(report.stdout, "checked in second\n");
}

/// Runs an attempt while somebody plays the hardware.
async fn run(
    attempt: TestAttempt,
    transport: &SshTransport,
    hardware: impl AsyncFnOnce(Arc<Witness>, ReporterSide),
) -> Report {
    let (running, side) = attempt.start();
    let hardware = std::pin::pin!(hardware(Arc::clone(&running.witness), side));
    let finish = std::pin::pin!(running.finish(transport));
    // What is waited for does not come any more once the attempt has ended.
    match select(finish, hardware).await {
        Either::Left((report, _)) => panic!("the attempt ended too soon: {report:#?}"),
        Either::Right(((), finish)) => finish.await,
    }
}

/// Until the transport waits for the host.
async fn awaited(witness: &Witness) {
    witness.saw_in(Stream::Note, "waiting for the host to restart").await;
}

#[tokio::test]
async fn a_host_that_takes_its_link_along_is_awaited_and_then_runs_its_post_hooks() {
    let Some((mut machine, transport)) = start("a_host_that_takes_its_link_along", 1) else {
        return;
    };
    let attempt = attempt(&machine, "echo off >&2; systemctl reboot; sleep 30", LONG);
    let report = run(attempt, &transport, async |witness, _side| {
        assert_eq!(machine.asked().await, "systemctl reboot");
        // Behind the mark of the phase, which would be lost with the link.
        witness.saw_in(Stream::Stderr, "off").await;
        machine.go_down();
        awaited(&witness).await;
        machine.come_back("second");
    })
    .await;
    assert_checked_in_second_boot(&report);
    assert_eq!(report.phases, [Phase::Connect, Phase::Command, Phase::PostHook]);
}

#[tokio::test]
async fn a_command_that_returns_before_the_host_goes_away_is_no_success_yet() {
    let Some((mut machine, transport)) = start("a_command_that_returns_before_the_host_goes_away", 2) else {
        return;
    };
    let attempt = attempt(&machine, "shutdown -r +0", LONG);
    let report = run(attempt, &transport, async |witness, _side| {
        assert_eq!(machine.asked().await, "shutdown -r +0");
        awaited(&witness).await;
        // Still up for a while, in the old boot.
        machine.next_login().await;
        assert_eq!(witness.text(Stream::Stdout), "");
        machine.go_down();
        machine.come_back("second");
    })
    .await;
    assert_checked_in_second_boot(&report);
}

#[tokio::test]
async fn a_host_that_falls_silent_is_awaited_too() {
    let Some((mut machine, _)) = start("a_host_that_falls_silent_is_awaited_too", 3) else {
        return;
    };
    let attempt = attempt(&machine, "reboot; sleep 30", LONG);
    let transport = machine
        .transport()
        .keepalive(Some(Duration::from_secs(1)))
        .build()
        .unwrap();
    let report = run(attempt, &transport, async |witness, _side| {
        machine.asked().await;
        machine.drop_packets();
        awaited(&witness).await;
        machine.go_down();
        machine.come_back("second");
        machine.pass_packets();
    })
    .await;
    assert_checked_in_second_boot(&report);
}

#[tokio::test]
async fn a_host_in_the_old_boot_was_not_restarted() {
    let Some((mut machine, transport)) = start("a_host_in_the_old_boot_was_not_restarted", 4) else {
        return;
    };
    let report = waited_long_enough("not restarted", async |within| {
        let restarts = attempt(&machine, "systemctl reboot", within);
        run(restarts, &transport, async |witness, _side| {
            machine.asked().await;
            awaited(&witness).await;
            machine.go_down();
            machine.come_back("first");
        })
        .await
    })
    .await;
    let message = report.assert_failed(FailureKind::Timeout);
    assert!(message.contains("not restarted within "), "{message}");
    assert_eq!(report.stdout, "");
    // Where nobody saw the command's end it may still run.
    let report = waited_long_enough("not restarted", async |within| {
        let hangs = attempt(&machine, "systemctl reboot; sleep 300", within);
        let hardware = async |_witness, _side| restart(&mut machine, "first").await;
        run(hangs, &transport, hardware).await
    })
    .await;
    let message = report.assert_in_doubt();
    assert!(message.contains("may still run"), "{message}");
}

#[tokio::test]
async fn a_host_that_never_comes_back_is_in_doubt_with_what_was_seen_last() {
    let Some((mut machine, transport)) = start("a_host_that_never_comes_back_is_in_doubt", 5) else {
        return;
    };
    let report = waited_long_enough("refused", async |within| {
        let attempt = attempt(&machine, "systemctl reboot; sleep 300", within);
        let report = run(attempt, &transport, async |_witness, _side| {
            machine.asked().await;
            machine.go_down();
        })
        .await;
        machine.come_back("first");
        report
    })
    .await;
    let message = report.assert_in_doubt();
    assert!(message.contains("did not come back within "), "{message}");
}

#[tokio::test]
async fn a_host_that_shows_another_key_is_not_trusted() {
    let Some((mut machine, transport)) = start("a_host_that_shows_another_key_is_not_trusted", 6) else {
        return;
    };
    let attempt = attempt(&machine, "systemctl reboot; sleep 30", LONG);
    let report = run(attempt, &transport, async |_witness, _side| {
        machine.asked().await;
        machine.go_down();
        machine.change_host_key();
        machine.come_back("second");
    })
    .await;
    let message = report.assert_in_doubt();
    assert!(
        message.contains("is not trusted") && message.contains("key"),
        "{message}"
    );
    assert_eq!(report.stdout, "");
}

#[tokio::test]
async fn a_host_that_lets_nobody_in_while_it_starts_is_awaited() {
    let Some((mut machine, transport)) = start("a_host_that_lets_nobody_in_while_it_starts", 7) else {
        return;
    };
    let attempt = attempt(&machine, "systemctl reboot; sleep 30", LONG);
    let report = run(attempt, &transport, async |_witness, _side| {
        machine.asked().await;
        machine.go_down();
        let keys = machine.path("authorized_keys");
        let allowed = fs::read(&keys).unwrap();
        fs::write(&keys, "").unwrap();
        machine.come_back("second");
        machine.next_refusal().await;
        fs::write(&keys, allowed).unwrap();
    })
    .await;
    assert_checked_in_second_boot(&report);
}

#[tokio::test]
async fn a_command_that_fails_restarts_nothing() {
    let Some((machine, transport)) = start("a_command_that_fails_restarts_nothing", 8) else {
        return;
    };
    let report = attempt(&machine, "exit 3", LONG).run(&transport).await;
    report.assert_failed(FailureKind::Command { status: 3 });
    machine.set_boot_id("");
    let report = attempt(&machine, "echo ran", LONG).run(&transport).await;
    let message = report.assert_failed(FailureKind::Refused);
    assert!(message.contains("which boot it is in"), "{message}");
    assert_eq!(report.stdout, "");
}

#[tokio::test]
async fn the_wait_ends_with_the_attempt() {
    let Some((mut machine, transport)) = start("the_wait_ends_with_the_attempt", 9) else {
        return;
    };
    let start = Instant::now();
    let cancelled = attempt(&machine, "systemctl reboot", LONG);
    let report = run(cancelled, &transport, async |witness, mut side| {
        machine.asked().await;
        awaited(&witness).await;
        side.cancel();
    })
    .await;
    let message = report.assert_in_doubt();
    assert!(message.contains("cancelled while the host was restarting"), "{message}");
    // Long enough for the command to begin, however slow this machine is.
    let limit = Duration::from_secs(6).max(start.elapsed() * 8);
    let late = attempt(&machine, "systemctl reboot; sleep 300", LONG).within(limit);
    let report = run(late, &transport, async |_witness, _side| {
        machine.asked().await;
        machine.go_down();
    })
    .await;
    let message = report.assert_in_doubt();
    assert!(message.contains("the time limit ran out while"), "{message}");
}
