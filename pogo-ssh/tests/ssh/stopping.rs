//! Cancellation and time limits end what runs on the host.

use std::path::Path;
use std::time::Duration;

use pogo_core::dispatcher::Stream;
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::{FailureKind, NeverBegan, Outcome, Phase};

use crate::attempt::term;
use crate::over_time::over_its_time;
use crate::place::on_both;

/// Two processes that write their numbers and then go on for long.
const LONG: &str = "sh -c 'echo inner $$; sleep 300; true' & echo outer $$; wait";
/// Two such processes that ignore TERM.
const DEAF: &str =
    "trap '' TERM; sh -c 'echo inner $$; while :; do sleep 1; done' & echo outer $$; while :; do sleep 1; done";

fn pids(stdout: &str) -> Vec<String> {
    stdout
        .lines()
        .filter_map(|line| line.split(' ').nth(1))
        .map(str::to_owned)
        .collect()
}

/// Whether it has ended; one that ended and was not collected yet has.
fn is_gone(pid: &str) -> bool {
    match std::fs::read_to_string(Path::new("/proc").join(pid).join("stat")) {
        Ok(stat) => stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z')),
        Err(_) => true,
    }
}

#[track_caller]
fn assert_all_gone(stdout: &str) {
    let pids = pids(stdout);
    assert_eq!(pids.len(), 2, "{stdout}");
    for pid in pids {
        assert!(is_gone(&pid), "process {pid} is still there");
    }
}

on_both! {
    async fn a_cancelled_command_is_ended_with_all_its_processes(place: Place) {
        let transport = place.transport.clone().build().unwrap();
        let report = place.attempt(RemoteCommand::shell(LONG)).cancelled_after(&["inner", "outer"], &transport).await;
        report.assert_failed(term());
        assert_all_gone(&report.stdout);
    }

    async fn what_is_deaf_to_term_is_killed(place: Place) {
        let transport = place.transport.clone().stop_grace(Duration::from_millis(300)).build().unwrap();
        let report = place.attempt(RemoteCommand::shell(DEAF)).cancelled_after(&["inner", "outer"], &transport).await;
        report.assert_failed(term());
        assert_all_gone(&report.stdout);
    }

    async fn a_command_over_its_time_is_ended_within_it(place: Place) {
        let transport = place.transport.clone().build().unwrap();
        let report = over_its_time(&transport, 2, |_| place.attempt(RemoteCommand::shell(LONG))).await;
        report.assert_failed(FailureKind::Timeout);
        assert_all_gone(&report.stdout);
    }

    async fn a_hook_is_ended_like_a_command(place: Place) {
        place.file("pre.d/slow", "#!/bin/sh\necho outer $$\nsh -c 'echo inner $$; sleep 300; true'\n", 0o755);
        let transport = place.transport.clone().build().unwrap();
        let attempt = place.attempt(RemoteCommand::shell("echo never")).with_hooks(&place.path("pre.d"), "");
        let report = attempt.cancelled_after(&["inner"], &transport).await;
        let message = report.assert_failed(term());
        assert!(message.contains("pre-hook"), "{message}");
        assert_eq!(report.phases, [Phase::Connect, Phase::PreHook]);
        assert_all_gone(&report.stdout);
    }

    async fn what_is_cancelled_before_it_began_never_began(place: Place) {
        let transport = place.transport.clone().build().unwrap();
        let mark = place.path("ran");
        let (running, mut side) = place.attempt(RemoteCommand::shell(format!("touch '{mark}'"))).start();
        side.cancel();
        let report = running.finish(&transport).await;
        let never = matches!(&report.outcome, Outcome::NeverBegan { reason: NeverBegan::Cancelled, .. });
        assert!(never, "{report:?}");
        assert!(!Path::new(&mark).exists());
    }

    async fn a_flood_does_not_keep_a_command_from_being_ended(place: Place) {
        let transport = place.transport.clone().output_limit(100_000).build().unwrap();
        let (running, mut side) = place.attempt(RemoteCommand::shell("while :; do echo flood; done")).start();
        let witness = std::sync::Arc::clone(&running.witness);
        let cancelling = async {
            witness.saw("flood").await;
            side.cancel();
        };
        let (report, ()) = tokio::join!(running.finish(&transport), cancelling);
        report.assert_failed(term());
    }

    async fn dropping_an_attempt_cuts_its_connection(place: Place) {
        let transport = place.transport.clone().build().unwrap();
        let endless = RemoteCommand::shell("echo up; read never <&-; sleep 0.1; while echo up; do :; done; sleep 20");
        let (running, _side) = place.attempt(endless).start();
        let witness = std::sync::Arc::clone(&running.witness);
        tokio::select! {
            _ = running.finish(&transport) => panic!("ended by itself"),
            () = witness.saw("up") => {}
        }
        let seen = witness.bytes(Stream::Stdout).len();
        let elsewhere = place.transport.clone().lock_directory(place.path("elsewhere")).build().unwrap();
        place.attempt(RemoteCommand::shell("true")).run(&elsewhere).await.assert_succeeded();
        assert_eq!(witness.bytes(Stream::Stdout).len(), seen);
    }
}
