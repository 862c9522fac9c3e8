//! What would help a host that waits: only orders that are accepted and that clear what is in the way.

use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::fleet::{Fleet, Selector};
use pogo_core::policy::{Constraint, Origin, Policy, Rule, Sequence};
use pogo_core::scheduler::{JobEventKind, JobId, JobStatus, Obstacle, Order, Scheduler};
use pogo_core::testing::Step;

use crate::story::{Story, at_most, host, hosts, limited, on, web};

const MIDNIGHT: u64 = 1_795_824_000; // 2026-11-28

/// Sentences as a reader of that day in UTC sees them.
fn said(story: &Story, job: u64, host: &str) -> Vec<String> {
    let now = story.drill.now();
    let obstacles = story.obstacles(job, host);
    let sentences = obstacles
        .iter()
        .map(|obstacle| obstacle.sentence(&|at: Timestamp| at.utc_near(now)));
    sentences.collect()
}

/// The commands of every cure of everything that is in the way.
pub(crate) fn cures(story: &Story, job: u64, host: &str) -> Vec<String> {
    let all = story
        .obstacles(job, host)
        .into_iter()
        .flat_map(|obstacle| obstacle.cures);
    all.map(|cure| cure.to_string()).collect()
}

pub(crate) fn down(story: &mut Story, name: &str) {
    let (host, reason) = (host(name), String::new());
    story.handle(Order::MarkDown { host }.because(reason)).unwrap();
}

/// The time of day, on the day of these stories.
fn at(story: &mut Story, hour: u64, minute: u64) {
    let then = Duration::from_secs(MIDNIGHT + hour * 3_600 + minute * 60);
    let span = then - Duration::from_millis(story.drill.now().as_millis());
    story.drill.play(&Step::Wait(span));
}

pub(crate) fn blocked(story: &Story) -> Vec<Obstacle> {
    let records = story.drill.records().iter().rev();
    let mut said = records.filter_map(|record| match record.event.job_kind() {
        Some(JobEventKind::Blocked { reasons }) => Some(reasons.clone()),
        _ => None,
    });
    said.next().unwrap_or_default()
}

#[test]
fn a_failed_host_is_named_with_its_job_the_time_and_the_order_that_repairs_it() {
    let mut story = Story::new(web("h1,h2"), at_most("1"));
    at(&mut story, 13, 30);
    story.submit(on("h2"));
    at(&mut story, 14, 2);
    story.fails("h2");
    story.submit(on("h1"));
    let sentence = "h2 (failed in job 1 at 14:02) holds the only slot of $web: pogo retry 1 h2";
    assert_eq!(said(&story, 2, "h1"), [sentence]);
    let all = ["pogo retry 1 h2", "pogo skip 1 h2", "pogo mark up h2"];
    assert_eq!(cures(&story, 2, "h1"), all);
    at(&mut story, 26, 0);
    let next_day = "h2 (failed in job 1 at 2026-11-28 14:02) holds the only slot of $web: pogo retry 1 h2";
    assert_eq!(said(&story, 2, "h1"), [next_day]);
}

#[test]
fn a_host_that_is_marked_down_is_marked_up_and_never_skipped() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    at(&mut story, 9, 10);
    down(&mut story, "a");
    story.submit(on("b"));
    let sentence = "a (down since 09:10) holds the only slot of $web: pogo mark up a";
    assert_eq!(said(&story, 1, "b"), [sentence]);
    assert_eq!(cures(&story, 1, "b"), ["pogo mark up a"]);
}

#[test]
fn a_host_that_failed_and_is_down_shows_both() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    at(&mut story, 9, 10);
    story.submit(on("a"));
    story.fails("a");
    at(&mut story, 9, 20);
    down(&mut story, "a");
    story.submit(on("b"));
    let sentence = "a (failed in job 1 at 09:10 and down since 09:20) holds the only slot of $web: pogo mark up a";
    assert_eq!(said(&story, 2, "b"), [sentence]);
    assert_eq!(
        cures(&story, 2, "b"),
        ["pogo mark up a"],
        "retry and skip leave it down"
    );
}

#[test]
fn a_host_that_was_cancelled_does_not_still_have_to_end() {
    let sequence = Sequence::new("in order", ["a".parse().unwrap(), "b".parse().unwrap()]);
    let policy = at_most("1").sequence(sequence);
    let mut story = Story::new(web("a,b").tagged("web", "c"), policy);
    story.submit(on("c"));
    story.submit(on("a,b"));
    let job = JobId::new(2);
    let reason = String::new();
    story.handle(Order::Abort { job }.because(reason)).unwrap();
    story.ends("c");
    let retried = hosts("b");
    story
        .handle(Order::Retry {
            job,
            hosts: retried,
            force: false,
        })
        .unwrap();
    assert_eq!(story.status(2), JobStatus::Blocked);
    let sentence = "b comes after a in sequence `in order`, where a was cancelled: pogo retry 2 a";
    assert_eq!(said(&story, 2, "b"), [sentence]);
    assert_eq!(cures(&story, 2, "b"), ["pogo retry 2 a", "pogo skip 2 a"]);
}

#[test]
fn a_floor_on_the_available_is_lowered_and_a_limit_is_raised() {
    let floor = Constraint::new("$web".parse().unwrap(), Rule::MinAvailable("100%".parse().unwrap())).at(Origin::new(
        "policy.yaml",
        7,
        3,
    ));
    let policy = Policy::new().constraint(floor);
    let mut story = Story::new(web("a,b"), policy);
    story.submit(on("a"));
    let lower = "min_available: 100% leaves $web no slot: lower min_available of $web in policy.yaml:7:3 and apply it";
    assert_eq!(said(&story, 1, "a"), [lower]);
    story.configure(web("a,b"), at_most("0"));
    let raise = "max_parallel: 0 leaves $web no slot: raise max_parallel of $web in the policy and apply it";
    assert_eq!(said(&story, 1, "a"), [raise]);
}

#[test]
fn a_budget_names_the_hosts_that_failed_and_is_resumed_only_where_that_is_accepted() {
    let mut policy = limited(Rule::MaxFailures("1".parse().unwrap()));
    policy.constraints.push(Constraint::new(
        "*".parse().unwrap(),
        Rule::MaxParallel("3".parse().unwrap()),
    ));
    let mut story = Story::new(web("a,b,c,d").host("z"), policy);
    assert_eq!(story.submit(on("*")), "a b c");
    story.fails("a");
    story.fails("b");
    let sentence = "a,b failed in $web, where 1 may: pogo retry 1 a,b";
    assert_eq!(said(&story, 1, "d")[0], sentence);
    assert_eq!(
        cures(&story, 1, "d")[..2],
        ["pogo retry 1 a,b", "pogo skip 1 a,b"],
        "it runs"
    );
    story.ends("c");
    story.ends("z");
    assert_eq!(story.status(1), JobStatus::Blocked);
    assert_eq!(
        cures(&story, 1, "d"),
        ["pogo retry 1 a,b", "pogo resume 1", "pogo skip 1 a,b"]
    );
}

/// One host of `$web` at a time, and no failure in a job at all.
fn one_slot_and_no_failure() -> Policy {
    let none = Rule::MaxFailures("0".parse().unwrap());
    let mut policy = at_most("1");
    policy.constraints.push(Constraint::new("*".parse().unwrap(), none));
    policy
}

#[test]
fn a_retry_in_a_job_that_is_over_helps_though_others_failed_there_too() {
    let mut story = Story::new(web("a,b").host("x"), one_slot_and_no_failure());
    assert_eq!(story.submit(on("a,x")), "a x");
    story.fails("a");
    story.fails("x");
    assert_eq!(story.status(1), JobStatus::Finished);
    story.submit(on("b"));
    let all = ["pogo retry 1 a", "pogo skip 1 a", "pogo mark up a"];
    assert_eq!(
        cures(&story, 2, "b"),
        all,
        "the failures of a job that begins anew are accepted"
    );
    let (job, hosts) = (JobId::new(1), hosts("a"));
    assert_eq!(
        story
            .handle(Order::Retry {
                job,
                hosts,
                force: false
            })
            .unwrap(),
        "a"
    );
    assert_eq!(story.ends("a"), "b");
}

#[test]
fn a_retry_is_no_cure_where_the_failures_of_others_stop_it() {
    let mut story = Story::new(web("a,b").host("x").host("y"), one_slot_and_no_failure());
    assert_eq!(story.submit(on("a,x,y")), "a x y");
    story.fails("a");
    story.fails("x");
    assert_eq!(story.status(1), JobStatus::Running, "y runs");
    story.submit(on("b"));
    assert_eq!(cures(&story, 2, "b"), ["pogo skip 1 a", "pogo mark up a"]);
    let (job, hosts) = (JobId::new(1), hosts("a"));
    assert_eq!(
        story
            .handle(Order::Retry {
                job,
                hosts,
                force: false
            })
            .unwrap(),
        "",
        "x failed as well"
    );
}

#[test]
fn a_host_behind_a_gate_says_what_its_predecessors_need() {
    let sequence = Sequence::new("in order", ["a".parse().unwrap(), "x".parse().unwrap()]);
    let policy = at_most("1").sequence(sequence);
    let mut story = Story::new(web("a,b").host("x"), policy);
    story.submit(on("b"));
    story.fails("b");
    story.submit(on("a,x"));
    let [gate, slot] = &said(&story, 2, "x")[..] else {
        panic!("{:?}", said(&story, 2, "x"))
    };
    assert_eq!(gate, "x comes after a in sequence `in order`, where a still has to end");
    assert!(slot.ends_with("holds the only slot of $web: pogo retry 1 b"), "{slot}");
}

#[test]
fn a_host_whose_job_is_paused_is_not_to_be_retried_there() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("a"));
    let job = JobId::new(1);
    story.submit(on("b"));
    story.handle(Order::Pause { job }).unwrap();
    story.fails("a");
    assert_eq!(
        cures(&story, 2, "b"),
        ["pogo retry 1 a", "pogo skip 1 a", "pogo mark up a"],
        "it is over"
    );
    let mut story = Story::new(web("a,b,c"), at_most("1"));
    story.submit(on("a,c"));
    story.submit(on("b"));
    story.handle(Order::Pause { job }).unwrap();
    story.fails("a");
    assert_eq!(cures(&story, 2, "b"), ["pogo skip 1 a", "pogo mark up a"]);
}

#[test]
fn a_halted_job_is_resumed_with_what_is_retried() {
    let policy = Policy::new().sequence(Sequence::new("in order", ["a".parse().unwrap(), "b".parse().unwrap()]));
    let mut story = Story::new(web("a,b"), policy);
    story.submit(on("*").max_failures("0".parse().unwrap()));
    story.fails("a");
    assert_eq!(story.status(1), JobStatus::Halted);
    let said = said(&story, 1, "b");
    assert_eq!(said[0], "the job is halted: pogo resume 1");
    let gate = "b comes after a in sequence `in order`, where a failed (none may): pogo retry 1 a && pogo resume 1";
    assert_eq!(said[1], gate);
}

#[test]
fn a_limit_of_the_job_can_be_raised_and_counts_one_host_as_one() {
    let mut story = Story::new(web("a,b"), Policy::default());
    story.submit(on("*").max_parallel("1".parse().unwrap()));
    let sentence = "the job runs 1 host, as many at once as it may; it goes on when one ends";
    assert_eq!(said(&story, 1, "b"), [sentence]);
    assert_eq!(cures(&story, 1, "b"), ["pogo update 1 --max-parallel 2"]);
}

#[test]
fn many_names_are_ranges_and_what_does_not_fit_is_counted() {
    let names: Vec<String> = (0..1_000).map(|n| format!("h{}", 2 * n)).collect();
    let fleet = Fleet::builder().tagged("web", &names.join(",")).host("last");
    let policy = Policy::new().sequence(Sequence::new(
        "in order",
        ["$web".parse().unwrap(), "last".parse().unwrap()],
    ));
    let mut story = Story::new(fleet, policy);
    story.submit(on("*"));
    let said = said(&story, 1, "last").remove(0);
    assert!(said.ends_with("] and 968 more still have to end"), "{said}");
    assert!(said.len() < 250, "{said}");
    let fleet = Fleet::builder().tagged("web", "w[1-1000]").host("last");
    let policy = Policy::new().sequence(Sequence::new(
        "in order",
        ["$web".parse().unwrap(), "last".parse().unwrap()],
    ));
    let mut story = Story::new(fleet, policy);
    story.submit(on("*"));
    let whole = "last comes after $web in sequence `in order`, where w[1-1000] still have to end";
    assert_eq!(self::said(&story, 1, "last"), [whole]);
}

#[test]
fn a_cure_names_all_hosts_and_can_be_typed_as_it_stands() {
    let names: Vec<String> = (0..100).map(|n| format!("h{}", 2 * n)).collect();
    let names = names.join(",");
    let mut story = Story::new(web(&format!("{names},last")), at_most("100"));
    story.submit(on(&names));
    for host in names.split(',') {
        story.fails(host);
    }
    story.submit(on("last"));
    let cure = cures(&story, 2, "last").remove(0);
    let word = cure
        .strip_prefix("pogo retry 1 '")
        .and_then(|rest| rest.strip_suffix('\''));
    let hosts: Selector = word.unwrap().parse().unwrap();
    let fleet = Fleet::builder().hosts(&names).build().unwrap();
    assert_eq!(fleet.resolve(&hosts).unwrap().len(), 100, "{cure}");
}

#[test]
fn ranges_are_quoted_for_a_shell() {
    let mut story = Story::new(web("w1,w2,w3"), at_most("2"));
    story.submit(on("w1,w2"));
    story.fails("w1");
    story.fails("w2");
    story.submit(on("w3"));
    let both = "pogo retry 1 'w[1-2]'";
    assert_eq!(cures(&story, 2, "w3")[0], both);
    assert!(said(&story, 2, "w3")[0].starts_with("w[1-2] (failed in job 1 at 00:00) hold all 2 slots of $web"));
}

#[test]
fn what_runs_is_waited_for_and_named_with_its_job() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    at(&mut story, 14, 0);
    story.submit(on("*"));
    let sentence = "a (running in job 1 since 14:00) holds the only slot of $web; it goes on when one ends";
    assert_eq!(said(&story, 1, "b"), [sentence]);
    assert!(cures(&story, 1, "b").is_empty());
    assert!(story.obstacles(1, "b")[0].passes);
}

#[test]
fn a_snapshot_from_before_moments_were_kept_is_read() {
    let mut story = Story::new(web("a,b,c"), at_most("3"));
    story.submit(on("a"));
    at(&mut story, 14, 2);
    story.fails("a");
    down(&mut story, "b");
    let snapshot = serde_json::to_value(story.drill.scheduler().snapshot()).unwrap();
    let mut old = snapshot.clone();
    for host in old["stuck"].as_array_mut().unwrap() {
        let host = host.as_object_mut().unwrap();
        assert!(host.remove("ended").is_some() || host.remove("marked").is_some());
    }
    let restore = |snapshot| Scheduler::restore(&serde_json::from_value(snapshot).unwrap()).unwrap();
    let since = |scheduler: &Scheduler| {
        let holders = scheduler.buckets().next().unwrap().holders();
        holders.iter().map(|holder| holder.since.utc()).collect::<Vec<_>>()
    };
    assert_eq!(
        since(&restore(snapshot)),
        ["2026-11-28 14:02 UTC", "2026-11-28 14:02 UTC"]
    );
    assert_eq!(since(&restore(old)), ["1970-01-01 00:00 UTC", "2026-11-28 14:02 UTC"]);
}

#[test]
fn a_record_from_before_cures_were_kept_is_read() {
    let old = r#"{"at":0,"event":"job_blocked","job":1,"reasons":[{"blocker":"bucket_full","group":"*","rule":{"min_available":"3"},"places":0,"holders":[{"host":"a","because":"failed","job":1,"since":5}]}]}"#;
    let record: pogo_core::scheduler::Record = serde_json::from_str(old).unwrap();
    let written = serde_json::to_string(&record).unwrap();
    assert_eq!(written, old.replace("places", "slots"));
}

#[test]
fn a_host_that_two_jobs_left_behind_is_skipped_in_both() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    at(&mut story, 9, 10);
    story.submit(on("a"));
    story.fails("a");
    at(&mut story, 9, 20);
    story.submit(on("a"));
    story.fails("a");
    story.submit(on("b"));
    let both = "a (failed in job 1 at 09:10 and failed in job 2 at 09:20) holds the only slot of $web: pogo retry 2 a";
    assert_eq!(said(&story, 3, "b"), [both]);
    let all = ["pogo retry 2 a", "pogo skip 1 a && pogo skip 2 a", "pogo mark up a"];
    assert_eq!(cures(&story, 3, "b"), all);
}
