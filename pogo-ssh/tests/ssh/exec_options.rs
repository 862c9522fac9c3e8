//! Environment, directory, input and terminal of a command.

use std::sync::{Arc, Mutex};

use futures::StreamExt;
use futures::channel::mpsc;
use pogo_core::dispatcher::{Observer, OutputChunk, ReporterSide, Transport};
use pogo_core::output::OutputSource;
use pogo_core::plan::{ExecOptions, RemoteCommand, Stdin};
use pogo_core::scheduler::{FailureKind, Outcome, Phase};
use pogo_core::testing::PermitAll;

use crate::attempt::term;
use crate::place::{Place, on_both};

fn reading(stdin: Stdin) -> ExecOptions {
    ExecOptions::new().stdin(stdin)
}

on_both! {
    async fn hooks_and_command_find_the_environment_of_the_job(place: Place) {
        place.file("pre.d/say", "#!/bin/sh\necho \"$POGO_PHASE $WORD\"\n", 0o755);
        let exec_options = ExecOptions::new().env("WORD", "it's $HOME");
        let transport = place.transport.clone().build().unwrap();
        let command = RemoteCommand::shell("echo \"$POGO_JOB $POGO_HOST $POGO_ATTEMPT $POGO_PHASE $WORD\"");
        let attempt = place.attempt(command).with_hooks(&place.path("pre.d"), "").exec_options(exec_options);
        let report = attempt.run(&transport).await;
        report.assert_succeeded();
        assert_eq!(report.stdout, "pre_hook it's $HOME\njob-3 web1 a17 command it's $HOME\n");
    }

    async fn a_command_starts_in_the_directory_of_the_job(place: Place) {
        let directory = place.file("-odd 'name'/file", "", 0o644);
        let directory = directory.parent().unwrap().display().to_string();
        let exec_options = ExecOptions::new().directory(directory.clone());
        let transport = place.transport.clone().build().unwrap();
        let report = place.attempt(RemoteCommand::argv(["pwd"])).exec_options(exec_options).run(&transport).await;
        assert_eq!(report.stdout, format!("{directory}\n"));
    }

    async fn without_its_directory_a_command_is_not_run(place: Place) {
        let exec_options = ExecOptions::new().directory("/no/such");
        let transport = place.transport.clone().build().unwrap();
        let report = place.attempt(RemoteCommand::shell("echo ran")).exec_options(exec_options).run(&transport).await;
        let message = report.assert_failed(FailureKind::Refused);
        assert!(message.contains("cannot enter the directory /no/such"), "{message}");
        assert_eq!(report.stdout, "");
    }

    async fn a_command_reads_text_bytes_and_files(place: Place) {
        let big = vec![b'x'; 3_000_000];
        let file = place.directory.join("input");
        std::fs::write(&file, &big).unwrap();
        let transport = place.transport.clone().build().unwrap();
        for (stdin, expected) in [
            (Stdin::Text("one\ntwo".to_owned()), "7\n"),
            (Stdin::Bytes(vec![0, 255, 10]), "3\n"),
            (Stdin::Empty, "0\n"),
            (Stdin::File(file.display().to_string()), "3000000\n"),
        ] {
            let attempt = place.attempt(RemoteCommand::shell("wc -c | tr -d ' '")).exec_options(reading(stdin));
            let report = attempt.run(&transport).await;
            report.assert_succeeded();
            assert_eq!(report.stdout, expected);
        }
    }

    async fn input_that_nobody_reads_holds_up_nothing(place: Place) {
        let transport = place.transport.clone().build().unwrap();
        let big = Stdin::Bytes(vec![b'x'; 8_000_000]);
        let report = place
            .attempt(RemoteCommand::shell("echo done; exit 3"))
            .exec_options(reading(big))
            .run(&transport)
            .await;
        report.assert_failed(FailureKind::Command { status: 3 });
        assert_eq!(report.stdout, "done\n");
    }
}

#[tokio::test]
async fn input_that_cannot_be_read_refuses_the_attempt_before_it_connects() {
    let place = Place::loopback().await;
    let transport = place.transport.clone().build().unwrap();
    let report = place
        .attempt(RemoteCommand::shell("cat"))
        .exec_options(reading(Stdin::File("/no/such".to_owned())))
        .run(&transport)
        .await;
    let message = report.assert_failed(FailureKind::Refused);
    assert!(message.contains("/no/such"), "{message}");
}

#[tokio::test]
async fn a_command_has_a_terminal_on_request() {
    if !crate::openssh::is_there("a_command_has_a_terminal_on_request") {
        return;
    }
    let place = Place::openssh();
    let transport = place.transport.clone().build().unwrap();
    let exec_options = ExecOptions::new().pty(true).stdin(Stdin::Text("typed\n".to_owned()));
    let command = RemoteCommand::shell("test -t 0 && echo terminal; cat; echo error >&2; exit 4");
    let report = place.attempt(command).exec_options(exec_options).run(&transport).await;
    report.assert_failed(FailureKind::Command { status: 4 });
    assert_eq!(report.stdout, "terminal\ntyped\nerror\n");
}

#[tokio::test]
async fn a_command_on_a_terminal_is_ended_with_all_its_processes() {
    if !crate::openssh::is_there("a_command_on_a_terminal_is_ended_with_all_its_processes") {
        return;
    }
    let place = Place::openssh();
    let transport = place.transport.clone().build().unwrap();
    let exec_options = ExecOptions::new().pty(true);
    let attempt = place.attempt(RemoteCommand::shell("sleep 300 & echo up; wait"));
    let report = attempt
        .exec_options(exec_options)
        .cancelled_after(&["up"], &transport)
        .await;
    report.assert_failed(term());
}

/// Cancels the attempt at the first output.
#[derive(Default)]
struct CancelsAtOutput(Mutex<Option<ReporterSide>>);

impl Observer for CancelsAtOutput {
    fn output(&self, _: &OutputChunk<'_>) {
        if let Some(side) = self.0.lock().unwrap().as_mut() {
            side.cancel();
        }
    }
}

/// A command that succeeds on a terminal, cancelled after its session and before that of the post-hooks: what it writes
/// could be the beginning of a mark, and is passed on only when nothing follows.
async fn cancelled_after_the_command(place: &Place) -> (Outcome, Vec<Phase>) {
    let exec_options = ExecOptions::new().pty(true);
    let attempt = place.attempt(RemoteCommand::shell(r"printf '\036'"));
    let attempt = attempt
        .with_hooks("/no/such", &place.path("post.d"))
        .exec_options(exec_options);
    let attempt = attempt.into_attempt();
    let (phases, seen_phases) = mpsc::unbounded();
    let observer = Arc::new(CancelsAtOutput::default());
    let source = OutputSource::new(attempt.job, attempt.host.name.clone(), attempt.id);
    let (reporter, side) = ReporterSide::open(
        source,
        Arc::new(PermitAll(phases)),
        Arc::clone(&observer) as Arc<dyn Observer>,
    );
    *observer.0.lock().unwrap() = Some(side);
    let transport = place.transport.clone().build().unwrap();
    let outcome = transport.run(attempt, reporter).await;
    drop(observer.0.lock().unwrap().take());
    (outcome, seen_phases.map(|(_, phase)| phase).collect().await)
}

#[tokio::test]
async fn a_command_on_a_terminal_that_succeeded_fails_only_where_a_post_hook_was_not_run() {
    if !crate::openssh::is_there("a_command_on_a_terminal_that_succeeded_fails_only_where_a_post_hook_was_not_run") {
        return;
    }
    let place = Place::openssh();
    let phases = vec![Phase::Connect, Phase::Command];
    let succeeded = (Outcome::Succeeded, phases.clone());
    assert_eq!(cancelled_after_the_command(&place).await, succeeded);
    std::fs::create_dir(place.directory.join("post.d")).unwrap();
    assert_eq!(cancelled_after_the_command(&place).await, succeeded);
    place.file("post.d/never", "#!/bin/sh\necho never\n", 0o755);
    let not_run = "the command succeeded, its post-hooks were not run: cancelled";
    let refused = Outcome::failed(FailureKind::Refused, not_run);
    assert_eq!(cancelled_after_the_command(&place).await, (refused, phases));
}
