//! Dispatchers of a store in ZooKeeper, of which one takes over from another.

use rustix::process::Signal;
use serde_json::Value;

use super::cluster::Cluster;
use super::program::Done;
use super::takeovers::{HOSTS, LIMIT, kill_owner, pause_owner, takeover_times};
use super::zookeeper_ensemble::PASSWORD;

#[test]
fn when_the_owner_in_zookeeper_is_killed_the_other_takes_over_and_no_host_runs_twice() {
    let test = "when_the_owner_in_zookeeper_is_killed_the_other_takes_over_and_no_host_runs_twice";
    if let Some(cluster) = Cluster::in_zookeeper(test, HOSTS, LIMIT) {
        kill_owner(&cluster, || ());
    }
}

#[test]
#[ignore = "takes minutes: figures of benches/README.md"]
fn takeover_times_of_ten_thousand_hosts_in_zookeeper() {
    let test = "takeover_times_of_ten_thousand_hosts_in_zookeeper";
    if let Some(cluster) = Cluster::in_zookeeper(test, 10_000, LIMIT) {
        takeover_times(&cluster);
    }
}

#[test]
fn an_owner_in_zookeeper_that_was_paused_past_a_takeover_starts_nothing_more() {
    let test = "an_owner_in_zookeeper_that_was_paused_past_a_takeover_starts_nothing_more";
    if let Some(cluster) = Cluster::in_zookeeper(test, HOSTS, LIMIT) {
        pause_owner(&cluster);
    }
}

#[test]
fn a_store_in_zookeeper_is_used_as_any_other() {
    let test = "a_store_in_zookeeper_is_used_as_any_other";
    let Some(cluster) = Cluster::in_zookeeper(test, 3, 3) else {
        return;
    };
    // The first who needs a dispatcher starts one in the background.
    let job = cluster.submit("a");
    let waited = cluster.verb("a", &["wait", &job]);
    assert_eq!(waited.code, 0, "{}", waited.err);
    let logs = cluster.verb("a", &["logs", &job]);
    assert!(logs.out.contains("last of h2"), "{}{}", logs.out, logs.err);
    let audited = cluster.verb("a", &["audit", &job]);
    assert_eq!(audited.code, 0, "{}{}", audited.out, audited.err);
    for verb in ["info", "check"] {
        let done = cluster.verb("b", &["store", verb]);
        assert_eq!(done.code, 0, "{}", done.err);
        assert!(!done.out.contains(PASSWORD), "{}", done.out);
    }
    let info = cluster.verb("b", &["store", "info", "--format", "json"]);
    let info: Value = serde_json::from_str(&info.out).unwrap();
    let namespace = &info["namespaces"][0];
    assert_eq!(namespace["owner"]["owns"], true, "{info}");
    assert!(namespace["clock_skew_ms"].as_i64().unwrap().abs() < 5_000, "{info}");
    assert!(namespace["records"]["newest"].is_number(), "{info}");
    let typed = cluster.verb("a", &["jobs", "--store", &cluster.address()]);
    typed.assert_refused(&["can read a password of a command line"]);
    assert!(!typed.err.contains(PASSWORD), "{}", typed.err);
    let migrated = cluster.verb("a", &["store", "migrate", &cluster.address()]);
    migrated.assert_refused(&["?password_file=PATH"]);
    let copied = cluster.verb("a", &["store", "copy", cluster.many.file("copy").to_str().unwrap()]);
    copied.assert_refused(&["is owned by"]);
    let stopped = cluster.verb("a", &["serve", "stop"]);
    assert_eq!(stopped.code, 0, "{}", stopped.err);
}

#[test]
fn a_store_moves_from_a_directory_to_an_ensemble_and_back() {
    let test = "a_store_moves_from_a_directory_to_an_ensemble_and_back";
    let Some(cluster) = Cluster::in_zookeeper(test, 3, 3) else {
        return;
    };
    // A store of one machine, as most begin.
    assert_eq!(cluster.many.verb(&["apply", "-c", "policy.yaml", "-y"]).code, 0);
    let ran = Done::of(cluster.many.run(&[]).output().unwrap());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_eq!(cluster.many.verb(&["serve", "stop"]).code, 0);
    let directory = cluster.many.file("store");
    let from = directory.to_str().unwrap();
    let copied = cluster.verb("a", &["store", "copy", "--store", from, &cluster.typed()]);
    assert_eq!(copied.code, 0, "{}", copied.err);
    assert!(copied.out.contains("each was read again"), "{}", copied.out);
    assert!(!copied.out.contains(PASSWORD), "{}", copied.out);
    // Nothing is read from where it was.
    std::fs::rename(&directory, cluster.many.file("gone")).unwrap();
    // Whoever goes on with it accepts that it is a copy, once.
    let refused = cluster.verb("a", &["jobs"]);
    assert!(
        refused.code != 0 && refused.err.contains("its journal is a copy"),
        "{}",
        refused.err
    );
    let mut a = cluster.serve("a", &["--accept-restore", "moved"]);
    a.says("serves default");
    let jobs = cluster.verb("a", &["jobs"]);
    assert!(
        jobs.code == 0 && jobs.out.contains("finished"),
        "{}{}",
        jobs.out,
        jobs.err
    );
    let logs = cluster.verb("a", &["logs", "1"]);
    assert!(logs.out.contains("last of h2"), "{}{}", logs.out, logs.err);
    let audited = cluster.verb("a", &["audit", "1"]);
    assert_eq!(audited.code, 0, "{}{}", audited.out, audited.err);
    let rerun = cluster.verb("a", &["rerun", "1"]);
    assert_eq!(rerun.code, 0, "{}{}", rerun.out, rerun.err);
    let waited = cluster.verb("a", &["wait", "last"]);
    assert_eq!(waited.code, 0, "{}{}", waited.out, waited.err);
    a.signal(Signal::TERM);
    assert_eq!(a.end(), Some(0));
    let back = cluster.verb("a", &["store", "copy", "back"]);
    assert_eq!(back.code, 0, "{}", back.err);
    let checked = cluster.many.verb(&["store", "check", "--store", "back"]);
    assert_eq!(checked.code, 0, "{}", checked.out);
    let info = cluster.many.verb(&["store", "info", "--store", "back"]);
    assert!(info.out.contains("a copy of zookeeper://"), "{}", info.out);
}

#[test]
fn a_store_moves_from_an_ensemble_to_a_database_and_to_another_path() {
    let test = "a_store_moves_from_an_ensemble_to_a_database_and_to_another_path";
    let (Some(ensemble), Some(database)) = (Cluster::in_zookeeper(test, 3, 3), Cluster::new(test, 3, 3)) else {
        return;
    };
    let job = ensemble.submit("a");
    assert_eq!(ensemble.verb("a", &["wait", &job]).code, 0);
    assert_eq!(ensemble.verb("a", &["serve", "stop"]).code, 0);
    let to_database = ensemble.verb("a", &["store", "copy", &database.typed()]);
    assert_eq!(to_database.code, 0, "{}", to_database.err);
    let other = Cluster::in_zookeeper(test, 3, 3).unwrap();
    let back = database.verb("a", &["store", "copy", &other.typed()]);
    assert_eq!(back.code, 0, "{}", back.err);
    // What hosts wrote is on the machine that copied it to the ensemble, which is one of the database here.
    for copy in [&database, &other] {
        let checked = copy.verb("a", &["store", "check"]);
        assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
        let mut served = copy.serve("a", &["--accept-restore", "moved"]);
        served.says("serves default");
        let logs = copy.verb("a", &["logs", &job]);
        assert_eq!(
            logs.out.contains("last of h2"),
            copy.schema() != "",
            "{}{}",
            logs.out,
            logs.err
        );
        let audited = copy.verb("a", &["audit", &job]);
        assert_eq!(audited.code, 0, "{}{}", audited.out, audited.err);
        served.signal(Signal::TERM);
        assert_eq!(served.end(), Some(0));
    }
}
