//! Attempts that run apart from the connection that starts them.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pogo_core::dispatcher::{Dispatcher, Handle};
use pogo_core::fleet::Fleet;
use pogo_core::journal::MemoryJournal;
use pogo_core::plan::{ExecOptions, JobSpec, RemoteCommand, RunAs, Stdin};
use pogo_core::scheduler::{FailureKind, JobId, NeverBegan, Outcome, Phase, Tally};

use crate::attempt::term;
use crate::over_time::over_its_time;
use crate::place::{Place, on_both};

pub(crate) fn detached(key: &str) -> ExecOptions {
    ExecOptions::new().detached(key.to_owned())
}

/// Runs of a command that adds a line to a file each time.
pub(crate) fn runs(path: impl AsRef<Path>) -> usize {
    fs::read_to_string(path).unwrap_or_default().lines().count()
}

/// A transport whose attempts are kept in the place's own directory.
fn transport_of(place: &Place) -> pogo_ssh::SshTransport {
    let config = place.transport.clone().detached_directory(place.path("kept"));
    // All that is ended here ends by itself then, and a busy host has time to say so.
    config.stop_grace(Duration::from_secs(60)).build().unwrap()
}

async fn dispatcher_of(place: &Place, journal: &MemoryJournal) -> (Dispatcher, Handle) {
    let builder = Dispatcher::builder(Arc::new(transport_of(place))).journal(Arc::new(journal.clone()));
    builder.build().await.unwrap()
}

/// A fleet of the place's host, and a detached job of this line on it.
fn job_on(place: &Place, line: String) -> (Fleet, JobSpec) {
    let mut fleet = Fleet::builder().host("web1");
    let host = fleet.find("web1").unwrap();
    fleet.connect(host, place.connection.clone());
    let mut spec = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell(line));
    spec.exec_options = detached("k1");
    (fleet.build().unwrap(), spec)
}

/// How a job ended whose dispatcher died while its command ran, after what happened to the place meanwhile.
async fn taken_over(place: &Place, meanwhile: impl Fn(&Place)) -> Tally {
    let journal = MemoryJournal::new();
    let (gate, ran) = (place.path("gate"), place.path("ran"));
    let made = std::process::Command::new("mkfifo").arg(&gate).status();
    assert!(made.unwrap().success());
    let line = format!("echo ran >>'{ran}'; read go <'{gate}'; echo went on >>'{ran}'");
    let (dispatcher, handle) = dispatcher_of(place, &journal).await;
    // Opened when the command has come to read from it.
    let opened = tokio::task::spawn_blocking(move || fs::OpenOptions::new().write(true).open(gate));
    let began = async {
        let (fleet, spec) = job_on(place, line);
        handle.configure(Arc::new(fleet), Arc::default()).await.unwrap();
        handle.submit(spec).await.unwrap();
        opened.await.unwrap().unwrap()
    };
    let mut gate = tokio::select! {
        _ = dispatcher.run() => panic!("it ended by itself"),
        gate = began => gate,
    };
    // The first dispatcher is gone, and the command ends while nobody looks.
    gate.write_all(b"go\n").unwrap();
    drop(gate);
    meanwhile(place);
    let (dispatcher, _) = dispatcher_of(place, &journal).await;
    let ended = dispatcher.run().await.unwrap();
    ended.job(JobId::new(1)).unwrap().tally()
}

on_both! {
    async fn hooks_and_command_run_with_both_streams_apart(place: Place) {
        place.file("pre.d/a", "#!/bin/sh\necho pre $POGO_PHASE\n", 0o755);
        place.file("post.d/b", "#!/bin/sh\necho post $POGO_PHASE; exit 4\n", 0o755);
        let line = "echo $POGO_PHASE $POGO_HOST $X; echo aside >&2";
        let mut how = detached("k1");
        how.environment.insert("X".to_owned(), "it's".to_owned());
        let attempt = place.attempt(RemoteCommand::shell(line)).with_hooks(&place.path("pre.d"), &place.path("post.d"));
        let report = attempt.exec_options(how).run(&transport_of(&place)).await;
        let message = report.assert_failed(FailureKind::PostHook { status: 4 });
        assert_eq!(message, "b");
        assert_eq!(report.stdout, "pre pre_hook\ncommand web1 it's\npost post_hook\n");
        assert_eq!(report.stderr, "aside\n");
        assert_eq!(report.phases, [Phase::Connect, Phase::PreHook, Phase::Command, Phase::PostHook]);
    }

    async fn a_phase_of_hooks_is_reported_only_where_a_hook_runs(place: Place) {
        place.file("post.d/no-hook", "not executable", 0o644);
        for (number, hook) in [false, true].into_iter().enumerate() {
            if hook {
                place.file("post.d/hook", "#!/bin/sh\nexit 0\n", 0o755);
            }
            let attempt = place
                .attempt(RemoteCommand::shell("true"))
                .with_hooks(&place.path("pre.d"), &place.path("post.d"));
            let report = attempt.exec_options(detached(&format!("k{number}"))).run(&transport_of(&place)).await;
            report.assert_succeeded();
            let phases = [Phase::Connect, Phase::Command].into_iter().chain(hook.then_some(Phase::PostHook));
            assert_eq!(report.phases, phases.collect::<Vec<_>>());
        }
    }

    async fn of_output_over_the_limit_head_and_tail_come_through(place: Place) {
        let config = place.transport.clone().detached_directory(place.path("kept")).output_limit(100_000);
        let lines = "i=0; while [ $i -lt 100000 ]; do echo line $i; i=$((i+1)); done; echo the end >&2; exit 3";
        let attempt = place.attempt(RemoteCommand::shell(lines)).exec_options(detached("k1"));
        let report = attempt.run(&config.build().unwrap()).await;
        report.assert_failed(FailureKind::Command { status: 3 });
        assert!(report.stdout.starts_with("line 0\nline 1\n"), "{}", report.stdout);
        assert!(report.stdout.ends_with("\nline 99998\nline 99999\n"), "{}", report.stdout);
        assert!(report.stderr.ends_with("the end\n"), "{}", report.stderr);
        let (before, _) = report.notes.split_once(" bytes of output dropped here]").unwrap();
        let dropped: usize = before.rsplit('[').next().unwrap().parse().unwrap();
        assert_eq!(report.stdout.len() + dropped, 1_088_890, "{}", report.notes);
    }

    async fn an_attempt_leaves_no_output_behind(place: Place) {
        let attempt = place.attempt(RemoteCommand::shell("echo words")).exec_options(detached("k1"));
        attempt.run(&transport_of(&place)).await.assert_succeeded();
        let left = || {
            let mut find = std::process::Command::new("find");
            let found = find.arg(place.path("kept")).args(["-type", "f", "-o", "-type", "p"]).output();
            let found = String::from_utf8(found.unwrap().stdout).unwrap();
            let mut left: Vec<String> = found
                .lines()
                .filter_map(|path| path.rsplit('/').next())
                .map(str::to_owned)
                .collect();
            left.sort_unstable();
            left
        };
        // The host was told to, and does it at its own time.
        for _ in 0..10_000 {
            if left() == ["alive", "state"] {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("{:?}", left());
    }

    async fn a_cancelled_command_is_ended_on_the_host(place: Place) {
        let transport = transport_of(&place);
        let line = format!("echo up; trap '' INT; sleep 300; echo ran >>'{}'", place.path("ran"));
        let report = place
            .attempt(RemoteCommand::shell(line))
            .exec_options(detached("k1"))
            .cancelled_after(&["up"], &transport)
            .await;
        report.assert_failed(term());
        // The place is free again.
        let next = place.attempt(RemoteCommand::shell("true")).exec_options(detached("k2"));
        next.run(&transport).await.assert_succeeded();
        assert_eq!(runs(place.path("ran")), 0);
    }

    async fn a_command_over_its_time_is_ended_within_it(place: Place) {
        let attempt = |number| {
            let exec_options = detached(&format!("k{number}"));
            place.attempt(RemoteCommand::shell("echo up; sleep 600")).exec_options(exec_options)
        };
        let report = over_its_time(&transport_of(&place), 1, attempt).await;
        report.assert_failed(FailureKind::Timeout);
    }

    async fn two_attempts_never_run_on_a_host_at_once(place: Place) {
        let transport = transport_of(&place);
        let (first, mut side) = place
            .attempt(RemoteCommand::shell("echo up; sleep 300"))
            .exec_options(detached("one"))
            .start();
        let witness = Arc::clone(&first.witness);
        let second = async {
            witness.saw("up").await;
            let line = format!("echo ran >>'{}'", place.path("ran"));
            let report = place.attempt(RemoteCommand::shell(line)).exec_options(detached("two")).run(&transport).await;
            let Outcome::NeverBegan { reason: NeverBegan::Busy, message, .. } = report.outcome else {
                panic!("{report:#?}");
            };
            assert!(message.starts_with("attempt a17 of namespace default has held the host's lock for"), "{message}");
            assert_eq!(report.asked, [false; 0]);
            side.cancel();
        };
        let (report, ()) = tokio::join!(first.finish(&transport), second);
        report.assert_failed(term());
        assert_eq!(runs(place.path("ran")), 0);
    }

    async fn what_runs_without_its_supervisor_keeps_others_from_running(place: Place) {
        let transport = transport_of(&place);
        let gate = place.path("gate");
        let made = std::process::Command::new("mkfifo").arg(&gate).status();
        assert!(made.unwrap().success());
        // What runs it has started the session of the command's shell.
        let line = format!("exec >/dev/null 2>&1; kill -KILL $(ps -o ppid= -p $$); read go <'{gate}'; rm '{gate}'");
        let report = place.attempt(RemoteCommand::shell(line)).exec_options(detached("one")).run(&transport).await;
        report.assert_in_doubt();
        let next = async |key: String| {
            let report = place.attempt(RemoteCommand::shell("true")).exec_options(detached(&key)).run(&transport).await;
            report.outcome
        };
        let is_busy = |outcome: &Outcome| matches!(outcome, Outcome::NeverBegan { reason: NeverBegan::Busy, .. });
        let outcome = next("two".to_owned()).await;
        assert!(is_busy(&outcome), "{outcome:?}");
        let opened = tokio::task::spawn_blocking({
            let gate = gate.clone();
            move || fs::OpenOptions::new().write(true).open(gate)
        });
        opened.await.unwrap().unwrap().write_all(b"go\n").unwrap();
        // It ends after that, at its own time.
        let mut tries = 0;
        let outcome = loop {
            tries += 1;
            let outcome = next(format!("try{tries}")).await;
            if !is_busy(&outcome) {
                break outcome;
            }
        };
        assert_eq!(outcome, Outcome::Succeeded);
        assert!(!fs::exists(gate).unwrap());
    }

    async fn a_dispatcher_that_takes_over_takes_up_what_ran(place: Place) {
        let ended = taken_over(&place, |_| ()).await;
        assert_eq!(ended.succeeded, 1);
        assert_eq!(fs::read_to_string(place.path("ran")).unwrap(), "ran\nwent on\n");
    }

    async fn a_dispatcher_that_takes_over_learns_from_the_record_what_it_cannot_find(place: Place) {
        let lose = |place: &Place| fs::rename(place.path("kept"), place.path("elsewhere")).unwrap();
        let ended = taken_over(&place, lose).await;
        assert_eq!(ended.succeeded, 1);
        let ran = fs::read_to_string(place.path("ran")).unwrap();
        assert_eq!(ran.lines().filter(|line| *line == "ran").count(), 1, "{ran}");
    }

    async fn what_cannot_be_detached_is_refused(place: Place) {
        let transport = transport_of(&place);
        for how in [
            detached("k").pty(true),
            detached("k").stdin(Stdin::Text("x".to_owned())),
            detached("k").run_as(RunAs::User("root".to_owned())),
        ] {
            let report = place.attempt(RemoteCommand::shell("true")).exec_options(how).run(&transport).await;
            assert!(report.assert_failed(FailureKind::Refused).contains("a detached command"));
        }
    }
}
