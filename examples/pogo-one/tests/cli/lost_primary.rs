//! A database whose primary is lost, and whose standby did not have all of it.

use serde_json::Value;

use super::cluster::Cluster;
use super::kept_store::until;
use super::many_hosts::ManyHosts;
use super::network::Network;
use super::postgres_server::Postgres;
use super::three_machines::{ThreeMachines, ends_fenced};

#[test]
fn of_a_standby_that_lagged_and_is_promoted_nobody_goes_on_until_a_person_accepts_it() {
    let test = "of_a_standby_that_lagged_and_is_promoted_nobody_goes_on_until_a_person_accepts_it";
    if !ManyHosts::are_possible(test) {
        return;
    }
    let Some((mut server, network)) = Postgres::start().zip(Network::lay(test)) else {
        return;
    };
    let machines = ThreeMachines::new(Cluster::of_machines(network, &server, (40, 5)));
    let many = &machines.cluster.many;
    let [mut owner, mut b, mut c] = machines.serve_all();
    let job = machines.cluster.submit("a");
    until(|| many.ran().len() >= 5);
    server.keep_lagging_standby();
    until(|| many.ran().len() >= 15);
    server.promote_lagging_standby();
    // The owner starts nothing more, and whoever would take over says what has happened.
    ends_fenced(&mut owner);
    for other in [&mut b, &mut c] {
        assert_eq!(other.end(), Some(64), "{}", other.log());
        other.says("--accept-restore REASON");
    }
    let ran = many.ran();
    let mut accepted = machines.serve_more("b", &["--accept-restore", "the primary was lost"]);
    until(|| accepted.log().matches("serves default").count() > 0 || accepted.log().contains("error"));
    accepted.says("serves default");
    let status = machines.ask(&["status", &job, "--format", "json"]);
    let status: Value = serde_json::from_str(&status.out).unwrap();
    assert_eq!(status["status"], "paused", "{status}");
    assert_eq!(many.ran(), ran, "something has started");
    let audited = pogo_audit::audit(&machines.cluster.records());
    assert!(audited.is_ok(), "{audited:?}");
}
