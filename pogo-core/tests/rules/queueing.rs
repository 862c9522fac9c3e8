//! Who comes first among hosts that may start.

use std::time::Duration;

use pogo_core::fleet::Fleet;
use pogo_core::plan::{self, Expectation};
use pogo_core::policy::{Constraint, JobSettings, Policy, Rule};
use pogo_core::scheduler::{JobEventKind, JobId, Order};

use crate::story::{Story, at_most, host, hosts, on, web};

fn mark(story: &mut Story, name: &str, down: bool) -> String {
    let (host, reason) = (host(name), String::new());
    let mark = if down {
        Order::MarkDown { host }.because(reason)
    } else {
        Order::MarkUp { host, force: false }.because(reason)
    };
    story.handle(mark).unwrap()
}

/// `c` runs as a repair before its turn, fails, and is marked up to be retried behind the fresh `b` and `d`.
fn after_a_repair_that_failed(story: &mut Story) -> String {
    let job = JobId::new(1);
    mark(story, "c", true);
    assert_eq!(story.ends("a"), "c");
    story.handle(Order::Pause { job }).unwrap();
    story.fails("c");
    let retried = hosts("c");
    story
        .handle(Order::Retry {
            job,
            hosts: retried,
            force: false,
        })
        .unwrap();
    mark(story, "c", false);
    assert_eq!(story.handle(Order::Resume { job }).unwrap(), "b");
    story.ends("b")
}

#[test]
fn a_retried_host_comes_after_fresh_ones_where_it_was_listed() {
    let mut story = Story::new(web("a,b,c,d"), at_most("1"));
    assert_eq!(story.submit(on("*")), "a");
    assert_eq!(after_a_repair_that_failed(&mut story), "d");
}

#[test]
fn a_retried_host_comes_after_fresh_ones_where_it_was_queued_late() {
    let mut story = Story::new(web("a,b,c,d"), at_most("1"));
    assert_eq!(story.submit(on("*")), "a");
    for name in ["b", "c"] {
        mark(&mut story, name, true);
        mark(&mut story, name, false);
    }
    assert_eq!(after_a_repair_that_failed(&mut story), "d");
}

#[test]
fn a_retried_host_comes_after_fresh_ones_when_the_queues_are_built_anew() {
    let mut story = Story::new(web("a,b,c"), Policy::default());
    let job = JobId::new(1);
    let one_by_one = on("*").max_parallel("1".parse().unwrap());
    assert_eq!(story.submit(one_by_one), "a");
    assert_eq!(story.fails("a"), "b");
    let retried = hosts("a");
    story
        .handle(Order::Retry {
            job,
            hosts: retried,
            force: false,
        })
        .unwrap();
    let change = JobSettings::new().retries(1).into();
    story.handle(Order::Alter { job, change }).unwrap();
    assert_eq!(story.ends("b"), "c");
    assert_eq!(story.ends("c"), "a");
}

#[test]
fn what_takes_longest_comes_first_unless_the_listed_order_is_wanted() {
    let expect = |hosts: &str, seconds| Expectation::new(hosts.parse().unwrap(), Duration::from_secs(seconds));
    let spec = |order| {
        on("*")
            .max_parallel("1".parse().unwrap())
            .expected(vec![expect("b", 60), expect("c", 600)])
            .order(order)
    };
    let started = |order| {
        let mut story = Story::new(web("a,b,c"), Policy::default());
        let first = story.submit(spec(order));
        let second = story.ends(&first);
        let third = story.ends(&second);
        [first, second, third].join(" ")
    };
    assert_eq!(started(plan::HostOrder::Balanced), "c b a");
    assert_eq!(started(plan::HostOrder::Listed), "a b c");
}

/// All three groups are equally full. In balanced order `h3` starts with `h1`, and then `h4` and `h5` need a round
/// each.
#[test]
fn a_small_job_takes_listed_order_where_it_ends_sooner_so() {
    let hosts = [("h1", "c"), ("h2", "c"), ("h3", "a c"), ("h4", "a b"), ("h5", "b c")];
    let fleet = hosts.iter().fold(Fleet::builder(), |fleet, (host, groups)| {
        groups
            .split(' ')
            .fold(fleet.host(host), |fleet, group| fleet.tag(group))
    });
    let limit = |(group, slots): (&str, &str)| {
        let rule = Rule::MaxParallel(slots.parse().unwrap());
        Constraint::new(group.parse().unwrap(), rule)
    };
    let constraints = [("$a", "1"), ("$b", "1"), ("$c", "2")].into_iter().map(limit);
    let policy = Policy::new().constraints(constraints);
    let mut story = Story::new(fleet, policy);
    assert_eq!(story.submit(on("*")), "h1 h2 h4");
    let submitted = story
        .drill
        .records()
        .iter()
        .find_map(|record| match record.event.job_kind() {
            Some(JobEventKind::Submitted { spec, .. }) => Some(spec.order),
            _ => None,
        });
    assert_eq!(
        submitted,
        Some(plan::HostOrder::Listed),
        "the log says which order it takes"
    );
    let ends = ["h1", "h2", "h4"].map(|host| story.ends(host));
    assert_eq!(ends, ["", "", "h3 h5"], "two rounds");
}

#[test]
fn hosts_that_were_skipped_and_are_wanted_again_count_as_work() {
    let fleet = Fleet::builder().tagged("group.y", "y[1-2]").tagged("group.x", "x[1-4]");
    let limit = Constraint::new("$group".parse().unwrap(), Rule::MaxParallel("1".parse().unwrap()));
    let policy = Policy::new().constraint(limit);
    let mut story = Story::new(fleet, policy);
    let job = JobId::new(1);
    let one_by_one = on("*").max_parallel("1".parse().unwrap());
    assert_eq!(story.submit(one_by_one), "x1", "the most loaded group comes first");
    let others = || hosts("x2 x3 x4");
    story
        .handle(Order::Skip {
            job,
            hosts: others(),
            force: false,
        })
        .unwrap();
    story
        .handle(Order::Retry {
            job,
            hosts: others(),
            force: false,
        })
        .unwrap();
    assert_eq!(story.ends("x1"), "x2");
}

#[test]
fn of_hosts_that_were_all_tried_the_one_with_fewer_tries_comes_first() {
    let mut story = Story::new(web("a,b"), Policy::default());
    let job = JobId::new(1);
    let one_by_one = on("*").max_parallel("1".parse().unwrap());
    let retry = |names| Order::Retry {
        job,
        hosts: hosts(names),
        force: false,
    };
    assert_eq!(story.submit(one_by_one), "a");
    assert_eq!(story.fails("a"), "b");
    story.handle(retry("a")).unwrap();
    assert_eq!(story.fails("b"), "a");
    assert_eq!(story.fails("a"), "");
    assert_eq!(story.handle(retry("a b")).unwrap(), "b");
}

fn limits(limits: &[(&str, &str)]) -> Policy {
    let rule = |(group, limit): &(&str, &str)| {
        Constraint::new(group.parse().unwrap(), Rule::MaxParallel(limit.parse().unwrap()))
    };
    Policy::new().constraints(limits.iter().map(rule))
}

#[test]
fn hosts_become_more_urgent_when_another_job_adds_work_to_their_group() {
    for (another, next) in [(false, "b2"), (true, "a1")] {
        let fleet = Fleet::builder().tagged("a", "a[1-20]").tagged("b", "b[1-4]");
        let mut story = Story::new(fleet, limits(&[("$a", "2"), ("$b", "1")]));
        let one_by_one = |hosts| on(hosts).max_parallel("1".parse().unwrap());
        assert_eq!(story.submit(one_by_one("a[1-2],b[1-4]")), "b1");
        if another {
            assert_eq!(story.submit(one_by_one("a[3-20]")), "a3");
        }
        assert_eq!(story.ends("b1"), next);
    }
}

#[test]
fn work_that_another_job_adds_to_a_full_group_counts_for_all_that_wait_for_it() {
    for (another, next) in [(false, "x"), (true, "y")] {
        let fleet = Fleet::builder().tagged("a", "h,y,x,a[1-20]").tagged("c", "x,c[1-9]");
        let mut story = Story::new(fleet, limits(&[("$a", "1"), ("$c", "2")]));
        assert_eq!(story.submit(on("h")), "h");
        assert_eq!(story.submit(on("c[1-9]").max_parallel("1".parse().unwrap())), "c1");
        // `x` comes first because of `c`, unless `a` is more loaded than that.
        assert_eq!(story.submit(on("y,x")), "");
        if another {
            assert_eq!(story.submit(on("a[1-20]")), "");
        }
        assert_eq!(story.ends("h"), next);
    }
}
