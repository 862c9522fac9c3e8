//! Snapshots that do not add up are refused.

use pogo_core::scheduler::{Record, Scheduler, Snapshot, TaskEventKind};
use serde_json::{Value, json};

use crate::story::{Story, at_most, on, web};

/// `a` failed, `b` runs and `c` waits.
fn busy() -> Value {
    let mut story = Story::new(web("a,b,c"), at_most("2"));
    story.submit(on("*").max_parallel("1".parse().unwrap()));
    story.fails("a");
    stored(&story)
}

fn finished() -> Value {
    let mut story = Story::new(web("a,b"), at_most("2"));
    story.submit(on("*"));
    story.ends("a");
    story.ends("b");
    stored(&story)
}

fn stored(story: &Story) -> Value {
    serde_json::to_value(story.drill.scheduler().snapshot()).unwrap()
}

/// Why it is refused, if it is, once this part of it is something else.
fn refusal(mut snapshot: Value, part: &str, value: Value) -> Option<String> {
    *snapshot.pointer_mut(part).unwrap_or_else(|| panic!("{part}")) = value;
    let snapshot: Snapshot = serde_json::from_value(snapshot).unwrap();
    match Scheduler::restore(&snapshot) {
        Ok(restored) => {
            assert_eq!(restored.verify(), Ok(()));
            None
        }
        Err(error) => Some(error.to_string()),
    }
}

#[test]
fn a_snapshot_as_it_was_taken_is_restored() {
    assert_eq!(refusal(busy(), "/version", json!(1)), None);
    assert_eq!(refusal(finished(), "/version", json!(1)), None);
}

#[test]
fn hosts_and_tasks_match() {
    let tasks = |count: u32| json!([{"hosts": count, "state": "succeeded", "tries": 1}]);
    assert!(refusal(finished(), "/jobs/0/tasks", tasks(1)).is_some());
    assert!(refusal(finished(), "/jobs/0/tasks", tasks(3)).is_some());
    assert!(refusal(finished(), "/jobs/0/hosts", json!(["a", "a"])).is_some());
    assert!(refusal(finished(), "/jobs/0/hosts", json!(["a"])).is_some());
    let mut empty = finished();
    empty["jobs"][0]["tasks"] = json!([]);
    assert!(refusal(empty, "/jobs/0/hosts", json!([])).is_some());
}

#[test]
fn attempts_have_numbers_that_were_given_and_leave_room_for_more() {
    assert_eq!(refusal(busy(), "/attempts", json!(u64::MAX / 2)), None);
    assert!(refusal(busy(), "/attempts", json!(u64::MAX / 2 + 1)).is_some());
    assert!(refusal(busy(), "/running/0/attempt", json!(0)).is_some());
    assert!(refusal(busy(), "/running/0/attempt", json!(3)).is_some());
    assert_eq!(refusal(busy(), "/running/0/attempt", json!(1)), None);
}

#[test]
fn a_host_and_a_number_have_one_attempt() {
    let twice = |change: fn(&mut Value)| {
        let mut snapshot = busy();
        let mut more = snapshot["running"][0].clone();
        change(&mut more);
        snapshot["running"].as_array_mut().unwrap().push(more);
        // As many run as there are attempts.
        snapshot["jobs"][0]["tasks"] = json!([{"hosts": 3, "state": "running", "tries": 1}]);
        let mut third = snapshot["running"][0].clone();
        (third["host"], third["attempt"]) = (json!("a"), json!(7));
        snapshot["running"].as_array_mut().unwrap().push(third);
        snapshot["jobs"][0].as_object_mut().unwrap().remove("failures");
        snapshot["jobs"][0].as_object_mut().unwrap().remove("attempts");
        snapshot.as_object_mut().unwrap().remove("stuck");
        refusal(snapshot, "/attempts", json!(9))
    };
    let other = |more: &mut Value| (more["host"], more["attempt"]) = (json!("c"), json!(3));
    assert_eq!(twice(other), None);
    assert!(twice(|more| more["attempt"] = json!(3)).is_some(), "one host");
    assert!(twice(|more| more["host"] = json!("c")).is_some(), "one number");
}

#[test]
fn what_runs_has_attempts_and_what_is_over_does_not_run() {
    assert!(refusal(busy(), "/running", json!([])).is_some());
    assert!(refusal(busy(), "/jobs/0/status", json!("finished")).is_some());
    assert!(refusal(busy(), "/jobs/0/status", json!("halted")).is_some());
    assert_eq!(refusal(busy(), "/jobs/0/status", json!("halting")), None);
    let waits = json!([{"hosts": 1, "state": "succeeded", "tries": 1}, {"hosts": 1, "state": "waiting"}]);
    assert!(refusal(finished(), "/jobs/0/tasks", waits.clone()).is_some());
    let mut halted = finished();
    halted["jobs"][0]["tasks"] = waits;
    assert!(
        refusal(halted.clone(), "/jobs/0/status", json!("halted")).is_some(),
        "two attempts of one task"
    );
    halted["jobs"][0].as_object_mut().unwrap().remove("attempts");
    assert_eq!(refusal(halted, "/jobs/0/status", json!("halted")), None);
}

#[test]
fn a_job_that_is_over_need_not_fit_the_policy() {
    let stage = |host: &str| json!({"selector": host});
    let sequences = json!([
        {"name": "up", "stages": [stage("a"), stage("b")]},
        {"name": "down", "stages": [stage("b"), stage("a")]},
    ]);
    let with = |mut snapshot: Value| {
        snapshot["policy"]["sequences"] = sequences.clone();
        refusal(snapshot, "/version", json!(1))
    };
    assert_eq!(with(finished()), None);
    assert!(with(busy()).unwrap().contains("wait for each other"));
}

#[test]
fn a_job_of_which_the_last_one_runs_is_not_over() {
    let mut story = Story::new(web("a,b"), at_most("2"));
    story.submit(on("*"));
    story.ends("a");
    assert!(refusal(stored(&story), "/jobs/0/status", json!("finished")).is_some());
}

#[test]
fn a_journal_of_hosts_that_failed_by_how_much_they_wrote_is_read() {
    let stored =
        r#"{"at":5,"event":"task_failed","job":1,"host":"web1","attempt":17,"kind":"output_limit","message":"4 MiB"}"#;
    let record: Record = serde_json::from_str(stored).unwrap();
    let Some(TaskEventKind::Failed { failure, .. }) = record.event.task_kind() else {
        panic!("{record:?}")
    };
    assert_eq!(failure.to_string(), "refused: 4 MiB");
    let written = serde_json::to_string(&record).unwrap();
    assert_eq!(serde_json::from_str::<Record>(&written).unwrap(), record);
}
