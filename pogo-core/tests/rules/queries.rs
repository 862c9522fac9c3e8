//! What is known, as plain data that can be sent and stored.

use pogo_core::policy::{Origin, Policy};
use pogo_core::scheduler::{
    HoldMode, HoldsQuery, HostsQuery, JobId, JobStatus, JobsQuery, Order, PageLimit, Query, QueryError, SlotsQuery,
    TaskState, View,
};
use serde_json::{Value, json};

use crate::holds::{hold, owner};
use crate::story::{Story, at_most, host, on, web};

const JOB: JobId = JobId::new(1);

fn busy() -> Story {
    let mut story = Story::new(web("a,b,c"), at_most("2"));
    story.handle(hold("a", "ann", HoldMode::Immediate)).unwrap();
    story.submit(on("b,c").user("eve"));
    story
}

fn ask(story: &Story, query: &Query) -> Result<View, QueryError> {
    let scheduler = story.drill.scheduler();
    scheduler.view(scheduler.now(), query)
}

/// The answer as it is sent, once it is known that it is read as it was.
fn answer(story: &Story, query: &str) -> Value {
    let query: Query = serde_json::from_str(query).unwrap();
    let view = ask(story, &query).unwrap();
    let written = serde_json::to_value(&view).unwrap();
    assert_eq!(serde_json::from_value::<View>(written.clone()).unwrap(), view);
    written
}

#[test]
fn a_namespace_is_summed_up_in_numbers() {
    let mut story = busy();
    story
        .handle(Order::MarkDown { host: host("c") }.because("fire"))
        .unwrap();
    let wanted = json!({
        "view": "namespace",
        "at": 0,
        "hosts": 3,
        "jobs": [{"status": "running", "jobs": 1}],
        "attempts": 2,
        "unavailable": 3,
        "down": ["c"],
        "held": 1,
        "holds_waiting": 0,
    });
    assert_eq!(answer(&story, r#"{"query":"namespace"}"#), wanted);
}

#[test]
fn the_slots_of_each_limit_say_who_has_them_and_since_when() {
    let wanted = json!({
        "view": "slots",
        "entries": [{
            "limit": 0,
            "group": "$web",
            "rule": {"max_parallel": "2"},
            "slots": 2,
            "running": 1,
            "unavailable": 2,
            "holders": [
                {"host": "a", "because": "held", "owner": "ann", "since": 0},
                {"host": "b", "because": "running", "job": 1, "since": 0},
            ],
            "waiting": [{"job": 1, "user": "eve", "hosts": 1}],
        }],
    });
    assert_eq!(answer(&busy(), r#"{"query":"slots","hosts":"c"}"#), wanted);
}

#[test]
fn nobody_waits_for_a_slot_that_is_free_or_that_the_job_need_not_have() {
    let waiting = |story: &Story| {
        let View::Slots(page) = ask(story, &Query::Slots(SlotsQuery::new())).unwrap() else {
            panic!()
        };
        let waiting = page.entries[0].waiting.iter();
        waiting
            .map(|waiter| (waiter.job.number(), waiter.hosts))
            .collect::<Vec<_>>()
    };
    let mut story = busy();
    story.submit(on("c").user("bob"));
    assert_eq!(waiting(&story), [(1, 1), (2, 1)]);
    // What is paused waits for its resumption, and not for a slot.
    story.handle(Order::Pause { job: JOB }.because("lunch")).unwrap();
    assert_eq!(waiting(&story), [(2, 1)]);
    let mut free = Story::new(web("a,b,c"), at_most("3"));
    free.submit(on("b,c"));
    assert!(waiting(&free).is_empty());
}

#[test]
fn a_host_is_told_with_the_lines_that_name_it() {
    let mut fleet = web("a,b");
    let b = fleet.find("b").unwrap();
    fleet.add_origin(None, b, Origin::new("hosts.ini", 3, 1));
    fleet.add_origin(Some(&"web".parse().unwrap()), b, Origin::new("hosts.ini", 2, 1));
    let story = Story::new(fleet, Policy::default());
    let wanted = json!([
        {"origin": {"source": "hosts.ini", "line": 3, "column": 1}},
        {"tag": "web", "origin": {"source": "hosts.ini", "line": 2, "column": 1}},
    ]);
    assert_eq!(answer(&story, r#"{"query":"host","host":"b"}"#)["origins"], wanted);
    assert!(
        answer(&story, r#"{"query":"host","host":"a"}"#)
            .get("origins")
            .is_none()
    );
}

#[test]
fn holders_beyond_the_page_are_counted() {
    let query = SlotsQuery::new().limit(PageLimit::new(1));
    let View::Slots(page) = ask(&busy(), &Query::Slots(query)).unwrap() else {
        panic!()
    };
    let slots = &page.entries[0];
    assert_eq!((slots.holders.len(), slots.more_holders), (1, 1));
}

#[test]
fn jobs_are_listed_by_status_and_user() {
    let mut story = busy();
    story.submit(on("c").user("bob"));
    let listed = |query: JobsQuery| match ask(&story, &Query::Jobs(query)).unwrap() {
        View::Jobs(page) => page.entries.iter().map(|job| job.job.number()).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(listed(JobsQuery::new()), [1, 2]);
    assert_eq!(listed(JobsQuery::new().user("eve")), [1]);
    assert_eq!(listed(JobsQuery::new().statuses([JobStatus::Waiting])), [2]);
    assert_eq!(listed(JobsQuery::new().after(JOB)), [2]);
}

#[test]
fn a_job_is_told_with_all_but_its_hosts() {
    let mut story = busy();
    story.handle(Order::Pause { job: JOB }.because("lunch")).unwrap();
    let written = answer(&story, r#"{"query":"job","job":1}"#);
    for (field, wanted) in [
        ("job", json!(1)),
        ("user", json!("eve")),
        ("targets", json!("b, c")),
        ("status", json!("paused")),
        ("command", json!({"shell": "true"})),
        ("steered", json!({"order": "pause", "at": 0, "reason": "lunch"})),
    ] {
        assert_eq!(written[field], wanted, "{field}");
    }
    assert_eq!(written["limits"][0]["unavailable"], 2);
    assert_eq!(written["settings"]["attempt_timeout"], 3_600_000);
    assert_eq!(written["blockers"][0]["blocker"], "paused");
}

#[test]
fn a_job_names_what_only_an_order_clears() {
    let mut story = Story::new(web("a"), Policy::default());
    story.handle(hold("a", "ann", HoldMode::Immediate)).unwrap();
    story.submit(on("a").under_hold(owner("bob")));
    let written = answer(&story, r#"{"query":"job","job":1}"#);
    assert_eq!(written["blockers"].as_array().unwrap().len(), 1);
    assert_eq!(written["under_hold"], "bob");
}

#[test]
fn the_hosts_of_a_job_come_in_listed_order_and_in_pages() {
    let story = busy();
    let page = |query: HostsQuery| match ask(&story, &Query::Hosts(query)).unwrap() {
        View::Hosts(page) => page,
        other => panic!("{other:?}"),
    };
    let first = page(HostsQuery::of(JOB).limit(PageLimit::new(1)));
    assert_eq!(first.entries[0].host.as_str(), "b");
    assert_eq!(first.next, Some(host("b")));
    let second = page(HostsQuery::of(JOB).limit(PageLimit::new(1)).after(host("b")));
    assert_eq!(second.entries[0].host.as_str(), "c");
    assert_eq!(second.next, None);
    let waiting = page(HostsQuery::of(JOB).states([TaskState::Waiting]));
    assert_eq!(waiting.entries[0].to_string(), "waiting");
    assert_eq!(page(HostsQuery::of(JOB).among("b & c".parse().unwrap())).entries, []);
}

#[test]
fn a_host_is_told_with_all_jobs_that_have_it() {
    let mut story = busy();
    story.fails("b");
    story.submit(on("b").user("bob"));
    let written = answer(&story, r#"{"query":"host","host":"b"}"#);
    assert_eq!(written["tags"], json!(["web"]));
    assert_eq!(
        written["unavailable"],
        json!([
            {"host": "b", "because": "running", "job": 2, "since": 0},
            {"host": "b", "because": "failed", "job": 1, "since": 0},
        ])
    );
    assert_eq!(written["jobs"][0]["state"], "failed");
    assert_eq!(written["jobs"][1]["last_attempt"]["phase"], "connect");
}

#[test]
fn holds_are_listed_by_host() {
    let mut story = busy();
    story.handle(hold("a", "bob", HoldMode::Wait)).unwrap();
    let written = answer(&story, r#"{"query":"holds"}"#);
    let owners: Vec<_> = written["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hold| &hold["owner"])
        .collect();
    assert_eq!(owners, ["ann", "bob"]);
    // Those of one host are not parted, or one of them would be on no page.
    let page = HoldsQuery::new().limit(PageLimit::new(1));
    let View::Holds(page) = ask(&story, &Query::Holds(page)).unwrap() else {
        panic!()
    };
    assert_eq!((page.entries.len(), page.next), (2, None));
}

#[test]
fn why_a_host_waits_is_told_as_data() {
    let written = answer(&busy(), r#"{"query":"explain","job":1,"host":"c"}"#);
    assert_eq!(written["state"], "waiting");
    assert_eq!(written["obstacles"][0]["blocker"], "bucket_full");
}

#[test]
fn an_attempt_under_way_is_told_as_data() {
    let wanted = json!({
        "view": "attempts",
        "entries": [{"id": 1, "job": 1, "host": "b", "phase": "connect", "permission": "not_asked", "started": 0}],
    });
    assert_eq!(answer(&busy(), r#"{"query":"attempts","job":1}"#), wanted);
}

#[test]
fn a_query_of_what_there_is_not_says_so() {
    let story = busy();
    let says = |query: &str| {
        ask(&story, &serde_json::from_str(query).unwrap())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        says(r#"{"query":"job","job":7}"#),
        "there is no job-7; ask for the jobs that there are"
    );
    assert_eq!(
        says(r#"{"query":"explain","job":1,"host":"a"}"#),
        "host `a` is not one of the targets of job-1"
    );
    assert_eq!(
        says(r#"{"query":"host","host":"d"}"#),
        "the inventory has no host `d`; did you mean `a`?, or `b`?, or `c`?"
            .replace("?,", "`,")
            .replace("``", "`")
    );
    assert_eq!(
        says(r#"{"query":"slots","hosts":"$wob"}"#),
        "no host has the tag `$wob`, and no file declares it; did you mean `$web`?"
    );
}

#[test]
fn neither_input_nor_environment_of_a_command_is_in_any_answer() {
    let secret = "correct-horse-battery";
    let mut story = Story::new(web("a,b"), at_most("1"));
    let mut job = on("a,b");
    job.exec_options = pogo_core::plan::ExecOptions::new()
        .env("OPEN", secret)
        .secret_env("TOKEN")
        .stdin(pogo_core::plan::Stdin::Text(secret.to_owned()));
    story.submit(job);
    for query in [
        r#"{"query":"namespace"}"#,
        r#"{"query":"jobs"}"#,
        r#"{"query":"job","job":1}"#,
        r#"{"query":"hosts","job":1}"#,
        r#"{"query":"host","host":"a"}"#,
        r#"{"query":"attempts"}"#,
        r#"{"query":"slots"}"#,
        r#"{"query":"holds"}"#,
        r#"{"query":"explain","job":1,"host":"b"}"#,
    ] {
        let view = answer(&story, query);
        assert!(!view.to_string().contains(secret), "{view}");
    }
    let job = answer(&story, r#"{"query":"job","job":1}"#);
    assert_eq!(job["environment"], json!(["OPEN", "TOKEN"]));
}
