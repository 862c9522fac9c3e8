//! What is kept of jobs that the journal has forgotten.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::executor::block_on;
use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::history::{JobEventsQuery, JobHistory};
use pogo_core::journal::Seq;
use pogo_core::scheduler::{JobId, Record};

use super::scenario::{Acknowledged, acquire, commit, journal, open, play, records, state};
use super::simulated_disk::SimulatedDisk;
use crate::checked_line::{checked, object, push_line};
use crate::disk::Disk;
use crate::{Retention, Store};

fn events(store: &Store, job: u64) -> Vec<Record> {
    let namespace = store.namespace("default").unwrap();
    block_on(namespace.job_events(JobId::new(job))).unwrap()
}

fn happened(end: usize) -> Vec<Record> {
    let of_job = records()[..end].iter().filter(|record| record.event.job().is_some());
    of_job.cloned().collect()
}

#[test]
fn a_job_has_all_its_events_after_the_journal_has_dropped_them() {
    let disk = SimulatedDisk::default();
    play(&disk, &mut Acknowledged::default()).unwrap();
    let store = open(&disk).unwrap();
    let file = Path::new("/store/ns/default/jobs/1/events.jsonl.zst");
    let lines = zstd::decode_all(&disk.read_all(file).unwrap()[..]).unwrap();
    assert!(lines.split(|byte| *byte == b'\n').count() > 20);
    assert_eq!(events(&store, 1), happened(records().len()));
    assert_eq!(events(&store, 2), []);
}

#[test]
fn events_that_were_kept_twice_are_there_once() {
    let disk = SimulatedDisk::default();
    let store = open(&disk).unwrap();
    let mut owned = acquire(&journal(&store)).unwrap();
    for (at, record) in records().iter().enumerate() {
        block_on(owned.append(&commit(at, std::slice::from_ref(record)))).unwrap();
    }
    block_on(owned.snapshot(Seq(20), state(20))).unwrap();
    let before = disk.copy();
    block_on(owned.snapshot(Seq(30), state(30))).unwrap();
    // As if the power had failed after the events were kept, and before the segments were removed.
    for (path, bytes) in before.files() {
        if path.starts_with("/store/ns/default/journal") {
            disk.put(&path, &bytes);
        }
    }
    assert_eq!(events(&store, 1), happened(records().len()));
    block_on(owned.snapshot(Seq(40), state(40))).unwrap();
    assert_eq!(events(&store, 1), happened(records().len()));
    no_line_is_there_twice(&disk);
}

/// All of them, a part after another.
fn in_parts(store: &Store, query: JobEventsQuery) -> Vec<Record> {
    let namespace: &dyn JobHistory = &store.namespace("default").unwrap();
    let (mut query, mut events) = (query, vec![]);
    loop {
        let part = block_on(namespace.job_events(&query)).unwrap();
        assert!(part.records.len() <= query.limit);
        events.extend(part.records.into_iter().map(|(_, record)| record));
        match part.next {
            Some(next) => query = query.after(next),
            None => return events,
        }
    }
}

#[test]
fn events_are_read_in_parts_of_any_size_wherever_they_are() {
    let disk = SimulatedDisk::default();
    let (store, owned) = filled(&disk);
    let whole = happened(records().len());
    let hosts: BTreeSet<&HostName> = whole.iter().filter_map(|record| record.event.host()).collect();
    assert!(hosts.len() > 1);
    // In the journal alone, then partly in the file of the job, then nearly all of them there.
    for upto in [20, 30, 40] {
        block_on(owned.snapshot(Seq(upto), state(upto as usize))).unwrap();
        for limit in [1, 2, 7, whole.len(), usize::MAX] {
            let query = JobEventsQuery::of(JobId::new(1)).limit(limit);
            assert_eq!(in_parts(&store, query.clone()), whole, "{limit} at once");
            for host in &hosts {
                let of_host = whole.iter().filter(|record| record.event.host() == Some(host));
                let of_host: Vec<Record> = of_host.cloned().collect();
                assert_eq!(
                    in_parts(&store, query.clone().on((*host).clone())),
                    of_host,
                    "{limit} at once"
                );
            }
        }
    }
    assert_eq!(in_parts(&store, JobEventsQuery::of(JobId::new(2))), []);
}

const EVENTS: &str = "/store/ns/default/jobs/1/events.jsonl.zst";

/// The lines of the job's file.
fn lines(disk: &SimulatedDisk) -> Vec<String> {
    let lines = zstd::decode_all(&disk.read_all(Path::new(EVENTS)).unwrap()[..]).unwrap();
    String::from_utf8(lines).unwrap().lines().map(str::to_owned).collect()
}

fn no_line_is_there_twice(disk: &SimulatedDisk) {
    let lines = lines(disk);
    let distinct: BTreeSet<&String> = lines.iter().collect();
    assert_eq!(distinct.len(), lines.len());
}

/// A store with a record in each commit, and a snapshot behind which nothing is removed yet.
fn filled(disk: &SimulatedDisk) -> (Store, Box<dyn pogo_core::journal::OwnedJournal>) {
    let store = open(disk).unwrap();
    let mut owned = acquire(&journal(&store)).unwrap();
    for (at, record) in records().iter().enumerate() {
        block_on(owned.append(&commit(at, std::slice::from_ref(record)))).unwrap();
    }
    block_on(owned.snapshot(Seq(20), state(20))).unwrap();
    (store, owned)
}

#[test]
fn a_compaction_that_fails_anywhere_keeps_every_event_once() {
    let disk = SimulatedDisk::default();
    let (_, owned) = filled(&disk);
    let before = disk.changes();
    block_on(owned.snapshot(Seq(30), state(30))).unwrap();
    let changes = disk.changes() - before;
    assert!(changes > 10, "{changes} changes");
    for failing in 1..=changes {
        let disk = SimulatedDisk::default();
        let (store, owned) = filled(&disk);
        disk.fail_at(disk.changes() + failing, io::ErrorKind::Other);
        // The snapshot itself may be what fails.
        let _ = block_on(owned.snapshot(Seq(30), state(30)));
        block_on(owned.snapshot(Seq(35), state(35))).unwrap();
        block_on(owned.snapshot(Seq(40), state(40))).unwrap();
        assert!(
            events(&store, 1) == happened(records().len()),
            "change {failing} of {changes}"
        );
        no_line_is_there_twice(&disk);
        assert_eq!(
            block_on(store.namespace("default").unwrap().check()).unwrap(),
            [],
            "change {failing}"
        );
    }
}

/// The segments, oldest first.
fn segments(disk: &SimulatedDisk) -> Vec<(PathBuf, Vec<u8>)> {
    let files = disk.files().into_iter();
    files
        .filter(|(path, _)| path.starts_with("/store/ns/default/journal"))
        .collect()
}

#[test]
fn records_of_a_newer_version_are_kept_before_their_segment_is_removed() {
    let disk = SimulatedDisk::default();
    let (store, owned) = filled(&disk);
    // As a newer version writes: whole, and of a kind that this one does not know.
    let (path, segment) = segments(&disk).remove(1);
    let mut unknown = vec![];
    for line in segment.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let text = String::from_utf8(object(checked(line).unwrap())).unwrap();
        push_line(
            &mut unknown,
            text.replace("\"event\":\"task_", "\"event\":\"tusk_").as_bytes(),
        );
    }
    assert!(unknown.len() == segment.len() && unknown != segment);
    disk.put(&path, &unknown);
    block_on(owned.snapshot(Seq(30), state(30))).unwrap();
    assert!(!disk.exists(&path).unwrap(), "the segment is still there");
    let kept = lines(&disk);
    let unknown = kept.iter().filter(|line| line.contains("\"tusk_")).count();
    assert!(unknown > 0);
    let first = segments(&disk)[0]
        .0
        .file_stem()
        .unwrap()
        .to_str()
        .unwrap()
        .parse::<usize>()
        .unwrap();
    assert_eq!(kept.len(), happened(first).len());
    // They are no damage, and are not passed over in silence.
    let refused = block_on(store.namespace("default").unwrap().job_events(JobId::new(1))).unwrap_err();
    assert!(
        refused.to_string().contains("is of a newer version of pogo"),
        "{refused}"
    );
    let damage = block_on(store.namespace("default").unwrap().check()).unwrap();
    assert_eq!(damage.len(), 1, "{damage:?}");
    assert_eq!(damage[0].cure, "use the version of pogo that wrote it, or a newer one");
}

#[test]
fn a_damaged_segment_is_set_aside_and_not_removed() {
    let disk = SimulatedDisk::default();
    let (store, owned) = filled(&disk);
    let (path, mut segment) = segments(&disk).remove(0);
    // In the second line.
    let at = segment.iter().position(|byte| *byte == b'\n').unwrap() + 300;
    segment[at] ^= 1;
    disk.put(&path, &segment);
    block_on(owned.snapshot(Seq(30), state(30))).unwrap();
    let aside = PathBuf::from(format!("{}.damaged", path.display()));
    assert!(!disk.exists(&path).unwrap());
    assert!(disk.read_all(&aside).unwrap() == segment);
    // All others are kept, those behind the damage too.
    let all = happened(records().len());
    assert_eq!(events(&store, 1).len(), all.len() - 1);
    let damage = block_on(store.namespace("default").unwrap().check()).unwrap();
    assert_eq!(damage.iter().map(|it| &it.file).collect::<Vec<_>>(), [&aside]);
    // The journal goes on without it.
    block_on(owned.snapshot(Seq(40), state(40))).unwrap();
    drop(owned);
    drop(acquire(&journal(&store)).unwrap());
}

#[test]
fn events_whose_file_is_damaged_are_set_aside_and_what_comes_is_kept() {
    let disk = SimulatedDisk::default();
    let (store, owned) = filled(&disk);
    block_on(owned.snapshot(Seq(30), state(30))).unwrap();
    let mut bytes = disk.read_all(Path::new(EVENTS)).unwrap();
    bytes[40] ^= 1;
    disk.put(Path::new(EVENTS), &bytes);
    block_on(owned.snapshot(Seq(35), state(35))).unwrap();
    block_on(owned.snapshot(Seq(40), state(40))).unwrap();
    assert!(disk.read_all(Path::new(&format!("{EVENTS}.damaged"))).unwrap() == bytes);
    let namespace = store.namespace("default").unwrap();
    let refused = block_on(namespace.job_events(JobId::new(1))).unwrap_err().to_string();
    assert!(refused.contains("events.jsonl.zst.damaged was damaged"), "{refused}");
    let damage = block_on(namespace.check()).unwrap();
    assert_eq!(damage.len(), 1, "{damage:?}");
    // The cure helps: older events are gone, and nothing else.
    disk.remove(&damage[0].file).unwrap();
    assert_eq!(block_on(namespace.check()).unwrap(), []);
    let left = events(&store, 1);
    assert!(!left.is_empty() && happened(records().len()).ends_with(&left));
}

#[test]
fn events_are_removed_when_they_are_older_than_is_to_be_kept() {
    let disk = SimulatedDisk::default();
    play(&disk, &mut Acknowledged::default()).unwrap();
    let store = open(&disk).unwrap();
    let namespace = store.namespace("default").unwrap();
    let keep = Retention::new().events(Duration::from_secs(1_000));
    let prune = |seconds: u64| block_on(namespace.prune(Timestamp::from_millis(seconds * 1_000), keep)).unwrap();
    prune(1_000);
    assert_eq!(events(&store, 1).len(), happened(records().len()).len());
    // The simulated disk counts changes of a file as seconds.
    prune(1_100);
    let left = events(&store, 1);
    assert!(
        !left.is_empty() && left.len() < 20,
        "the journal has {} of them",
        left.len()
    );
    assert!(
        disk.files()
            .iter()
            .all(|(path, _)| !path.starts_with("/store/ns/default/jobs"))
    );
}
