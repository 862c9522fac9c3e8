//! Is the transport of our own one that a rollout can rely on? The conformance suite knows what to ask.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use pogo_core::fleet::Host;
use pogo_core::testing::conformance::{TransportFixture, transport};
use pogo_examples::Local;

#[tokio::test]
async fn our_transport_keeps_the_contract() {
    let host = |name: &str| Host::new(name.parse().unwrap());
    let fixture = || TransportFixture::new(Arc::new(Local), host("web1")).second_host(host("web2"));
    let report = transport(fixture).await;
    report.assert_passed();
    // This machine is always in reach and runs what it is asked to, has neither links that break nor hooks, ends what
    // it runs when it is dropped, and keeps no record of it to be asked for.
    let expected = [
        "hook",
        "link",
        "reach",
        "cancelled",
        "resumed",
        "begin",
        "number",
        "question",
        "asked",
        "what_runs",
        "what_has_ended",
    ];
    let skipped = report.skipped();
    assert!(
        skipped
            .iter()
            .all(|case| expected.iter().any(|word| case.contains(word))),
        "{report}"
    );
}
