//! What hosts write, where all machines read it.

use std::fs;

use rustix::process::Signal;

use super::cluster::Cluster;
use super::s3::{S3, SECRET, location, variables};

/// A job under each of two owners, of which the first is killed; all of their output is read by the second.
fn outlives_its_owner(cluster: &Cluster, shown: &str) {
    let a = {
        let mut a = cluster.serve("a", &[] as &[&str]);
        a.says("serves default");
        a
    };
    let first = cluster.submit("a");
    assert_eq!(cluster.verb("a", &["wait", &first]).code, 0);
    let mut b = cluster.serve("b", &[] as &[&str]);
    b.says("stands by");
    // One that does not dispatch has it too.
    let logs = cluster.verb("b", &["logs", &first]);
    assert!(logs.out.contains("last of h2"), "{}{}", logs.out, logs.err);
    a.signal(Signal::KILL);
    b.says("serves default");
    let second = cluster.submit("b");
    assert_eq!(cluster.verb("b", &["wait", &second]).code, 0);
    for job in [&first, &second] {
        let logs = cluster.verb("b", &["logs", job]);
        for host in &cluster.many.hosts {
            assert!(
                logs.out.contains(&format!("last of {host}")),
                "{}{}",
                logs.out,
                logs.err
            );
        }
        let audited = cluster.verb("b", &["audit", job]);
        assert_eq!(audited.code, 0, "{}{}", audited.out, audited.err);
    }
    let info = cluster.verb("b", &["store", "info"]);
    assert!(info.out.contains(&format!("output of hosts: {shown}")), "{}", info.out);
    let pruned = cluster.verb("b", &["store", "prune", "--older-than", "30d"]);
    assert!(
        pruned.out.contains("there was nothing to remove"),
        "{}{}",
        pruned.out,
        pruned.err
    );
    for text in [info.out, a.log(), b.log()] {
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[test]
fn output_in_s3_is_read_wherever_the_next_owner_is() {
    let test = "output_in_s3_is_read_wherever_the_next_owner_is";
    let Some(s3) = S3::start(test) else { return };
    let Some(cluster) = Cluster::in_zookeeper(test, 3, 3) else {
        return;
    };
    let at = location("of/a/team");
    outlives_its_owner(&cluster.with_output(&at, variables(s3.port)), &at);
}

#[test]
fn output_in_a_directory_of_all_machines_is_read_wherever_the_next_owner_is() {
    let test = "output_in_a_directory_of_all_machines_is_read_wherever_the_next_owner_is";
    let Some(cluster) = Cluster::in_zookeeper(test, 3, 3) else {
        return;
    };
    let at = format!("file://{}", cluster.many.file("shared").display());
    outlives_its_owner(&cluster.with_output(&at, vec![]), &at);
}

#[test]
fn a_rollout_goes_on_without_its_output_and_the_one_in_the_background_knows_the_login() {
    let test = "a_rollout_goes_on_without_its_output_and_the_one_in_the_background_knows_the_login";
    let Some(s3) = S3::start(test) else { return };
    let Some(cluster) = Cluster::in_zookeeper(test, 3, 3) else {
        return;
    };
    let relay = s3.relay();
    let cluster = cluster.with_output(&location("logs"), variables(relay.port));
    // Whoever needs a dispatcher first starts one, whose environment is made for it.
    relay.cut();
    let lost = cluster.submit("a");
    let waited = cluster.verb("a", &["wait", &lost]);
    assert_eq!(waited.code, 0, "{}", waited.err);
    relay.mend();
    let kept = cluster.submit("a");
    assert_eq!(cluster.verb("a", &["wait", &kept]).code, 0);
    let logs = cluster.verb("a", &["logs", &kept]);
    assert!(logs.out.contains("last of h2"), "{}{}", logs.out, logs.err);
    assert_eq!(cluster.verb("a", &["serve", "stop"]).code, 0);
    let typed = cluster.verb(
        "a",
        &[
            "jobs",
            "--store",
            &format!("zookeeper://zk1/pogo?output=s3://me:{SECRET}@logs"),
        ],
    );
    typed.assert_refused(&["AWS_ACCESS_KEY_ID and", "change a password that was written here"]);
    assert!(!typed.err.contains(SECRET), "{}", typed.err);
    for text in [
        fs::read_to_string(cluster.many.file("a.log")).unwrap_or_default(),
        logs.err,
        waited.err,
    ] {
        assert!(!text.contains(SECRET), "{text}");
    }
}
