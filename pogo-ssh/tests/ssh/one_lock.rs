//! Detached attempts and others share one lock and one record of their host.

use std::fs;
use std::sync::Arc;

use pogo_core::plan::{ExecOptions, RemoteCommand};
use pogo_core::scheduler::{FailureKind, NeverBegan, Outcome};
use pogo_ssh::SshTransport;

use crate::attempt::{Report, TestAttempt};
use crate::detached::{detached, runs};
use crate::host_lock::{gate, never_began, release};
use crate::place::{Place, on_both};

fn transport_of(place: &Place) -> SshTransport {
    place
        .transport
        .clone()
        .detached_directory(place.path("kept"))
        .build()
        .unwrap()
}

/// Both kinds, the first of which is to run while the second is tried.
fn each_way(place: &Place) -> [(ExecOptions, ExecOptions, String); 2] {
    [
        (detached("one"), ExecOptions::new(), place.path("gate1")),
        (ExecOptions::new(), detached("two"), place.path("gate2")),
    ]
}

fn waits_at(place: &Place, gate: &str) -> TestAttempt {
    place.attempt(RemoteCommand::shell(format!(
        "echo up; exec >/dev/null 2>&1; read go <'{gate}'; exit 3"
    )))
}

/// Runs it until it has written `up`, and drops it: nobody is connected any more.
async fn leave_running(attempt: TestAttempt, transport: &SshTransport) {
    let (running, _side) = attempt.start();
    let witness = Arc::clone(&running.witness);
    tokio::select! {
        report = running.finish(transport) => panic!("ended by itself: {report:?}"),
        () = witness.saw("up") => {}
    }
}

/// Tries until the host is not busy any more.
async fn once_free(attempt: impl Fn() -> TestAttempt, transport: &SshTransport) -> Report {
    loop {
        let report = attempt().run(transport).await;
        if !matches!(report.outcome, Outcome::NeverBegan { .. }) {
            return report;
        }
        never_began(&report, NeverBegan::Busy);
    }
}

on_both! {
    async fn plain_and_detached_attempts_exclude_each_other_whoever_is_connected(place: Place) {
        let transport = transport_of(&place);
        for (number, (first, second, at)) in (1..).step_by(100).zip(each_way(&place)) {
            gate(&at);
            leave_running(waits_at(&place, &at).exec_options(first).numbered(number), &transport).await;
            let line = format!("echo ran >>'{}'", place.path("ran"));
            let next = place.attempt(RemoteCommand::shell(line)).exec_options(second.clone()).numbered(number + 1);
            let report = next.run(&transport).await;
            let message = never_began(&report, NeverBegan::Busy);
            assert!(message.starts_with(&format!("attempt a{number} of namespace default has held")), "{message}");
            assert_eq!(report.asked, [false; 0]);
            assert_eq!(runs(place.path("ran")), 0);
            release(at).await;
            let next = || place.attempt(RemoteCommand::shell("true")).exec_options(second.clone()).numbered(number + 2);
            let report = once_free(next, &transport).await;
            report.assert_succeeded();
            assert_eq!(report.asked, [true]);
        }
    }

    async fn a_killed_supervisor_leaves_its_host_busy_for_both_kinds(place: Place) {
        let transport = transport_of(&place);
        let at = gate(&place.path("gate"));
        // What runs a step has started its session.
        let line = format!("exec >/dev/null 2>&1; kill -KILL $(ps -o ppid= -p $$); read go <'{at}'");
        let first = place.attempt(RemoteCommand::shell(line)).exec_options(detached("one")).numbered(17);
        first.run(&transport).await.assert_in_doubt();
        for (number, second) in [(18, ExecOptions::new()), (19, detached("two"))] {
            let next = place.attempt(RemoteCommand::shell("true")).exec_options(second).numbered(number);
            let message = never_began(&next.run(&transport).await, NeverBegan::Busy);
            assert!(message.starts_with("process group") && message.contains("of attempt a17"), "{message}");
        }
        release(at).await;
        let next = || place.attempt(RemoteCommand::shell("true")).numbered(20);
        once_free(next, &transport).await.assert_succeeded();
    }

    async fn a_number_that_was_overtaken_is_not_launched_detached_either(place: Place) {
        let transport = transport_of(&place);
        place.attempt(RemoteCommand::shell("true")).numbered(18).run(&transport).await.assert_succeeded();
        let line = format!("echo ran >>'{}'", place.path("ran"));
        let older = place.attempt(RemoteCommand::shell(line)).exec_options(detached("one")).numbered(17);
        let report = older.run(&transport).await;
        assert!(report.assert_failed(FailureKind::Refused).contains("a18"), "{report:?}");
        assert_eq!((report.asked, runs(place.path("ran"))), (vec![], 0));
    }

    async fn what_was_asked_for_before_it_was_launched_is_never_launched(place: Place) {
        let transport = transport_of(&place);
        let line = format!("echo ran >>'{}'", place.path("ran"));
        let attempt = place.attempt(RemoteCommand::shell(line)).exec_options(detached("one")).numbered(17);
        never_began(&attempt.clone().resumed().run(&transport).await, NeverBegan::NotSent);
        // Its directory says so, and where that is lost the record does.
        fs::remove_dir_all(place.path("kept")).unwrap();
        attempt.run(&transport).await.assert_failed(FailureKind::Refused);
        assert_eq!(runs(place.path("ran")), 0);
    }

    async fn each_launch_over_a_new_link_asks_anew(place: Place) {
        let Some(cut) = place.cut_connections() else { return };
        let transport = transport_of(&place);
        let line = format!("echo ran >>'{}'", place.path("ran"));
        let attempt = place.attempt(RemoteCommand::shell(line)).exec_options(detached("one"));
        let (mut running, _side) = attempt.left_waiting().start();
        let mut requests = running.requests();
        let answering = async {
            let mut unanswered = Vec::new();
            for _ in 0..2 {
                unanswered.push(requests.recv().await);
                cut();
            }
            assert_eq!(runs(place.path("ran")), 0);
            requests.recv().await.answer(Ok(()));
        };
        let (report, ()) = tokio::join!(running.finish(&transport), answering);
        report.assert_succeeded();
        assert_eq!((report.asked, runs(place.path("ran"))), (vec![true; 3], 1));
    }
}
