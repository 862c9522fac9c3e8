//! What is known of jobs before they are run.

use std::time::Duration;

use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule, Sequence};
use pogo_core::sim::what_if::{Change, Questions, Scenario};
use pogo_core::sim::{Binding, Fault, TaskTimes, World};

/// Four databases one at a time, then forty front ends a quarter at a time.
fn shop(fail_rate: f64) -> Scenario {
    let fleet = Fleet::builder()
        .tagged("db", "db[1-4]")
        .tagged("web", "web[1-40]")
        .build()
        .unwrap();
    let limit =
        |group: &str, text: &str| Constraint::new(group.parse().unwrap(), Rule::MaxParallel(text.parse().unwrap()));
    let policy = Policy::new()
        .sequence(Sequence::new("tiers", ["$db", "$web"].map(|tag| tag.parse().unwrap())))
        .constraint(limit("$db", "1"))
        .constraint(limit("$web", "25%"));
    let world = World::new(fleet, policy)
        .unwrap()
        .task_times(TaskTimes::Fixed(Duration::from_secs(30)))
        .inject_everywhere(Fault::fails_sometimes(fail_rate));
    Scenario::new(world, JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true")))
}

#[test]
fn the_rule_that_costs_most_comes_first() {
    let answer = shop(0.0).what_if(&Questions::new(1, 3)).unwrap();
    let mut rows: Vec<(i64, String)> = answer
        .costs
        .iter()
        .map(|cost| (-cost.gain() as i64, cost.relaxation.to_string()))
        .collect();
    assert!(rows.is_sorted_by_key(|(gain, _)| *gain), "{rows:?}");
    rows.sort();
    let wanted = [
        (-120, "without $db before $web (tiers)"),
        (-90, "without max_parallel: 1 on $db"),
        (-90, "without max_parallel: 25% on $web"),
        (-60, "2 in max_parallel: 1 on $db"),
        (-60, "50% in max_parallel: 25% on $web"),
    ];
    assert_eq!(rows, wanted.map(|(gain, how)| (gain, how.to_owned())));
    assert_eq!(answer.costs[0].relaxation.change, Change::Removed);
}

#[test]
fn the_bound_says_what_sets_it_and_the_path_goes_host_by_host() {
    let answer = shop(0.0).what_if(&Questions::new(1, 1)).unwrap();
    assert_eq!(answer.bound.makespan, Duration::from_secs(240));
    assert!(matches!(&answer.bound.reason, Binding::Sequence { stages } if stages == &["$db (tiers)", "$web (tiers)"]));
    let hosts: Vec<&str> = answer.path.links.iter().map(|link| link.host.as_str()).collect();
    assert_eq!(hosts[..4], ["db1", "db2", "db3", "db4"]);
    assert_eq!(hosts.len(), 8);
    let text = answer.to_string();
    for wanted in [
        "critical path: 8 attempts one after the other, 4m 00s",
        "db2        30.0s  max_parallel: 1 on $db",
        "after $db (tiers)",
        "  p50         4m 00s       1",
    ] {
        assert!(text.contains(wanted), "{wanted} is not in\n{text}");
    }
}

#[test]
fn a_database_that_fails_stops_the_job_as_often_as_one_fails() {
    let answer = shop(0.05).what_if(&Questions::new(1, 300).cost_runs(0)).unwrap();
    // Of four databases one fails in 18.5 % of all runs, and ten of forty front ends next to never do.
    let (low, high) = answer.stopped.between();
    assert!(low < 0.185 && 0.185 < high, "{}", answer.stopped);
    let seed = answer.stopped_seeds[0];
    assert!(!shop(0.05).run(seed).unwrap().is_complete());
}

#[test]
fn places_that_wait_for_another_group_stand_idle() {
    let answer = shop(0.0).what_if(&Questions::new(1, 1).cost_runs(0)).unwrap();
    let [db, web] = &answer.groups[..] else {
        panic!("two limits")
    };
    assert_eq!((db.idle, db.used), (Duration::ZERO, 1.0));
    // Ten slots for the two minutes that the databases take; then 90 seconds until the last start.
    assert_eq!(web.idle, Duration::from_secs(1_200));
    assert!((web.used - 90.0 / 210.0).abs() < 1e-9, "{}", web.used);
    assert_eq!((db.peak.most, web.peak.most), (1, 10));
}
