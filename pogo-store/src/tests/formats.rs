//! Stores of other versions.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use futures::executor::block_on;
use pogo_core::journal::{Epoch, Journal, JournalError, Seq};
use pogo_core::output::{OutputStore, Stream};

use pogo_core::scheduler::JobId;

use super::outputs::{frame, output, read, source};
use super::scenario::{SMALL, acquire, commit, journal, open, play_in, read_from, records, writing};
use super::simulated_disk::SimulatedDisk;
use crate::checked_line::push_line;
use crate::disk::LocalDisk;
use crate::owner::Machine;
use crate::{JobFilter, Store, StoreError};

/// A store of version 1, as it was written when that version was new. Its files change no more.
const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/version-1");

fn store_in(dir: &Path) -> Store {
    // Any machine may own it, as none is named.
    Store::on(Arc::new(LocalDisk), dir, SMALL, Machine::default())
}

/// Copies the golden store, which is never written to.
fn golden() -> (tempfile::TempDir, PathBuf) {
    let temporary = tempfile::tempdir().unwrap();
    let dir = temporary.path().join("store");
    let copied = Command::new("cp").args(["-r", GOLDEN]).arg(&dir).status();
    assert!(copied.unwrap().success());
    // Whatever a checkout made of it.
    let closed = Command::new("chmod").args(["-R", "go-w"]).arg(&dir).status();
    assert!(closed.unwrap().success());
    (temporary, dir)
}

#[test]
fn a_store_of_version_1_is_read_and_goes_on() {
    let (_temporary, dir) = golden();
    let store = store_in(&dir);
    store.create().unwrap();
    assert_eq!(store.namespaces().unwrap(), ["default"]);
    let journal = journal(&store);
    let (upto, snapshot) = block_on(journal.latest_snapshot()).unwrap().unwrap();
    let first = read_from(&journal, Seq(0)).unwrap_err();
    assert_eq!((first, upto), (JournalError::Compacted { first: Seq(28) }, Seq(40)));
    let rest = read_from(&journal, upto).unwrap();
    assert_eq!(rest.len(), 3);
    let mut owned = acquire(&journal).unwrap();
    assert_eq!((owned.epoch(), owned.end()), (Epoch(3), Seq(43)));
    let events = block_on(store.namespace("default").unwrap().job_events(JobId::new(1))).unwrap();
    assert_eq!(events.len(), 42);
    // That version had no list of jobs.
    let jobs = block_on(store.namespace("default").unwrap().jobs(JobFilter::new())).unwrap();
    assert_eq!(jobs.entries.len(), 1);
    assert_eq!(
        (jobs.entries[0].submitted.count, &*jobs.entries[0].submitted.hosts),
        (20, "web[1-20]")
    );
    let output = output(&store);
    let (_, length, digest) = read(&output, 1, 1).unwrap();
    assert_eq!(length, 50_000);
    assert_eq!(block_on(output.seal(&source(1, 1), 50_000)), Ok(digest));
    block_on(output.append(&[frame(1, 2, Stream::Stderr, 100, 100)])).unwrap();
    assert_eq!(read(&output, 1, 2).unwrap().0, 200);
    // The snapshot and the records fit together.
    let mut scheduler = pogo_core::scheduler::Scheduler::restore(&snapshot).unwrap();
    for record in &rest {
        scheduler.apply(record).unwrap();
    }
    block_on(owned.append(&commit(43, &rest[..1]))).unwrap();
    assert_eq!(read_from(&journal, upto).unwrap().len(), 4);
}

/// Writes the golden store of this version. Those of former versions stay as they are.
#[test]
#[ignore = "the files of a version are written once"]
fn write_the_golden_store() {
    let store = store_in(Path::new(GOLDEN));
    store.create().unwrap();
    play_in(store.clone(), &mut Default::default(), |_| {}).unwrap();
    let output = writing(&store).unwrap();
    let frames = [
        frame(1, 1, Stream::Stdout, 0, 50_000),
        frame(1, 2, Stream::Stderr, 0, 100),
    ];
    block_on(output.append(&frames)).unwrap();
    block_on(output.seal(&source(1, 1), 50_000)).unwrap();
}

#[test]
fn the_form_of_a_record_is_for_ever() {
    let disk = SimulatedDisk::default();
    let mut owned = acquire(&journal(&open(&disk).unwrap())).unwrap();
    let text = r#"{"at":17,"event":"host_marked_down","host":"web1","reason":"disk"}"#;
    let record: pogo_core::scheduler::Record = serde_json::from_str(text).unwrap();
    block_on(owned.append(&commit(0, &[record.clone(), record]))).unwrap();
    let files = disk.files();
    let (_, segment) = files
        .iter()
        .find(|(path, _)| path.ends_with("00000000000000000000.jsonl"))
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(segment),
        r#"{"crc":"565dfc7c","journal":{"seq":0,"epoch":1,"version":1,"of":2,"bytes":259},"at":17,"event":"host_marked_down","host":"web1","reason":"disk"}
{"crc":"a8bc9427","journal":{"seq":1,"epoch":1},"at":17,"event":"host_marked_down","host":"web1","reason":"disk"}
"#
    );
}

#[test]
fn people_and_tools_read_the_lines_of_a_journal() {
    let disk = SimulatedDisk::default();
    let mut owned = acquire(&journal(&open(&disk).unwrap())).unwrap();
    block_on(owned.append(&commit(0, &records()[..3]))).unwrap();
    let files = disk.files();
    let (_, segment) = files
        .iter()
        .find(|(path, _)| path.ends_with("00000000000000000000.jsonl"))
        .unwrap();
    // As whatever reads logs of events does.
    let lines = std::str::from_utf8(segment).unwrap().lines();
    let read: Vec<pogo_core::scheduler::Record> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read, records()[..3]);
}

#[test]
fn a_newer_store_is_refused_with_both_versions_and_left_alone() {
    let disk = SimulatedDisk::default();
    open(&disk).unwrap();
    let mut line = vec![];
    push_line(&mut line, br#"{"version":2,"compression":"brotli"}"#);
    disk.put(Path::new("/store/format"), &line);
    let before = disk.changes();
    let refused = open(&disk).unwrap_err();
    assert!(matches!(
        refused,
        StoreError::Newer {
            version: 2,
            known: 1,
            ..
        }
    ));
    assert_eq!(
        refused.to_string(),
        "the store in /store is of version 2, and this program knows version 1; use the version of pogo that wrote it, \
         or a newer one"
    );
    assert_eq!(disk.changes(), before);
}

#[test]
fn a_record_of_a_newer_version_is_refused_and_is_no_damage() {
    let disk = SimulatedDisk::default();
    let journal = journal(&open(&disk).unwrap());
    let mut owned = acquire(&journal).unwrap();
    block_on(owned.append(&commit(0, &records()[..1]))).unwrap();
    drop(owned);
    let (path, segment) = disk
        .files()
        .into_iter()
        .find(|(path, _)| path.starts_with("/store/ns/default/journal"))
        .unwrap();
    let fields = crate::checked_line::checked(segment.strip_suffix(b"\n").unwrap()).unwrap();
    let text = String::from_utf8(crate::checked_line::object(fields)).unwrap();
    let mut line = vec![];
    push_line(&mut line, text.replace("\"version\":1", "\"version\":2").as_bytes());
    disk.put(&path, &line);
    let refused = acquire(&journal).map(|_| ()).unwrap_err();
    let message = format!(
        "the record is of version 2 in {}; use the version of pogo that wrote it, or a newer one",
        path.display()
    );
    assert_eq!(refused, JournalError::Unavailable { message });
}

#[test]
fn a_directory_of_something_else_is_refused_and_left_alone() {
    let disk = SimulatedDisk::default();
    crate::disk::Disk::create_dir(&disk, Path::new("/store")).unwrap();
    disk.put(Path::new("/store/thesis.tex"), b"important");
    let before = disk.changes();
    let refused = open(&disk).unwrap_err();
    assert!(matches!(refused, StoreError::NotAStore { .. }), "{refused}");
    assert_eq!(disk.changes(), before);
}
