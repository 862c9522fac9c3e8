//! What a stream says, and what a follower does about it.

use pogo_core::Timestamp;
use pogo_core::journal::Seq;
use pogo_core::plan::{ExecOptions, Stdin};
use pogo_core::scheduler::{JobId, Query, QueryError, View};
use pogo_core::stream::{
    FollowError, Follower, QueryAnswer, ResyncReason, STREAM_VERSION, StreamId, StreamRecord, Update,
};

use crate::story::{Story, at_most, on, web};

fn id(seq: usize) -> StreamId {
    StreamId::new(0, Seq(seq as u64))
}

/// All records from one position up to another.
fn records(story: &Story, from: usize, to: usize) -> Update {
    let records = (from as u64..).map(Seq).zip(&story.drill.records()[from..to]);
    Update::Records {
        after: id(from),
        id: id(to),
        records: records
            .map(|(seq, record)| StreamRecord::new(seq, record.clone()))
            .collect(),
    }
}

fn end(story: &Story) -> usize {
    story.drill.records().len()
}

fn snapshot(story: &Story) -> Update {
    Update::snapshot(id(end(story)), story.drill.scheduler())
}

/// Somebody who follows from before the first job on.
fn followed() -> (Story, Follower, usize) {
    let mut story = Story::new(web("a,b,c"), at_most("2"));
    let (mut follower, began) = (Follower::new(), end(&story));
    follower.apply(&snapshot(&story)).unwrap();
    story.submit(on("a,b,c"));
    (story, follower, began)
}

#[test]
fn a_follower_that_knows_nothing_needs_a_snapshot() {
    let (story, _, began) = followed();
    let mut follower = Follower::new();
    assert_eq!(follower.position(), None);
    let refused = follower.view(Timestamp::EPOCH, &Query::Namespace).unwrap_err();
    assert_eq!(refused, QueryError::NoSnapshot);
    let refused = follower.apply(&records(&story, began, end(&story))).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the update goes on after 0-1, and the last one was no snapshot; ask for the stream again from there"
    );
}

#[test]
fn a_follower_stands_where_the_last_update_left_it() {
    let (story, mut follower, began) = followed();
    assert_eq!(follower.position(), Some(id(began)));
    follower.apply(&records(&story, began, began + 2)).unwrap();
    assert_eq!(follower.position(), Some(id(began + 2)));
    follower.apply(&records(&story, began + 2, end(&story))).unwrap();
    let answer = follower
        .view(Timestamp::EPOCH, &Query::Job { job: JobId::new(1) })
        .unwrap();
    let View::Job(job) = answer.view else { panic!() };
    assert_eq!((job.summary.tally.running, answer.as_of), (2, id(end(&story))));
}

#[test]
fn what_is_missing_is_noticed_by_the_next_update_and_by_a_heartbeat() {
    let (story, mut follower, began) = followed();
    let (after, at) = (id(began + 1), Some(id(began)));
    let gap = FollowError::Gap { at, after };
    assert_eq!(
        follower.apply(&records(&story, began + 1, end(&story))),
        Err(gap.clone())
    );
    let heartbeat = Update::Heartbeat {
        id: after,
        at: Timestamp::EPOCH,
    };
    assert_eq!(follower.apply(&heartbeat), Err(gap));
    // It goes on from where it stands.
    assert_eq!(follower.position(), at);
    follower.apply(&records(&story, began, end(&story))).unwrap();
}

#[test]
fn after_a_resync_a_snapshot_comes_and_nothing_else_helps() {
    let (story, mut follower, began) = followed();
    let reason = ResyncReason::Compacted;
    follower.apply(&Update::Resync { reason }).unwrap();
    assert_eq!(follower.position(), None);
    // What was known can still be asked for, as of then.
    let answer = follower.view(Timestamp::EPOCH, &Query::Namespace).unwrap();
    assert_eq!(answer.as_of, id(began));
    assert!(follower.apply(&records(&story, began, end(&story))).is_err());
    follower.apply(&snapshot(&story)).unwrap();
    assert_eq!(follower.position(), Some(id(end(&story))));
}

#[test]
fn a_stream_of_one_job_is_not_enough_to_follow_a_namespace() {
    let (story, mut follower, began) = followed();
    let Update::Records { after, id, mut records } = records(&story, began, end(&story)) else {
        panic!()
    };
    let left_out = records.remove(1);
    assert!(left_out.record.event.job().is_some());
    let update = Update::Records { after, id, records };
    assert_eq!(follower.apply(&update), Err(FollowError::OneJob));
    assert_eq!(follower.position(), None);
}

#[test]
fn a_record_that_does_not_follow_asks_for_a_snapshot() {
    let (story, mut follower, began) = followed();
    let twice = story.drill.records()[began].clone();
    let update = Update::Records {
        after: id(began),
        id: id(began + 2),
        records: vec![
            StreamRecord::new(Seq(began as u64), twice.clone()),
            StreamRecord::new(Seq(began as u64 + 1), twice),
        ],
    };
    assert!(matches!(follower.apply(&update), Err(FollowError::Apply { at, .. }) if at.0 == began as u64 + 1));
    assert_eq!(follower.position(), None);
    let answer = follower.view(Timestamp::EPOCH, &Query::Namespace).unwrap();
    assert_eq!(answer.as_of, id(began + 1), "the record before it was one of it");
    follower.apply(&snapshot(&story)).unwrap();
    assert_eq!(follower.position(), Some(id(end(&story))));
}

#[test]
fn what_commands_read_and_the_values_of_their_environment_are_not_streamed() {
    let secret = "correct-horse-battery";
    let mut story = Story::new(web("a,b"), at_most("1"));
    let before = end(&story);
    let mut follower = Follower::new();
    follower.apply(&snapshot(&story)).unwrap();
    let mut job = on("a,b");
    let stdin = Stdin::Text(secret.to_owned());
    job.exec_options = ExecOptions::new().env("OPEN", secret).stdin(stdin);
    story.submit(job);
    story.fails("a");
    for update in [records(&story, before, end(&story)), snapshot(&story)] {
        let written = serde_json::to_string(&update).unwrap();
        assert!(written.contains("OPEN"), "{written}");
        assert!(!written.contains(secret), "{written}");
        assert!(!format!("{update:?}").contains(secret));
        follower.apply(&update).unwrap();
    }
}

#[test]
fn what_is_newer_is_refused_and_what_is_added_is_skipped() {
    let heartbeat = r#"{"version":1,"update":{"heartbeat":{"id":"0-3","at":5,"load":0.5}},"sent":7}"#;
    let update: Update = serde_json::from_str(heartbeat).unwrap();
    assert_eq!(update.id(), Some(id(3)));
    let answer = r#"{"version":1,"as_of":"0-3","view":{"view":"holds","entries":[],"more":1},"sent":7}"#;
    let read: QueryAnswer = serde_json::from_str(answer).unwrap();
    assert_eq!(read.as_of, id(3));

    assert_eq!(STREAM_VERSION, 1);
    let refused = "the stream is of version 2, and this library reads up to 1; use the newer one";
    let newer = |text: &str| text.replace(r#""version":1"#, r#""version":2"#);
    let error = serde_json::from_str::<Update>(&newer(heartbeat)).unwrap_err();
    assert!(error.to_string().starts_with(refused), "{error}");
    let error = serde_json::from_str::<QueryAnswer>(&newer(answer)).unwrap_err();
    assert!(error.to_string().starts_with(refused), "{error}");
}

#[test]
fn a_position_is_two_numbers() {
    for text in [
        "",
        "5",
        "0-",
        "-5",
        "0-5-1",
        "a-5",
        "0-+5",
        "0--5",
        "0-18446744073709551616",
        "4294967296-0",
    ] {
        let refused = text.parse::<StreamId>().unwrap_err().to_string();
        assert!(
            refused.starts_with(&format!("`{text}` is no position in a stream")),
            "{refused}"
        );
    }
    assert_eq!(
        "4294967295-18446744073709551615".parse::<StreamId>().unwrap().seq(),
        Seq(u64::MAX)
    );
}
