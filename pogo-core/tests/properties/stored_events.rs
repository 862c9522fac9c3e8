//! Events are stored flat, as they were before they had two levels: to the byte, in both directions.

use std::sync::Arc;

use pogo_core::Timestamp;
use pogo_core::fleet::{Fleet, HostName, Selector};
use pogo_core::plan::{HoldOwner, JobSpec};
use pogo_core::policy::Policy;
use pogo_core::scheduler::{
    Actor, Answer, AttemptId, CancelReason, DoubtCause, Epoch, Failure, FenceAnswer, HaltCause, Incarnation, JobId,
    JobUpdate, LockHolder, NeverBegan, Obstacle, OrderKind, Outcome, OutputSummary, OwnerId, Phase, Record, RequestId,
    RestoreCause, RestoreId, Tally,
};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use crate::scenario::{config, scenarios};

#[derive(Serialize, Deserialize)]
struct FrozenRecord {
    at: Timestamp,
    #[serde(flatten)]
    event: FrozenEvent,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    actor: Option<Actor>,
}

/// A copy of the enum that wrote every log so far. It is never changed but by new events and new fields.
#[derive(Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum FrozenEvent {
    NamespaceConfigured {
        fleet: Arc<Fleet>,
        policy: Arc<Policy>,
    },
    JobSubmitted {
        job: JobId,
        spec: Arc<JobSpec>,
        /// Names once, ranges now.
        hosts: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_of: Option<JobId>,
    },
    TaskStarted {
        job: JobId,
        host: HostName,
        attempt: AttemptId,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        asks_permission: bool,
    },
    TaskPermitted {
        job: JobId,
        host: HostName,
        attempt: AttemptId,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        host_lock: bool,
        #[serde(default, rename = "fence", skip_serializing_if = "std::ops::Not::not")]
        fences: bool,
    },
    TaskFenced {
        job: JobId,
        host: HostName,
        attempt: AttemptId,
        #[serde(flatten)]
        answer: FenceAnswer,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        reopens: bool,
    },
    TaskNeverBegan {
        job: JobId,
        host: HostName,
        attempt: AttemptId,
        reason: NeverBegan,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        message: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        holder: Option<LockHolder>,
        not_before: Timestamp,
    },
    TaskPhaseEntered {
        job: JobId,
        host: HostName,
        attempt: AttemptId,
        phase: Phase,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<OutputSummary>,
    },
    TaskHostKeyRecorded {
        job: JobId,
        host: HostName,
        attempt: AttemptId,
    },
    TaskSucceeded {
        job: JobId,
        host: HostName,
        attempt: AttemptId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<OutputSummary>,
    },
    TaskFailed {
        job: JobId,
        host: HostName,
        attempt: AttemptId,
        #[serde(flatten)]
        failure: Failure,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<OutputSummary>,
    },
    TaskInDoubt {
        job: JobId,
        host: HostName,
        attempt: AttemptId,
        message: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<DoubtCause>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<OutputSummary>,
    },
    TaskSlow {
        job: JobId,
        host: HostName,
        attempt: AttemptId,
        after: u64,
    },
    TaskRetried {
        job: JobId,
        host: HostName,
        not_before: Timestamp,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        ordered: bool,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        after_connect: bool,
    },
    TaskSkipped {
        job: JobId,
        host: HostName,
    },
    TaskCancelled {
        job: JobId,
        host: HostName,
    },
    CancelRequested {
        job: JobId,
        host: HostName,
        attempt: AttemptId,
        reason: CancelReason,
    },
    LateReported {
        attempt: AttemptId,
        #[serde(flatten)]
        outcome: Outcome,
    },
    WaveOpened {
        job: JobId,
        wave: u32,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        ordered: bool,
    },
    FailureBudgetExceeded {
        job: JobId,
        group: String,
        failures: u32,
        allowed: u32,
    },
    JobBlocked {
        job: JobId,
        reasons: Vec<Obstacle>,
    },
    JobWaiting {
        job: JobId,
    },
    JobUnblocked {
        job: JobId,
    },
    JobPaused {
        job: JobId,
    },
    JobResumed {
        job: JobId,
    },
    JobHalting {
        job: JobId,
        reason: String,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        abort: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<HaltCause>,
    },
    JobHalted {
        job: JobId,
    },
    JobAltered {
        job: JobId,
        #[serde(flatten)]
        change: JobUpdate,
    },
    JobFinished {
        job: JobId,
        #[serde(flatten)]
        tally: Tally,
    },
    JobRetired {
        job: JobId,
    },
    HostsFrozen {
        hosts: Selector,
        by: String,
        reason: String,
    },
    HostsThawed {
        hosts: Selector,
        by: String,
        reason: String,
    },
    HostMarkedDown {
        host: HostName,
        reason: String,
    },
    HostFenceForced {
        host: HostName,
        reason: String,
    },
    HostMarkedUp {
        host: HostName,
        reason: String,
    },
    HoldWaiting {
        host: HostName,
        owner: HoldOwner,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
        #[serde(default, skip_serializing_if = "is_zero")]
        priority: i32,
    },
    HostHeld {
        host: HostName,
        owner: HoldOwner,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        waited: bool,
    },
    HostReleased {
        host: HostName,
        owner: HoldOwner,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<HoldOwner>,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    OwnerChanged {
        owner: OwnerId,
        epoch: Epoch,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<OwnerId>,
    },
    NamespaceRestored {
        incarnation: Incarnation,
        cause: RestoreCause,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<RestoreId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<RequestId>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        fence: bool,
    },
    Ordered {
        order: OrderKind,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        job: Option<JobId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<RequestId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        answer: Answer,
    },
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(number: &i32) -> bool {
    *number == 0
}

/// What an earlier version would write of what it reads here.
fn as_before(line: &str) -> String {
    let record: FrozenRecord = serde_json::from_str(line).unwrap();
    serde_json::to_string(&record).unwrap()
}

fn read(line: &str) -> Record {
    serde_json::from_str(line).unwrap()
}

fn write(record: &Record) -> String {
    serde_json::to_string(record).unwrap()
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn every_event_is_written_and_read_as_before_it_had_two_levels(scenario in scenarios(40)) {
        let mut drill = scenario.drill();
        scenario.steps.iter().for_each(|step| _ = drill.play(step));
        for record in drill.records() {
            let line = write(record);
            prop_assert_eq!(&as_before(&line), &line);
            prop_assert_eq!(&read(&line), record);
            // Readers of logs may have put the fields into another order.
            let sorted = serde_json::to_value(record).unwrap().to_string();
            prop_assert_eq!(&read(&sorted), record);
        }
    }
}

#[test]
fn golden_records_of_every_kind_are_read_by_both_and_written_by_both() {
    let golden = include_str!("../golden/records.jsonl");
    for line in golden.lines() {
        assert_eq!(as_before(line), line);
        assert_eq!(write(&read(line)), line);
    }
    for line in include_str!("../golden/former/records.jsonl").lines() {
        assert_eq!(as_before(&write(&read(line))), write(&read(line)));
    }
}

#[test]
fn an_event_of_no_such_name_is_refused_by_it() {
    let refused = serde_json::from_str::<Record>(r#"{"at":5,"event":"task_vanished","job":1,"host":"web1"}"#);
    let said = refused.unwrap_err().to_string();
    assert!(
        said.starts_with("unknown variant `task_vanished`, expected one of `namespace_configured`"),
        "{said}"
    );
}

#[test]
fn an_event_without_a_field_of_its_level_is_refused_by_that() {
    for (line, said) in [
        (
            r#"{"at":5,"event":"task_started","job":1,"attempt":17}"#,
            "missing field `host`",
        ),
        (
            r#"{"at":5,"event":"task_started","job":1,"host":"web1"}"#,
            "missing field `attempt`",
        ),
        (r#"{"at":5,"event":"job_paused"}"#, "missing field `job`"),
        (
            r#"{"at":5,"event":"host_marked_up","reason":"well"}"#,
            "missing field `host`",
        ),
    ] {
        let refused = serde_json::from_str::<Record>(line).unwrap_err().to_string();
        assert!(refused.starts_with(said), "{refused}");
    }
}

#[test]
fn what_is_known_of_output_is_a_field_that_earlier_logs_lack() {
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    for event in [
        r#""event":"task_phase_entered","job":1,"host":"web1","attempt":17,"phase":"settle""#,
        r#""event":"task_succeeded","job":1,"host":"web1","attempt":17"#,
        r#""event":"task_failed","job":1,"host":"web1","attempt":17,"kind":"command","status":3"#,
        r#""event":"task_in_doubt","job":1,"host":"web1","attempt":17,"message":"the link broke","cause":"reported""#,
    ] {
        let before = format!(r#"{{"at":5,{event}}}"#);
        let now = format!(r#"{{"at":5,{event},"output":{{"length":12,"digest":"{digest}"}}}}"#);
        for (line, length) in [(before, None), (now, Some(12))] {
            let record = read(&line);
            let known = record.event.task_kind().unwrap().output();
            assert_eq!(known.map(|output| output.length), length);
            assert_eq!((write(&record), as_before(&line)), (line.clone(), line));
        }
    }
}
