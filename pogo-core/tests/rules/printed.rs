//! What people print: each type says itself in words, so that no program needs words of its own.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use pogo_core::Digest;
use pogo_core::dispatcher::{JournalStatus, Notice};
use pogo_core::fleet::{Fleet, HostName};
use pogo_core::journal::{Acquire, ClockSkew, JournalError, Nonce, Owner, Seq};
use pogo_core::output::{OutputSource, Stream};
use pogo_core::plan::{HostOrder, JobSpec, RemoteCommand, RunAs};
use pogo_core::policy::{Constraint, OnDoubt, Policy, Rule, Sequence, WaveGate};
use pogo_core::scheduler::{
    Actor, Answer, AttemptId, CancelReason, DoubtCause, Epoch, Event, Failure, FailureKind, HaltCause, HoldMode,
    HolderReason, HostEventKind, JobEventKind, JobId, JobStatus, NeverBegan, Order, OrderKind, Outcome, OutputSummary,
    OwnerId, Permission, Phase, RestoreCause, TaskEventKind, TaskState,
};
use pogo_core::testing::Drill;
use pogo_core::testing::conformance::{CaseReport, Verdict};

fn printed(values: &[&dyn Display]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

#[test]
fn numbers_print_as_they_are_read() {
    let values: [&dyn Display; 4] = [&JobId::new(3), &AttemptId::new(17), &Epoch(3), &Seq(9)];
    assert_eq!(printed(&values), ["job-3", "a17", "epoch 3", "#9"]);
    for text in ["job-3", "3"] {
        assert_eq!(text.parse(), Ok(JobId::new(3)));
    }
    for text in ["a17", "17"] {
        assert_eq!(text.parse(), Ok(AttemptId::new(17)));
    }
    for text in ["", "job-", "+3", "-3", "a17", "job-job-3", "job-99999999999999999999"] {
        let refused = text.parse::<JobId>().unwrap_err().to_string();
        assert!(
            refused.ends_with("give it as `job-3`, or the digits alone"),
            "{refused}"
        );
    }
    assert!("job-3".parse::<AttemptId>().is_err());
    let web1: HostName = "web1".parse().unwrap();
    assert_eq!(web1.to_string(), "web1");
}

#[test]
fn states_and_phases_print_as_words() {
    let values: [&dyn Display; 5] = [
        &TaskState::InDoubt,
        &JobStatus::Blocked,
        &Phase::PostHook,
        &OrderKind::Promote,
        &OnDoubt::Retry,
    ];
    assert_eq!(
        printed(&values),
        ["in doubt", "blocked", "post-hook", "promote", "retry"]
    );
    let values: [&dyn Display; 4] = [
        &HostOrder::Balanced,
        &HostOrder::Shuffled,
        &WaveGate::Manual,
        &Acquire::Force,
    ];
    assert_eq!(printed(&values), ["balanced", "shuffled", "manual", "by force"]);
}

#[test]
fn rules_and_limits_print_as_in_a_policy() {
    let limit = Constraint::new("$web".parse().unwrap(), Rule::MaxParallel("25%".parse().unwrap()));
    let narrow = limit.clone().within("$colo".parse().unwrap());
    let order = Sequence::new("caches first", ["$cache".parse().unwrap(), "$web".parse().unwrap()]);
    let values: [&dyn Display; 3] = [&limit, &narrow, &order];
    let words = [
        "$web: max_parallel: 25%",
        "$web & $colo: max_parallel: 25%",
        "caches first: $cache, then $web",
    ];
    assert_eq!(printed(&values), words);

    let fleet = Fleet::builder().tagged("web", "web[1-8]").build().unwrap();
    let mut drill = Drill::new(Arc::new(fleet), Arc::new(Policy::new().constraint(limit))).unwrap();
    let spec = JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell("true")).max_failures("25%".parse().unwrap());
    drill.submit(spec).unwrap();
    let bucket = drill.scheduler().buckets().next().unwrap();
    assert_eq!(bucket.bucket().to_string(), "$web: max_parallel: 25% (2 slots)");
    assert_eq!(
        bucket.to_string(),
        "$web: max_parallel: 25% (2 slots), 2 used, 2 running"
    );
    let settings = drill.scheduler().jobs().next().unwrap().settings().clone();
    assert_eq!(settings.max_failures.unwrap().to_string(), "25% (2 hosts)");
}

#[test]
fn outcomes_print_what_was_seen() {
    let values: [&dyn Display; 5] = [
        &Outcome::Succeeded,
        &Outcome::failed(FailureKind::Command { status: 3 }, "no space"),
        &Outcome::in_doubt("the link broke"),
        &Outcome::in_doubt(""),
        &Outcome::never_began(NeverBegan::Cancelled, ""),
    ];
    let words = [
        "succeeded",
        "failed: command exited with 3: no space",
        "in doubt: the link broke",
        "in doubt",
        "never began: it was cancelled before it began",
    ];
    assert_eq!(printed(&values), words);
    let failure = Failure::new(FailureKind::Timeout, "");
    assert_eq!(
        Outcome::Failed(failure.clone()).to_string(),
        format!("failed: {failure}")
    );
}

#[test]
fn causes_and_reasons_print_as_clauses() {
    let job = JobId::new(4);
    let values: [&dyn Display; 10] = [
        &CancelReason::AttemptTimeout,
        &CancelReason::Shutdown,
        &DoubtCause::Restarted,
        &DoubtCause::Restored,
        &RestoreCause::LostTail,
        &HaltCause::MaxFailures,
        &HolderReason::Running { job },
        &HolderReason::Failed { job },
        &HolderReason::InDoubt { job },
        &HolderReason::Down,
    ];
    let words = [
        "its time limit ran out",
        "the dispatcher shuts down",
        "its dispatcher died while it ran",
        "its namespace was restored, and no record says what it did since",
        "its journal has lost its last records",
        "too many of its hosts failed",
        "running in job 4",
        "failed in job 4",
        "in doubt in job 4",
        "down",
    ];
    assert_eq!(printed(&values), words);
    let permissions = [true, false].map(|host_lock| {
        Permission::Given {
            host_lock,
            fences: false,
        }
        .to_string()
    });
    assert_eq!(permissions, ["given under the lock of the host", "given"]);
    assert_eq!(Permission::Awaited.to_string(), "awaited");
}

#[test]
fn events_orders_and_answers_print_as_sentences() {
    let job = JobId::new(3);
    let web: Vec<HostName> = ["web1", "web2"].map(|name| name.parse().unwrap()).to_vec();
    let alice = Some(Arc::new(Actor::new("alice").at_host("laptop")));
    let cause = Some(HaltCause::Order);
    let (reason, abort) = ("the disk is full".to_owned(), false);
    let halting = Event::of_job(job, JobEventKind::Halting { reason, abort, cause });
    let retry = Order::Retry {
        job,
        hosts: web.clone(),
        force: false,
    };
    let values: [&dyn Display; 8] = [
        &halting,
        &halting.clone().by(alice.clone()),
        &halting.job_kind().unwrap(),
        &Event::of_task(job, web[0].clone(), TaskEventKind::Skipped).by(alice),
        &retry,
        &retry.clone().by(Actor::new("bob")).because("fixed"),
        &Answer::Hosts(1),
        &Answer::Wave(1),
    ];
    let words = [
        "job-3 is halting: the disk is full",
        "job-3 is halting by alice@laptop: the disk is full",
        "is halting: the disk is full",
        "web1 of job-3 was skipped by alice@laptop",
        "retry web[1-2] of job-3",
        "retry web[1-2] of job-3, ordered by bob: fixed",
        "1 host",
        "wave 2",
    ];
    assert_eq!(printed(&values), words);
}

#[test]
fn what_people_wrote_stays_on_one_line_of_a_sentence_and_is_seen() {
    let hostile = "\u{1b}[2J\nweb2 succeeded\u{202e}";
    let shown = "\\u{1b}[2J\\nweb2 succeeded\\u{202e}";
    let web1: HostName = "web1".parse().unwrap();
    let events = [
        Event::of_host(
            web1.clone(),
            HostEventKind::MarkedDown {
                reason: hostile.to_owned(),
            },
        ),
        Event::of_task(
            JobId::new(1),
            web1.clone(),
            TaskEventKind::Failed {
                attempt: AttemptId::new(1),
                failure: Failure::new(FailureKind::Timeout, hostile),
                output: None,
            },
        ),
    ];
    for event in events {
        let sentence = event.to_string();
        assert!(sentence.ends_with(shown), "{sentence}");
    }
    let order = Order::MarkDown { host: web1 }.because(hostile).to_string();
    assert_eq!(order, format!("mark down web1: {shown}"));
}

#[test]
fn owners_streams_and_summaries_print_themselves() {
    let owner = Owner::new(OwnerId("ada@deploy1".into()), Nonce(7), pogo_core::Timestamp::EPOCH);
    let away = JournalStatus::Away {
        since: pogo_core::Timestamp::from_millis(1_795_874_520_000),
        message: "no route".to_owned(),
    };
    let digest = Digest::of(b"");
    let summary = OutputSummary::new(70_007, digest);
    let values: [&dyn Display; 5] = [
        &owner,
        &JournalStatus::Ok,
        &away,
        &RunAs::User("nobody".to_owned()),
        &RunAs::Through(vec!["podman".to_owned(), "exec".to_owned(), "web".to_owned()]),
    ];
    let words = [
        "ada@deploy1",
        "available",
        "away since 2026-11-28 14:02 UTC: no route",
        "nobody",
        "through podman exec web",
    ];
    assert_eq!(printed(&values), words);
    assert_eq!(summary.to_string(), format!("70007 bytes, digest {digest}"));
    for stream in Stream::ALL {
        assert_eq!(stream.to_string().parse(), Ok(stream));
        let stored = serde_json::to_string(&stream).unwrap();
        assert_eq!(stored, format!("\"{stream}\""), "as it is stored");
    }
    let refused = "stdin".parse::<Stream>().unwrap_err().to_string();
    assert_eq!(refused, "`stdin` is no stream: give `stdout`, `stderr` or `note`");
}

#[test]
fn cases_of_a_suite_print_their_verdict() {
    let skipped = Verdict::Skipped("it has no shell".to_owned());
    let values: [&dyn Display; 3] = [&Verdict::Passed, &skipped, &CaseReport::new("it_ends", skipped.clone())];
    let words = [
        "passed",
        "skipped: it has no shell",
        "skipped  it_ends: it has no shell",
    ];
    assert_eq!(printed(&values), words);
}

#[test]
fn notices_of_a_dispatcher_print_as_sentences() {
    let error = JournalError::Unavailable {
        message: "no\nroom".to_owned(),
    };
    let source = OutputSource::new(JobId::new(3), "web1".parse().unwrap(), AttemptId::new(17));
    let scheduler = Drill::new(Arc::default(), Arc::default()).unwrap();
    let values: [&dyn Display; 6] = [
        &Notice::Committed {
            records: 2,
            end: Seq(7),
            took: Duration::from_millis(3),
            scheduler: scheduler.scheduler(),
        },
        &Notice::JournalAway { error: &error },
        &Notice::JournalBack {
            after: Duration::from_secs(90),
        },
        &Notice::ClockSkewed {
            skew: ClockSkew(-15_000),
        },
        &Notice::OutputLost {
            source: &source,
            message: "\u{1b}[2J",
        },
        &Notice::Turned {
            inputs: 4,
            took: Duration::from_millis(5),
        },
    ];
    let words = [
        "a commit of 2 events took 3ms".to_owned(),
        format!(
            "the journal cannot be reached: {}",
            error.to_string().replace('\n', "\\n")
        ),
        "the journal can be reached again after 1m 30s".to_owned(),
        "the clock of this machine is 15.0 s behind the clock of the journal's store".to_owned(),
        "output of a17 of job-3 on web1 is lost: \\u{1b}[2J".to_owned(),
        "a batch of 4 inputs took 5ms".to_owned(),
    ];
    assert_eq!(printed(&values), words);
    assert_eq!(HoldMode::Wait.to_string(), "wait");
}
