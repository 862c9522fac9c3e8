//! A database whose primary is lost, and whose standby did not have all of it.

use pogo_core::scheduler::{Event, NamespaceEventKind, Record};
use serde_json::Value;

use super::cluster::Cluster;
use super::faults::{seeds, size, strikes_at};
use super::kept_store::until;
use super::network::Network;
use super::postgres_server::Postgres;
use super::three_machines::{ThreeMachines, ends_fenced, permitted};

#[test]
fn of_a_standby_that_lagged_and_is_promoted_nobody_goes_on_until_a_person_accepts_it() {
    let test = "of_a_standby_that_lagged_and_is_promoted_nobody_goes_on_until_a_person_accepts_it";
    for seed in seeds(test) {
        let Some((server, network)) = Postgres::start().zip(Network::lay(test)) else {
            return;
        };
        eprintln!("{test}: POGO_SEED={seed} POGO_FAULTS=1");
        promoted(seed, server, network);
    }
}

fn promoted(seed: u64, mut server: Postgres, network: Network) {
    let (hosts, limit) = size(seed);
    let machines = ThreeMachines::new(Cluster::of_machines(network, &server, (hosts, limit)));
    let many = &machines.cluster.many;
    let [mut owner, mut b, mut c] = machines.serve_all();
    let job = machines.cluster.submit("a");
    // So many hosts after the last record that the standby has, the primary is lost.
    let at = strikes_at(seed, hosts / 4);
    until(|| many.ran().len() >= at);
    server.keep_lagging_standby();
    let lacks = strikes_at(seed + 1, hosts / 4);
    until(|| many.ran().len() >= at + limit + lacks);
    server.promote_lagging_standby();
    // The owner starts nothing more, and whoever would take over says what has happened.
    ends_fenced(&mut owner);
    for other in [&mut b, &mut c] {
        assert_eq!(other.end(), Some(64), "{}", other.log());
        other.says("--accept-restore REASON");
    }
    let mut accepted = machines.serve_more("b", &["--accept-restore", "the primary was lost"]);
    until(|| accepted.log().matches("serves default").count() > 0 || accepted.log().contains("error"));
    accepted.says("serves default");
    let status = machines.ask(&["status", &job, "--format", "json"]);
    let status: Value = serde_json::from_str(&status.out).unwrap();
    assert_eq!(status["status"], "paused", "{status}");
    let records = machines.cluster.records();
    let restored = records.iter().rposition(is_restore).unwrap();
    let started = records[restored..].iter().find_map(permitted);
    assert_eq!(started, None, "something has started");
    let audited = pogo_audit::audit(&records);
    assert!(audited.is_ok(), "{audited:?}");
}

fn is_restore(record: &Record) -> bool {
    matches!(&record.event, Event::Namespace(event) if matches!(event.kind, NamespaceEventKind::Restored { .. }))
}
