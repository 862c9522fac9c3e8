//! Detached attempts whose links break.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pogo_core::dispatcher::Stream;
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::{FailureKind, Outcome};
use pogo_ssh::HostKeyPolicy;
use pogo_ssh::loopback::{Fault, LoopbackFleet};

use crate::attempt::{TestAttempt, term};
use crate::breaking::{listener, pass};
use crate::detached::{detached, runs};
use crate::openssh::{self, OpenSsh};

/// A fleet of one host, and an attempt that writes 40 numbered lines and a line to a file.
async fn counting() -> (LoopbackFleet, TestAttempt) {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    let line = "echo ran >>~/ran; i=0; while [ $i -lt 40 ]; do i=$((i + 1)); echo $i; sleep 0.04; done; exit 3";
    let attempt = TestAttempt::to("web1", fleet.connection("web1").unwrap(), RemoteCommand::shell(line));
    (fleet, attempt.exec_options(detached("k1")))
}

fn counted() -> String {
    (1..=40).map(|number| format!("{number}\n")).collect()
}

/// The file that the command adds a line to.
fn ran(fleet: &LoopbackFleet) -> std::path::PathBuf {
    fleet.host("web1").unwrap().home().join("ran")
}

#[tokio::test]
async fn a_link_cut_at_any_moment_leaves_no_doubt_and_runs_nothing_twice() {
    for moment in [0, 5, 10, 20, 40, 80, 160, 320, 640, 1200, 1600, 1700, 1800, 1900, 2000] {
        let (fleet, attempt) = counting().await;
        fleet
            .inject("web1", Fault::DropLink(Duration::from_millis(moment)))
            .unwrap();
        let healing = async {
            // Whatever comes next, the first link breaks.
            while fleet.host("web1").unwrap().executions() == 0 {
                tokio::task::yield_now().await;
            }
            fleet.heal("web1").unwrap();
        };
        let transport = fleet.transport().build().unwrap();
        let (report, ()) = tokio::join!(attempt.run(&transport), healing);
        report.assert_failed(FailureKind::Command { status: 3 });
        assert_eq!(report.stdout, counted(), "cut after {moment} ms");
        assert_eq!(runs(ran(&fleet)), 1, "cut after {moment} ms");
        // The command alone takes so much longer than that.
        assert!(
            moment > 320 || report.notes.contains("the link was lost"),
            "cut after {moment} ms"
        );
    }
}

#[tokio::test]
async fn an_attempt_that_was_dropped_goes_on_and_is_found_by_another_transport() {
    let (fleet, attempt) = counting().await;
    let (running, _side) = attempt.clone().start();
    let witness = Arc::clone(&running.witness);
    let first = fleet.transport().build().unwrap();
    tokio::select! {
        _ = running.finish(&first) => panic!("ended by itself"),
        () = witness.saw("5\n") => {}
    }
    drop(first);
    let report = attempt.run(&fleet.transport().build().unwrap()).await;
    report.assert_failed(FailureKind::Command { status: 3 });
    assert_eq!(report.stdout, counted());
    assert_eq!(runs(ran(&fleet)), 1);
}

#[tokio::test]
async fn an_attempt_that_was_dropped_is_ended_by_the_host_at_its_time_limit() {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    // On a busy machine a short time is over before it runs.
    for limit in [4, 16, 64, 256] {
        let command = RemoteCommand::shell("echo up; sleep 600; echo ran >>~/ran");
        let attempt = TestAttempt::to("web1", fleet.connection("web1").unwrap(), command);
        let attempt = attempt.exec_options(detached(&format!("k{limit}")));
        let (running, _side) = attempt.clone().within(Duration::from_secs(limit)).start();
        let witness = Arc::clone(&running.witness);
        let first = fleet.transport().build().unwrap();
        tokio::select! {
            biased;
            _ = running.finish(&first) => continue,
            () = witness.saw("up") => {}
        }
        drop(first);
        // Whoever looks on now has more time than the host gives it.
        let report = attempt.run(&fleet.transport().build().unwrap()).await;
        report.assert_failed(FailureKind::Timeout);
        assert_eq!(runs(ran(&fleet)), 0);
        return;
    }
    panic!("it never ran");
}

#[tokio::test]
async fn links_that_break_again_and_again_lose_no_output() {
    let (fleet, attempt) = counting().await;
    let (running, _side) = attempt.start();
    let witness = Arc::clone(&running.witness);
    let transport = fleet.transport().build().unwrap();
    let breaking = async {
        for number in ["5\n", "15\n", "25\n"] {
            witness.saw(number).await;
            fleet.host("web1").unwrap().cut_connections();
        }
    };
    let (report, ()) = tokio::join!(running.finish(&transport), breaking);
    report.assert_failed(FailureKind::Command { status: 3 });
    assert_eq!(report.stdout, counted());
    assert_eq!(runs(ran(&fleet)), 1);
    assert!(report.notes.contains("the link was lost"), "{}", report.notes);
}

#[tokio::test]
async fn a_host_that_is_away_for_a_while_is_found_again() {
    let (fleet, attempt) = counting().await;
    let (running, _side) = attempt.start();
    let witness = Arc::clone(&running.witness);
    let transport = fleet.transport().build().unwrap();
    let away = async {
        witness.saw("5\n").await;
        fleet.inject("web1", Fault::Refuse).unwrap();
        fleet.host("web1").unwrap().cut_connections();
        witness.saw_in(Stream::Note, "the link was lost").await;
        fleet.heal("web1").unwrap();
    };
    let (report, ()) = tokio::join!(running.finish(&transport), away);
    report.assert_failed(FailureKind::Command { status: 3 });
    assert_eq!(report.stdout, counted());
    assert_eq!(runs(ran(&fleet)), 1);
}

#[tokio::test]
async fn cancelled_while_the_link_is_down_it_is_ended_over_a_new_one() {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    let attempt = TestAttempt::to(
        "web1",
        fleet.connection("web1").unwrap(),
        RemoteCommand::shell("echo $$; echo up; sleep 300"),
    );
    let (running, mut side) = attempt.exec_options(detached("k1")).start();
    let witness = Arc::clone(&running.witness);
    // It ends by itself then, and a busy machine has time to connect again.
    let transport = fleet.transport().stop_grace(Duration::from_secs(60)).build().unwrap();
    let cancelling = async {
        witness.saw("up").await;
        fleet.host("web1").unwrap().cut_connections();
        side.cancel();
    };
    let (report, ()) = tokio::join!(running.finish(&transport), cancelling);
    report.assert_failed(term());
    let pid = report.stdout.lines().next().unwrap_or_default();
    assert!(
        !Path::new("/proc").join(pid).join("exe").exists(),
        "process {pid} is still there"
    );
}

#[tokio::test]
async fn a_host_that_never_comes_back_leaves_it_in_doubt() {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    let transport = fleet.transport().build().unwrap();
    // On a busy machine a short time is over before it runs.
    for limit in [2, 8, 32, 128] {
        let line = format!("echo up; sleep {}", limit + 1);
        let attempt = TestAttempt::to("web1", fleet.connection("web1").unwrap(), RemoteCommand::shell(line));
        let attempt = attempt.exec_options(detached(&format!("k{limit}")));
        let (running, _side) = attempt.within(Duration::from_secs(limit)).start();
        let witness = Arc::clone(&running.witness);
        let mut running = std::pin::pin!(running.finish(&transport));
        tokio::select! {
            biased;
            _ = &mut running => continue,
            () = witness.saw("up") => {}
        }
        fleet.inject("web1", Fault::Refuse).unwrap();
        fleet.host("web1").unwrap().cut_connections();
        running.await.assert_in_doubt();
        return;
    }
    panic!("it never ran");
}

#[tokio::test]
async fn a_link_to_openssh_that_breaks_in_any_packet_leaves_no_doubt_and_runs_nothing_twice() {
    let test = "a_link_to_openssh_that_breaks_in_any_packet_leaves_no_doubt_and_runs_nothing_twice";
    if !openssh::is_there(test) {
        return;
    }
    let server = OpenSsh::start();
    let kept = server.path("kept").display().to_string();
    let settings = server.transport().detached_directory(kept);
    let transport = settings.host_keys(HostKeyPolicy::Insecure).build().unwrap();
    let to = std::net::SocketAddr::from(([127, 0, 0, 1], server.port));
    let mut unreachable = Vec::new();
    for bytes in (1..6_000).step_by(211) {
        let (listener, connection) = listener().await;
        let between = tokio::spawn(async move {
            pass(&listener, to, bytes).await;
            loop {
                pass(&listener, to, u64::MAX).await;
            }
        });
        let there = server.path(&format!("ran{bytes}"));
        let line = format!("echo ran >>'{}'; echo out; exit 3", there.display());
        let attempt = TestAttempt::to("web1", connection, RemoteCommand::shell(line));
        let report = attempt
            .exec_options(detached(&format!("k{bytes}")))
            .run(&transport)
            .await;
        let ran = runs(&there);
        if let Outcome::Failed(failure) = &report.outcome
            && failure.kind == FailureKind::Unreachable
        {
            unreachable.push(bytes);
        } else {
            report.assert_failed(FailureKind::Command { status: 3 });
            assert_eq!((report.stdout.as_str(), ran), ("out\n", 1), "cut after {bytes} bytes");
        }
        between.abort();
    }
    // Also none of them runs late.
    for bytes in &unreachable {
        assert_eq!(runs(server.path(&format!("ran{bytes}"))), 0, "cut after {bytes} bytes");
    }
    assert!((5..25).contains(&unreachable.len()), "{unreachable:?}");
}
