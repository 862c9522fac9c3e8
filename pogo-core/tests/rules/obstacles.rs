//! What is in the way of a blocked job as a whole.

use pogo_core::policy::{Constraint, Policy, Rule, Sequence};
use pogo_core::scheduler::{Actor, Blocker, JobId, JobStatus, Obstacle, Order};

use crate::cures::{blocked, cures, down};
use crate::story::{Story, at_most, host, limited, on, web};

#[test]
fn a_blocked_job_says_all_that_is_in_the_way_of_its_hosts() {
    let mut policy = limited(Rule::MaxFailures("0".parse().unwrap()));
    policy.constraints.push(Constraint::new(
        "$web".parse().unwrap(),
        Rule::MaxParallel("1".parse().unwrap()),
    ));
    let mut story = Story::new(web("a,b,c"), policy);
    story.submit(on("a,b"));
    story.fails("a");
    assert_eq!(story.status(1), JobStatus::Blocked);
    assert_eq!(blocked(&story), story.obstacles(1, "b"));
    assert_eq!(blocked(&story).len(), 2);
}

/// One host at a time of each of these groups.
fn one_of_each(groups: [&str; 2]) -> Vec<Constraint> {
    let limit = |group: &str| Constraint::new(group.parse().unwrap(), Rule::MaxParallel("1".parse().unwrap()));
    groups.map(limit).to_vec()
}

/// What is in the way, in a word.
fn in_the_way(obstacles: &[Obstacle]) -> Vec<String> {
    let word = |obstacle: &Obstacle| match &obstacle.blocker {
        Blocker::BucketFull { group, .. } => group.clone(),
        Blocker::GateClosed { after, .. } => format!("after {after}"),
        Blocker::Frozen { freeze } => format!("frozen {}", freeze.hosts),
        other => panic!("{other}"),
    };
    obstacles.iter().map(word).collect()
}

#[test]
fn a_blocked_job_says_what_is_in_the_way_of_each_kind_of_its_hosts() {
    let policy = Policy::new().constraints(one_of_each(["$web", "$db"]));
    let mut story = Story::new(web("a,b").tagged("db", "c,d"), policy);
    story.submit(on("a,c"));
    story.fails("a");
    story.fails("c");
    story.submit(on("b,d"));
    assert_eq!(in_the_way(&blocked(&story)), ["$web", "$db"]);
}

/// `b` comes after `a`, and `c` waits for the slot of `d`, which failed in another job.
fn gate_and_slot() -> Story {
    let sequence = Sequence::new("in order", ["$first".parse().unwrap(), "$second".parse().unwrap()]);
    let policy = Policy::new()
        .sequence(sequence)
        .constraints(one_of_each(["$web", "$db"]));
    let fleet = web("w,a")
        .tagged("first", "a")
        .tagged("second", "b")
        .tagged("db", "c,d");
    let mut story = Story::new(fleet, policy);
    story.submit(on("w,d"));
    story.fails("d");
    story
}

#[test]
fn a_blocked_job_names_the_gate_that_a_failure_keeps_closed_beside_what_else_is_in_the_way() {
    let mut story = gate_and_slot();
    story.ends("w");
    assert_eq!(story.submit(on("a,b,c")), "a");
    story.fails("a");
    assert_eq!(in_the_way(&blocked(&story)), ["after $first", "$db"]);
}

#[test]
fn a_blocked_job_names_each_freeze_of_its_hosts_once() {
    let mut story = Story::new(web("a,b,c"), Policy::default());
    for hosts in ["$web & a,b", "c"] {
        let (hosts, by, reason) = (hosts.parse().unwrap(), "ann".to_owned(), String::new());
        story
            .handle(Order::Freeze { hosts }.by(Actor::new(by)).because(reason))
            .unwrap();
    }
    story.submit(on("*"));
    let mut said = in_the_way(&blocked(&story));
    said.sort_unstable();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].ends_with('b') && said[1].ends_with('c'), "{said:?}");
}

#[test]
fn a_gate_that_opens_by_itself_passes_through_any_number_of_waves() {
    let waves = ["1", "2", "100%"].map(|wave| wave.parse().unwrap()).to_vec();
    let mut story = Story::new(web("a,b,c"), Policy::default());
    assert_eq!(story.submit(on("*").waves(waves)), "a");
    let obstacles = story.obstacles(1, "c");
    assert!(!obstacles.is_empty());
    assert!(obstacles.iter().all(|obstacle| obstacle.passes), "{obstacles:?}");
}

#[test]
fn a_failure_that_a_wave_allows_needs_no_order() {
    let waves = ["2", "100%"].map(|wave| wave.parse().unwrap()).to_vec();
    let mut story = Story::new(web("a,b,c"), Policy::default());
    let spec = on("*").waves(waves).allow_failures("1".parse().unwrap());
    assert_eq!(story.submit(spec), "a c");
    story.fails("a");
    let [gate] = &story.obstacles(1, "b")[..] else {
        panic!("{:?}", story.obstacles(1, "b"))
    };
    assert!(gate.passes && gate.cures.is_empty(), "{gate:?}");
}

#[test]
fn what_a_retry_does_not_free_is_marked_up_with_it() {
    let mut story = Story::new(web("a,b,c"), at_most("1"));
    story.submit(on("a"));
    story.fails("a");
    down(&mut story, "b");
    story.submit(on("c"));
    let cures = cures(&story, 2, "c");
    let retry = cures.iter().find(|cure| cure.contains("retry 1 a")).unwrap();
    assert!(retry.contains("mark up b") && !retry.contains("mark up a"), "{retry}");
}

#[test]
fn a_slot_of_a_host_that_is_tried_again_frees_itself() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    assert_eq!(story.submit(on("*").retries(1)), "a");
    story.fails("a");
    let passes = |story: &Story| story.obstacles(1, "b").iter().all(|obstacle| obstacle.passes);
    assert!(passes(&story), "it will be tried again: {:?}", story.obstacles(1, "b"));
    assert_eq!(story.waits(60), "a");
    assert!(passes(&story), "it is being tried: {:?}", story.obstacles(1, "b"));
}

#[test]
fn what_is_in_the_way_reads_the_same_with_and_without_its_cure() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("*"));
    let [slot] = &story.obstacles(1, "b")[..] else {
        panic!("{:?}", story.obstacles(1, "b"))
    };
    let described = slot.blocker.to_string();
    assert!(described.contains("$web"), "{described}");
    assert!(slot.to_string().starts_with(&described), "{slot}");
}

#[test]
fn a_job_that_is_retried_in_part_names_the_gate_that_its_cancelled_hosts_keep_closed() {
    let mut story = gate_and_slot();
    story.fails("w");
    assert_eq!(story.submit(on("a,b,c")), "");
    let (job, reason) = (JobId::new(2), String::new());
    story.handle(Order::Abort { job }.because(reason)).unwrap();
    let hosts = vec![host("b"), host("c")];
    assert_eq!(
        story
            .handle(Order::Retry {
                job,
                hosts,
                force: false
            })
            .unwrap(),
        ""
    );
    assert_eq!(in_the_way(&blocked(&story)), ["after $first", "$db"]);
    assert_eq!(cures(&story, 2, "b"), ["pogo skip 2 a"], "for `a` there is no slot");
}
