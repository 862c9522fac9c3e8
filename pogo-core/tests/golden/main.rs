//! The stored form of records, commits and snapshots: files that every version must go on reading, and that this
//! version writes to the letter.
//!
//! `POGO_BLESS=1` writes them anew. That is for additions; a change of what is there breaks journals in the field.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that cannot go on has failed, and its files are its own"
)]

mod named;
mod permitted;
mod story;
mod streams;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pogo_core::journal::{Commit, Seq, Snapshot, replay};
use pogo_core::scheduler::{FailureKind, Record, Scheduler, TaskEventKind};
use serde::de::DeserializeOwned;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn blesses() -> bool {
    std::env::var_os("POGO_BLESS").is_some()
}

/// Holds what is written today against the file, line by line. The order of keys is no part of the format.
fn assert_golden(name: &str, written: &str) {
    if blesses() {
        std::fs::write(path(name), written).unwrap();
    }
    let golden = std::fs::read_to_string(path(name)).unwrap();
    let values = |text: &str| -> Vec<serde_json::Value> {
        let values = serde_json::Deserializer::from_str(text).into_iter();
        values.collect::<Result<_, _>>().unwrap()
    };
    let (golden, written) = (values(&golden), values(written));
    for (at, (golden, written)) in golden.iter().zip(&written).enumerate() {
        assert_eq!(written, golden, "{name}, value {}", at + 1);
    }
    assert_eq!(written.len(), golden.len(), "{name}");
}

fn read<T: DeserializeOwned>(line: &str) -> T {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"))
}

fn stored_records() -> Vec<Record> {
    let golden = std::fs::read_to_string(path("records.jsonl")).unwrap();
    golden.lines().map(read).collect()
}

#[test]
fn records_are_written_and_read_as_ever() {
    let records = story::records();
    let lines: String = records
        .iter()
        .map(|record| serde_json::to_string(record).unwrap() + "\n")
        .collect();
    assert_golden("records.jsonl", &lines);
    assert_eq!(stored_records(), records);
}

#[test]
fn every_kind_of_event_is_among_them() {
    let kinds: BTreeSet<String> = stored_records()
        .iter()
        .map(|record| {
            serde_json::to_value(record).unwrap()["event"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    // The table has a row for each.
    let table = include_str!("../../src/scheduler/event/stored.rs");
    let rows = table.split("\nstored! {\n").nth(1).unwrap().lines();
    let names = rows.filter_map(|line| Some(line.strip_prefix("    ")?.split_once(" = ")?.0));
    let all: BTreeSet<String> = names.filter(|name| !name.starts_with(' ')).map(snake).collect();
    assert!(all.len() > 20);
    assert_eq!(kinds, all);
}

/// The first event of each kind in words. The wording may change; `POGO_BLESS=1` writes it anew.
#[test]
fn each_kind_of_event_prints_as_a_sentence() {
    let mut kinds = BTreeSet::new();
    let mut sentences = String::new();
    for record in stored_records() {
        let value = serde_json::to_value(&record).unwrap();
        let kind = value["event"].as_str().unwrap().to_owned();
        if kinds.insert(kind.clone()) {
            sentences.push_str(&format!("{kind}: {}\n", record.event));
        }
    }
    if blesses() {
        std::fs::write(path("sentences.txt"), &sentences).unwrap();
    }
    let golden = std::fs::read_to_string(path("sentences.txt")).unwrap();
    assert_eq!(sentences, golden);
    // Nothing is printed as Rust has it.
    for written in ["{ ", "Some(", "None", "\""] {
        assert!(!sentences.contains(written), "{sentences}");
    }
}

fn snake(name: &str) -> String {
    let mut text = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

#[test]
fn a_commit_is_written_and_read_as_ever() {
    let commit = Commit::new(Seq(1), story::records()[1..3].to_vec());
    let line = serde_json::to_string(&commit).unwrap();
    assert_golden("commit.json", &(line + "\n"));
    let golden = std::fs::read_to_string(path("commit.json")).unwrap();
    assert_eq!(read::<Commit>(&golden), commit);
    // Commits had a number of their own before their position and records distinguished them.
    let today = before_leave_after(&golden);
    let golden = std::fs::read_to_string(path("listed_hosts/commit.json")).unwrap();
    assert_eq!(read::<Commit>(&golden), read::<Commit>(&today));
}

/// What was written before jobs waited for hosts that leave the fleet. Read today, such jobs wait for none.
fn before_leave_after(text: &str) -> String {
    assert!(text.contains(r#""leave_after":300000,"#));
    text.replace(r#""leave_after":300000,"#, "")
}

#[test]
fn snapshots_are_written_and_read_as_ever() {
    let records = story::records();
    for (name, upto) in [
        ("snapshot-busy.json", story::busy(&records)),
        ("snapshot-end.json", story::before_asking(&records)),
        ("snapshot-asking.json", story::before_retiring(&records)),
        ("snapshot-retired.json", story::before_holding(&records)),
        ("snapshot-holding.json", story::before_fencing(&records)),
        ("snapshot-fencing.json", story::before_restoring(&records)),
        ("snapshot-restored.json", story::before_naming_restores(&records)),
        ("snapshot-restored-by-name.json", story::before_causes(&records)),
        ("snapshot-causes.json", story::before_first_contacts(&records)),
    ] {
        let scheduler = replay(&records[..upto]).unwrap();
        let text = serde_json::to_string_pretty(&scheduler.snapshot()).unwrap();
        assert_golden(name, &(text + "\n"));
        let golden = std::fs::read_to_string(path(name)).unwrap();
        let restored = Scheduler::restore(&read::<Snapshot>(&golden)).unwrap();
        assert!(restored.same_state(&scheduler), "{name}");
    }
}

/// What a later version writes, and this one does not know.
#[test]
fn a_failure_of_an_unknown_cause_is_read_without_one() {
    let golden = std::fs::read_to_string(path("records.jsonl")).unwrap();
    let known = golden.lines().find(|line| line.contains("unknown_host_key")).unwrap();
    for other in [r#""of_a_later_version""#, r#"{"deep":[1]}"#, "null"] {
        let later = known.replace(r#""unknown_host_key""#, other);
        assert_ne!(later, known);
        let record: Record = read(&later);
        let Some(TaskEventKind::Failed { failure, .. }) = record.event.task_kind() else {
            panic!("{record:?}");
        };
        assert_eq!(failure.cause, None, "{other}");
        assert_eq!(failure.kind, FailureKind::HostKey);
    }
}

/// What the first version wrote, before jobs were stored with their defaults and causes were recorded.
#[test]
fn files_of_the_first_version_are_read_as_ever() {
    let golden = std::fs::read_to_string(path("former/records.jsonl")).unwrap();
    let records: Vec<Record> = golden.lines().map(read).collect();
    let scheduler = replay(&records).unwrap();
    assert!(scheduler.jobs().all(|job| job.settings().slow_after.is_none()));
    let upto = [
        ("former/snapshot-busy.json", story::busy(&records)),
        ("former/snapshot-end.json", records.len()),
    ];
    for (name, upto) in upto {
        let replayed = replay(&records[..upto]).unwrap();
        let golden = std::fs::read_to_string(path(name)).unwrap();
        let restored = Scheduler::restore(&read::<Snapshot>(&golden)).unwrap();
        // What else it does not say: which jobs had left a host failed before the last that did.
        let known = |scheduler: &Scheduler| {
            let jobs = scheduler.jobs();
            jobs.map(|job| (job.id(), job.status(), job.tally(), job.settings().attempt_timeout))
                .collect::<Vec<_>>()
        };
        assert_eq!(known(&restored), known(&replayed), "{name}");
    }
}

/// What was written before every setting could change: jobs without those of their waves, counts alone, no hooks in
/// snapshots.
#[test]
fn files_of_before_all_settings_could_change_are_read_as_ever() {
    let golden = std::fs::read_to_string(path("scattered_settings/records.jsonl")).unwrap();
    let before: Vec<Record> = golden.lines().map(read).collect();
    // What has become possible since stands at the end.
    let today = before_leave_after(&std::fs::read_to_string(path("records.jsonl")).unwrap());
    let today: Vec<Record> = today.lines().take(before.len()).map(read).collect();
    let known = |scheduler: &Scheduler| {
        let jobs = scheduler.jobs();
        jobs.map(|job| (job.id(), job.status(), job.tally(), job.settings().clone()))
            .collect::<Vec<_>>()
    };
    for (name, upto) in [
        ("scattered_settings/snapshot-busy.json", story::busy(&today)),
        ("scattered_settings/snapshot-end.json", today.len()),
    ] {
        let wanted = known(&replay(&today[..upto]).unwrap());
        assert_eq!(known(&replay(&before[..upto]).unwrap()), wanted, "{name}");
        let golden = std::fs::read_to_string(path(name)).unwrap();
        let restored = Scheduler::restore(&read::<Snapshot>(&golden)).unwrap();
        assert_eq!(known(&restored), wanted, "{name}");
    }
}

/// What was written while lists of hosts were stored name by name.
#[test]
fn files_of_before_hosts_were_stored_as_ranges_are_read_as_ever() {
    let golden = std::fs::read_to_string(path("listed_hosts/records.jsonl")).unwrap();
    let before: Vec<Record> = golden.lines().map(read).collect();
    assert!(golden.contains(r#""hosts":["cache01.example.com","cache02.example.com","web1","web2""#));
    let today = std::fs::read_to_string(path("records.jsonl")).unwrap();
    assert!(today.contains(r#""hosts":["cache[01-02].example.com","web[1-7]"]"#));
    let today: Vec<Record> = before_leave_after(&today).lines().map(read).collect();
    // Who gave an order was said by freezes alone.
    let unsigned = |record: &Record| Record::new(record.at, record.event.clone().by(None));
    let today: Vec<Record> = today.iter().map(unsigned).collect();
    assert_eq!(before, today[..before.len()]);
    let scheduler = replay(&before).unwrap();
    assert!(scheduler.jobs().all(|job| job.settings().leave_after.is_zero()));
    let commits = ["listed_hosts/commit.json", "commit.json"].map(|name| std::fs::read_to_string(path(name)).unwrap());
    let today = before_leave_after(&commits[1]);
    assert_eq!(read::<Commit>(&commits[0]), read::<Commit>(&today));
}

#[test]
fn what_is_newer_is_refused_by_name() {
    let golden = std::fs::read_to_string(path("snapshot-end.json")).unwrap();
    let newer = golden.replace("\"version\": 1", "\"version\": 2");
    let refused = Scheduler::restore(&read::<Snapshot>(&newer)).unwrap_err();
    let said = "the snapshot is of version 2, and this library reads up to 1; use the newer one";
    assert_eq!(refused.to_string(), said);
}
