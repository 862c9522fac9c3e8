//! The loopback fleet itself.

use std::fs;

use futures::StreamExt;
use futures::future::join_all;
use pogo_core::plan::RemoteCommand;
use pogo_ssh::loopback::{LoopbackError, LoopbackFleet};

use crate::attempt::TestAttempt;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_host_is_its_own_and_is_counted() {
    let names: Vec<String> = (1..=40).map(|number| format!("web{number}")).collect();
    let fleet = LoopbackFleet::start(&names).await.unwrap();
    let transport = fleet.transport().build().unwrap();
    let attempts = names.iter().map(|name| {
        let line = "echo $POGO_HOST; pwd";
        let attempt = TestAttempt::to(name, fleet.connection(name).unwrap(), RemoteCommand::shell(line));
        attempt.run(&transport)
    });
    for (name, report) in names.iter().zip(join_all(attempts).await) {
        report.assert_succeeded();
        let home = fleet.host(name).unwrap().home().display();
        assert_eq!(report.stdout, format!("{name}\n{home}\n"));
        assert_eq!(fleet.host(name).unwrap().executions(), 1);
        assert_eq!(fleet.host(name).unwrap().peak(), 1);
    }
    assert!((1..=40).contains(&fleet.peak()), "{}", fleet.peak());
}

#[tokio::test]
async fn a_dropped_fleet_leaves_neither_processes_nor_files() {
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    let transport = fleet.transport().build().unwrap();
    let attempt = TestAttempt::to(
        "web1",
        fleet.connection("web1").unwrap(),
        RemoteCommand::shell("echo $$; exec sleep 300"),
    );
    let (running, _side) = attempt.start();
    let witness = std::sync::Arc::clone(&running.witness);
    let directory = fleet.directory().to_owned();
    let dropping = async {
        witness.saw("\n").await;
        drop(fleet);
    };
    let (report, ()) = tokio::join!(running.finish(&transport), dropping);
    let pid = report.stdout.trim();
    assert!(!directory.exists());
    // Killed at once; it is gone as soon as the kernel has got round to it.
    let stat = format!("/proc/{pid}/stat");
    while fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn names_that_cannot_be_are_errors() {
    let twice = LoopbackFleet::start(["web1", "web1"]).await.unwrap_err();
    assert!(matches!(twice, LoopbackError::Name { .. }), "{twice}");
    let bad = LoopbackFleet::start(["web 1"]).await.unwrap_err();
    assert!(matches!(bad, LoopbackError::Name { .. }), "{bad}");
    let fleet = LoopbackFleet::start(["web1"]).await.unwrap();
    assert!(matches!(fleet.host("web2"), Err(LoopbackError::UnknownHost(_))));
}

/// Takes half a minute and some 15,000 open files: `cargo nextest run -p pogo-ssh --run-ignored all ten_thousand`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "for an idle machine"]
async fn ten_thousand_hosts_one_thousand_at_once() {
    let names: Vec<String> = (1..=10_000).map(|number| format!("web{number}")).collect();
    let fleet = LoopbackFleet::start(&names).await.unwrap();
    let transport = fleet.transport().build().unwrap();
    let attempts = names.iter().map(|name| {
        let attempt = TestAttempt::to(name, fleet.connection(name).unwrap(), RemoteCommand::shell("true"));
        attempt.run(&transport)
    });
    let mut reports = futures::stream::iter(attempts).buffer_unordered(1_000);
    while let Some(report) = reports.next().await {
        report.assert_succeeded();
    }
    assert!(fleet.hosts().all(|host| host.executions() == 1));
}
