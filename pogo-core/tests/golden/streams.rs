//! What travels: the updates of a stream, and answers to queries.

use std::collections::BTreeSet;

use pogo_core::Timestamp;
use pogo_core::journal::{Seq, replay};
use pogo_core::scheduler::{
    AttemptsQuery, HoldsQuery, HostsQuery, JobId, JobStatus, JobsQuery, PageLimit, Query, Scheduler, SlotsQuery,
    TaskState, View,
};
use pogo_core::stream::{Follower, QueryAnswer, ResyncReason, StreamId, StreamRecord, StreamRequest, Update};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{assert_golden, path, read, story};

fn assert_lines<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(name: &str, written: &[T]) -> String {
    let lines: String = written
        .iter()
        .map(|line| serde_json::to_string(line).unwrap() + "\n")
        .collect();
    assert_golden(name, &lines);
    let golden = std::fs::read_to_string(path(name)).unwrap();
    assert_eq!(golden.lines().map(read::<T>).collect::<Vec<_>>(), written, "{name}");
    golden
}

fn id(seq: usize) -> StreamId {
    StreamId::new(0, Seq(seq as u64))
}

fn job_update(scheduler: &Scheduler, at: usize) -> Update {
    let query = Query::Job { job: JobId::new(2) };
    let View::Job(job) = scheduler.view(scheduler.now(), &query).unwrap() else {
        panic!()
    };
    Update::Job { id: id(at), job }
}

/// A follower's day.
fn updates() -> Vec<Update> {
    let records = story::records();
    let busy = story::busy(&records);
    let at_busy = replay(&records[..busy]).unwrap();
    let since = (busy as u64..).map(Seq).zip(&records[busy..busy + 3]);
    let resync = |reason| Update::Resync { reason };
    vec![
        Update::snapshot(id(busy), &at_busy),
        Update::Records {
            after: id(busy),
            id: id(busy + 3),
            records: since
                .map(|(seq, record)| StreamRecord::new(seq, record.clone()))
                .collect(),
        },
        Update::Heartbeat {
            id: id(busy + 3),
            at: Timestamp::from_millis(90_000_000),
        },
        resync(ResyncReason::Compacted),
        resync(ResyncReason::BeyondEnd),
        resync(ResyncReason::Restored),
        resync(ResyncReason::TooSlow),
        job_update(&at_busy, busy),
    ]
}

#[test]
fn updates_are_written_and_read_as_ever() {
    let golden = assert_lines("updates.jsonl", &updates());
    let kinds: BTreeSet<String> = golden
        .lines()
        .map(|line| {
            let Value::Object(update) = read::<Value>(line)["update"].take() else {
                panic!()
            };
            update.keys().next().unwrap().clone()
        })
        .collect();
    let all = ["heartbeat", "job", "records", "resync", "snapshot"].map(str::to_owned);
    assert_eq!(kinds, BTreeSet::from(all));
}

#[test]
fn a_follower_follows_them_as_ever() {
    let golden = std::fs::read_to_string(path("updates.jsonl")).unwrap();
    let mut follower = Follower::new();
    for line in golden.lines().take(3) {
        follower.apply(&read(line)).unwrap();
    }
    let records = story::records();
    let at = story::busy(&records) + 3;
    assert_eq!(follower.position(), Some(id(at)));
    let owner = replay(&records[..at]).unwrap();
    for query in queries() {
        let views = [follower.scheduler().unwrap(), &owner].map(|scheduler| scheduler.view(owner.now(), &query));
        assert_eq!(views[0], views[1]);
    }
}

/// Each question, and each way to narrow it down.
fn queries() -> Vec<Query> {
    let (job, host) = (JobId::new(2), "web1".parse().unwrap());
    let limit = PageLimit::new(1);
    vec![
        Query::Namespace,
        Query::Jobs(JobsQuery::new()),
        Query::Jobs(
            JobsQuery::new()
                .statuses([JobStatus::Blocked])
                .user("ann")
                .after(JobId::new(1))
                .limit(limit),
        ),
        Query::Job { job },
        Query::Hosts(HostsQuery::of(job)),
        Query::Hosts(
            HostsQuery::of(job)
                .states([TaskState::Waiting, TaskState::Failed])
                .among("web[1-9]".parse().unwrap())
                .limit(limit),
        ),
        Query::Host { host },
        Query::Attempts(AttemptsQuery::new()),
        Query::Attempts(AttemptsQuery::new().of(job).limit(limit)),
        Query::Slots(SlotsQuery::new()),
        Query::Slots(SlotsQuery::new().of("web1".parse().unwrap()).after(0).limit(limit)),
        Query::Holds(HoldsQuery::new()),
        Query::Holds(HoldsQuery::new().of("ann".parse().unwrap()).limit(limit)),
        Query::Explain {
            job,
            host: "web1".parse().unwrap(),
        },
    ]
}

#[test]
fn queries_are_written_and_read_as_ever() {
    assert_lines("queries.jsonl", &queries());
    let after = StreamRequest::new().after(id(7)).job(JobId::new(2));
    let text = r#"{"after":"0-7","job":2}"#;
    assert_eq!(serde_json::to_string(&after).unwrap(), text);
    assert_eq!(read::<StreamRequest>(text), after);
    assert_eq!(read::<StreamRequest>("{}"), StreamRequest::new());
}

#[test]
fn answers_are_written_and_read_as_ever() {
    let records = story::records();
    let moments = [
        story::busy(&records),
        story::before_asking(&records),
        story::holding(&records),
    ];
    let mut answers = vec![];
    for upto in moments {
        let scheduler = replay(&records[..upto]).unwrap();
        let now = scheduler.now();
        let known = queries()
            .into_iter()
            .filter_map(|query| scheduler.view(now, &query).ok());
        answers.extend(known.map(|view| QueryAnswer::new(id(upto), view)));
    }
    answers[0].not_durable_since = Some(Timestamp::from_millis(90_000_000));
    let golden = assert_lines("answers.jsonl", &answers);
    let kinds: BTreeSet<String> = golden
        .lines()
        .map(|line| read::<Value>(line)["view"]["view"].as_str().unwrap().to_owned())
        .collect();
    let asked: BTreeSet<String> = queries()
        .iter()
        .map(|query| {
            serde_json::to_value(query).unwrap()["query"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(kinds, asked, "each question is answered");
}
