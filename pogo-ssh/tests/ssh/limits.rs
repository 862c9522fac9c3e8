//! Bounds on what the transport does at once.

use std::time::Duration;

use futures::future::{Either, join_all, select};
use pogo_core::plan::Command;
use pogo_core::scheduler::FailureKind;
use pogo_ssh::loopback::{LoopbackFleet, Mishap};

use crate::errand::Errand;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_handshakes_than_allowed_at_once() {
    let names: Vec<String> = (1..=30).map(|number| format!("web{number}")).collect();
    let fleet = LoopbackFleet::start(&names).await.unwrap();
    let transport = fleet.transport().max_handshakes(3).build().unwrap();
    let errands = names.iter().map(|name| {
        let errand = Errand::to(name, fleet.connection(name).unwrap(), Command::shell("true"));
        errand.run(&transport)
    });
    for report in join_all(errands).await {
        report.assert_succeeded();
    }
    assert!(
        (1..=3).contains(&fleet.peak_handshakes()),
        "{}",
        fleet.peak_handshakes()
    );
}

#[tokio::test]
async fn a_host_that_says_nothing_takes_no_place_among_the_handshakes() {
    let fleet = LoopbackFleet::start(["mute", "well"]).await.unwrap();
    fleet.mishap("mute", Mishap::NoBanner).unwrap();
    let settings = fleet
        .transport()
        .max_handshakes(1)
        .connect_timeout(Duration::from_secs(3));
    let transport = settings.build().unwrap();
    let errand = |name: &str| Errand::to(name, fleet.connection(name).unwrap(), Command::shell("true"));
    let mute = Box::pin(errand("mute").run(&transport));
    let well = Box::pin(errand("well").run(&transport));
    let Either::Right((well, mute)) = select(mute, well).await else {
        panic!("the host that is well had to wait for the other");
    };
    well.assert_succeeded();
    mute.await.assert_failed(FailureKind::Unreachable);
}
