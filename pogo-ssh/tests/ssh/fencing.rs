//! A host that is fenced reports the state of an attempt, and lets it begin no more.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use pogo_core::dispatcher::{Fence, Transport};
use pogo_core::fleet::Connection;
use pogo_core::plan::{ExecOptions, RemoteCommand};
use pogo_core::scheduler::{FailureKind, FenceAnswer, NeverBegan, Outcome};

use crate::attempt::{Report, TestAttempt};
use crate::cut_links::{KINDS, Kind};
use crate::detached::runs;
use crate::host_lock::{gate, release};
use crate::openssh::{self, OpenSsh};

/// A server of its own, which knows no attempts yet.
pub(crate) struct Site {
    pub(crate) server: OpenSsh,
    pub(crate) transport: Arc<dyn Transport>,
    exec_options: fn(u64) -> ExecOptions,
}

/// One of each kind of transport and attempt.
fn sites(test: &str, begin_timeout: Duration) -> Vec<Site> {
    match openssh::is_there(test) {
        true => KINDS
            .map(|kind| Site::start(kind, OpenSsh::start(), begin_timeout))
            .into(),
        false => vec![],
    }
}

impl Site {
    pub(crate) fn start((build, exec_options): Kind, server: OpenSsh, begin_timeout: Duration) -> Self {
        let kept = server.path("kept").display().to_string();
        let settings = server.transport().detached_directory(kept).begin_timeout(begin_timeout);
        Self {
            transport: build(settings),
            server,
            exec_options,
        }
    }

    pub(crate) fn attempt(&self, number: u64, line: impl Into<String>) -> TestAttempt {
        let attempt = TestAttempt::to("web1", self.server.connection(), RemoteCommand::shell(line.into()));
        attempt.exec_options((self.exec_options)(number)).numbered(number)
    }

    async fn run(&self, number: u64, line: &str) -> Report {
        self.attempt(number, line).run(&*self.transport).await
    }

    async fn fence(&self, attempt: TestAttempt) -> FenceAnswer {
        self.transport.fence(Fence::new(attempt.resumed().into_attempt())).await
    }

    pub(crate) async fn fence_of(&self, number: u64) -> FenceAnswer {
        self.fence(self.attempt(number, "echo ran again")).await
    }

    /// The host is busy with another attempt.
    async fn assert_cannot_say(&self, number: u64) {
        let answer = self.fence_of(number).await;
        assert!(
            matches!(&answer, FenceAnswer::Unreachable { message } if message.contains("busy with another")),
            "{answer:?}"
        );
    }

    fn path(&self, name: &str) -> String {
        self.server.path(name).display().to_string()
    }
}

fn failed_with(status: u32) -> impl Fn(&FenceAnswer) -> bool {
    let kind = FailureKind::Command { status };
    move |answer| matches!(answer, FenceAnswer::Ended(Outcome::Failed(failure)) if failure.kind == kind)
}

#[tokio::test]
async fn an_attempt_that_has_ended_is_told_as_it_ended() {
    let test = "an_attempt_that_has_ended_is_told_as_it_ended";
    for site in sites(test, Duration::from_secs(30)) {
        site.run(17, "exit 3")
            .await
            .assert_failed(FailureKind::Command { status: 3 });
        for _ in 0..2 {
            let answer = site.fence_of(17).await;
            assert!(failed_with(3)(&answer), "{answer:?}");
        }
        // Of one with hooks, its last step has to have ended.
        let hooked = || site.attempt(18, "true").with_hooks("/nonexistent", "/nonexistent");
        hooked().run(&*site.transport).await.assert_succeeded();
        assert_eq!(site.fence(hooked()).await, FenceAnswer::Ended(Outcome::Succeeded));
        site.run(19, "true").await.assert_succeeded();
    }
}

#[tokio::test]
async fn an_attempt_that_never_began_begins_no_more_and_those_after_it_do() {
    let test = "an_attempt_that_never_began_begins_no_more_and_those_after_it_do";
    for site in sites(test, Duration::from_secs(30)) {
        assert_eq!(site.fence_of(17).await, FenceAnswer::NeverBegan);
        let ran = site.path("ran");
        for number in [17, 16] {
            let report = site.run(number, &format!("echo ran >>'{ran}'")).await;
            let message = report.assert_failed(FailureKind::Refused);
            assert!(message.contains("later attempt"), "{message}");
        }
        assert_eq!(runs(&ran), 0);
        assert_eq!(site.fence_of(17).await, FenceAnswer::NeverBegan);
        site.run(18, "true").await.assert_succeeded();
    }
}

#[tokio::test]
async fn an_attempt_that_runs_is_said_to_run_and_is_left_alone() {
    let test = "an_attempt_that_runs_is_said_to_run_and_is_left_alone";
    for site in sites(test, Duration::from_secs(30)) {
        let gate = gate(&site.path("gate"));
        let (running, _side) = site.attempt(17, format!("echo up; read go <'{gate}'; exit 3")).start();
        let witness = Arc::clone(&running.witness);
        let asking = async {
            witness.saw("up").await;
            assert_eq!(site.fence_of(17).await, FenceAnswer::StillRunning);
            release(gate).await;
        };
        let (report, ()) = tokio::join!(running.finish(&*site.transport), asking);
        report.assert_failed(FailureKind::Command { status: 3 });
        let answer = site.fence_of(17).await;
        assert!(failed_with(3)(&answer), "{answer:?}");
    }
}

/// Its dispatcher stands still between the host's `ready` and its own `go`.
#[tokio::test]
async fn a_word_that_comes_after_the_fence_begins_nothing() {
    let test = "a_word_that_comes_after_the_fence_begins_nothing";
    for site in sites(test, Duration::from_secs(1)) {
        let ran = site.path("ran");
        let line = format!("echo ran >>'{ran}'");
        let (mut running, _side) = site.attempt(17, line.as_str()).left_waiting().start();
        let asked = running.asked();
        let going = async {
            let request = asked.await;
            // The host waits for the word no longer than it said, and then answers.
            assert_eq!(site.fence_of(17).await, FenceAnswer::NeverBegan);
            request.answer(Ok(()));
        };
        let (report, ()) = tokio::join!(running.finish(&*site.transport), going);
        let expired = matches!(
            &report.outcome,
            Outcome::NeverBegan {
                reason: NeverBegan::Expired,
                ..
            }
        );
        assert!(expired, "{report:#?}");
        // Nor does another launch of it, which would be permitted.
        site.run(17, &line).await.assert_failed(FailureKind::Refused);
        assert_eq!(runs(&ran), 0);
        site.run(18, "true").await.assert_succeeded();
    }
}

#[tokio::test]
async fn what_is_gone_without_a_word_of_its_end_is_over_and_in_doubt() {
    let test = "what_is_gone_without_a_word_of_its_end_is_over_and_in_doubt";
    let plain = |site: &Site| (site.exec_options)(17).detached.is_none();
    for site in sites(test, Duration::from_secs(30)).into_iter().filter(plain) {
        // Its supervisor first, so that nobody writes down how it ended.
        let line = "exec </dev/null; one=$(ps -o ppid= -p $$); two=$(ps -o ppid= -p $one); \
                    if [ $(ps -o pgid= -p $two) = $(ps -o pgid= -p $$) ]; then kill -KILL $two; fi; kill -KILL $one $$";
        let report = site
            .attempt(17, line)
            .within(Duration::from_secs(20))
            .run(&*site.transport)
            .await;
        report.assert_in_doubt();
        let answer = site.fence_of(17).await;
        assert!(
            matches!(&answer, FenceAnswer::Ended(Outcome::InDoubt { .. })),
            "{answer:?}"
        );
        site.run(18, "true").await.assert_succeeded();
    }
}

/// Its supervisor is killed, so that the host's lock is free, and what it began goes on.
#[tokio::test]
async fn an_attempt_whose_group_outlives_its_supervisor_still_runs() {
    let test = "an_attempt_whose_group_outlives_its_supervisor_still_runs";
    for site in sites(test, Duration::from_secs(30)) {
        let gate = gate(&site.path("gate"));
        // Of a detached one the step leads a group of its own, and the process above it is the supervisor.
        let line = format!(
            "exec </dev/null >/dev/null 2>&1; one=$(ps -o ppid= -p $$); two=$(ps -o ppid= -p $one); \
             if [ $(ps -o pgid= -p $two) = $(ps -o pgid= -p $$) ]; then kill -KILL $two; fi; kill -KILL $one; \
             read go <'{gate}'"
        );
        let ended = site
            .attempt(17, line)
            .within(Duration::from_secs(60))
            .run(&*site.transport);
        ended.await.assert_in_doubt();
        for _ in 0..2 {
            assert_eq!(site.fence_of(17).await, FenceAnswer::StillRunning);
        }
        site.assert_cannot_say(18).await;
        release(gate).await;
        // It ends after that, at its own time.
        let answer = loop {
            match site.fence_of(17).await {
                FenceAnswer::StillRunning => {}
                answer => break answer,
            }
        };
        assert!(
            matches!(&answer, FenceAnswer::Ended(Outcome::InDoubt { .. })),
            "{answer:?}"
        );
        assert_eq!(site.fence_of(18).await, FenceAnswer::NeverBegan);
    }
}

/// The record cannot be written while another has the lock, so nothing would keep the attempt from beginning.
#[tokio::test]
async fn while_another_attempt_has_the_lock_nothing_is_said_of_one_that_may_still_begin() {
    let test = "while_another_attempt_has_the_lock_nothing_is_said_of_one_that_may_still_begin";
    for site in sites(test, Duration::from_secs(30)) {
        let gate = gate(&site.path("gate"));
        let (running, _side) = site.attempt(17, format!("echo up; read go <'{gate}'")).start();
        let witness = Arc::clone(&running.witness);
        let asking = async {
            witness.saw("up").await;
            site.assert_cannot_say(18).await;
            release(gate).await;
        };
        let (report, ()) = tokio::join!(running.finish(&*site.transport), asking);
        report.assert_succeeded();
        site.run(18, "true").await.assert_succeeded();
    }
}

#[tokio::test]
async fn an_attempt_whose_beginning_cannot_be_written_down_begins_nothing() {
    let test = "an_attempt_whose_beginning_cannot_be_written_down_begins_nothing";
    for site in sites(test, Duration::from_secs(30)) {
        let (ran, locks) = (site.path("ran"), site.server.path("locks"));
        let line = format!("echo ran >>'{ran}'");
        let (mut running, _side) = site.attempt(17, line).left_waiting().start();
        let asked = running.asked();
        let going = async {
            let request = asked.await;
            fs::rename(&locks, locks.with_extension("away")).unwrap();
            request.answer(Ok(()));
        };
        let (report, ()) = tokio::join!(running.finish(&*site.transport), going);
        let message = report.assert_failed(FailureKind::Refused);
        assert!(message.contains("could not write down that it begins"), "{message}");
        assert_eq!(runs(&ran), 0);
        fs::rename(locks.with_extension("away"), &locks).unwrap();
        assert_eq!(site.fence_of(17).await, FenceAnswer::NeverBegan);
        site.run(18, "true").await.assert_succeeded();
    }
}

#[tokio::test]
async fn an_attempt_whose_place_a_later_one_has_taken_is_over() {
    let test = "an_attempt_whose_place_a_later_one_has_taken_is_over";
    for site in sites(test, Duration::from_secs(30)) {
        site.run(17, "true").await.assert_succeeded();
        site.run(18, "true").await.assert_succeeded();
        let answer = site.fence_of(17).await;
        assert!(
            matches!(&answer, FenceAnswer::Ended(Outcome::InDoubt { .. })),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_host_answers_for_the_restore_that_it_is_asked_about() {
    let test = "a_host_answers_for_the_restore_that_it_is_asked_about";
    for site in sites(test, Duration::from_secs(30)) {
        let restored = |restore, line: &str| site.attempt(17, line).restored(1, restore);
        site.run(17, "exit 3")
            .await
            .assert_failed(FailureKind::Command { status: 3 });
        restored(1, "exit 4")
            .run(&*site.transport)
            .await
            .assert_failed(FailureKind::Command { status: 4 });
        // Another restore of the same copy gives the same numbers, and knows nothing of that one.
        assert_eq!(site.fence(restored(2, "true")).await, FenceAnswer::NeverBegan);
        let answer = site.fence(restored(1, "true")).await;
        assert!(failed_with(4)(&answer), "{answer:?}");
        let answer = site.fence_of(17).await;
        assert!(failed_with(3)(&answer), "{answer:?}");
    }
}

#[tokio::test]
async fn an_attempt_that_began_without_the_lock_has_no_record_to_go_by() {
    let test = "an_attempt_that_began_without_the_lock_has_no_record_to_go_by";
    for site in sites(test, Duration::from_secs(30)) {
        site.run(18, "true").await.assert_succeeded();
        // The record is of a later attempt, or of an earlier one.
        for number in [17, 19] {
            let attempt = || site.attempt(number, "true").resumed_without_lock();
            let answer = site.transport.fence(Fence::new(attempt().into_attempt())).await;
            assert!(
                matches!(&answer, FenceAnswer::Unreachable { message } if message.contains("without the lock")),
                "{answer:?}"
            );
            let attempt = attempt();
            if site.transport.resumes(&attempt.clone().into_attempt()) {
                attempt.run(&*site.transport).await.assert_in_doubt();
            }
        }
    }
}

#[tokio::test]
async fn a_host_that_was_not_seen_to_restart_has_not_restarted() {
    let test = "a_host_that_was_not_seen_to_restart_has_not_restarted";
    for site in sites(test, Duration::from_secs(30)) {
        site.run(17, "true").await.assert_succeeded();
        let restarts = ExecOptions::new().reboot(Duration::from_secs(60));
        let answer = site.fence(site.attempt(17, "true").exec_options(restarts)).await;
        assert!(
            matches!(&answer, FenceAnswer::Ended(Outcome::InDoubt { .. })),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn a_host_that_cannot_be_reached_or_runs_one_command_alone_is_not_asked() {
    let test = "a_host_that_cannot_be_reached_or_runs_one_command_alone_is_not_asked";
    for mut site in sites(test, Duration::from_secs(30)) {
        let ran = site.path("ran");
        let forced = site.attempt(17, format!("echo ran >>'{ran}'"));
        let forced = forced.exec_options(ExecOptions::new().forced_command(true));
        let answer = site.fence(forced).await;
        assert!(
            matches!(&answer, FenceAnswer::Unreachable { message } if message.contains("one command")),
            "{answer:?}"
        );
        assert_eq!(runs(&ran), 0);
        site.server.stop();
        let answer = site.fence_of(17).await;
        assert!(matches!(&answer, FenceAnswer::Unreachable { .. }), "{answer:?}");
        let nowhere = TestAttempt::to(
            "web1",
            Connection::new().address("127.0.0.1").port(1),
            RemoteCommand::shell("true"),
        );
        let answer = site.fence(nowhere.within(Duration::from_secs(20))).await;
        assert!(matches!(&answer, FenceAnswer::Unreachable { .. }), "{answer:?}");
    }
}
