//! A store that another process owns.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "all of it is tests"
)]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use futures::executor::block_on;
use pogo_core::Timestamp;
use pogo_core::journal::{Acquire, Commit, Journal, JournalError, Nonce, OwnedJournal, Owner, OwnerId, Seq};
use pogo_core::scheduler::{Event, HostEventKind, Record};
use pogo_store::{Store, StoreError, StoreJournal};

/// Where the other process finds the store. Nobody else sets it.
const DIRECTORY: &str = "POGO_STORE_TESTS_OWNED";

fn acquire(journal: &StoreJournal) -> Result<Box<dyn OwnedJournal>, JournalError> {
    let owner = Owner::new(
        OwnerId(format!("process {}", std::process::id()).into()),
        Nonce(u64::from(std::process::id())),
        Timestamp::EPOCH,
    );
    block_on(journal.acquire(owner, Acquire::IfFree))
}

fn record(at: u64) -> Record {
    let reason = format!("it is number {at}");
    let event = Event::of_host("web1".parse().unwrap(), HostEventKind::MarkedDown { reason });
    Record::new(Timestamp::from_millis(at), event)
}

/// The process that owns the store.
struct Owning {
    child: Child,
    answers: Box<dyn Iterator<Item = String>>,
}

impl Owning {
    fn start(dir: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_process_that_owns_the_store", "--ignored", "--nocapture"])
            .env(DIRECTORY, dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let answers = lines.filter_map(|line| Some(line.rsplit_once("end ")?.1.to_owned()));
        let mut owning = Self {
            child,
            answers: Box::new(answers),
        };
        assert_eq!(owning.answers.next().as_deref(), Some("0"));
        owning
    }

    /// Has it append two records.
    fn append(&mut self) -> Seq {
        writeln!(self.child.stdin.as_ref().unwrap(), "append").unwrap();
        Seq(self.answers.next().unwrap().parse().unwrap())
    }
}

impl Drop for Owning {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Appends when it is told to.
#[test]
#[ignore = "it is run by another test"]
fn the_process_that_owns_the_store() {
    let Some(dir) = std::env::var_os(DIRECTORY) else { return };
    let journal = Store::open(dir).unwrap().namespace("default").unwrap().journal();
    let mut owned = acquire(&journal).unwrap();
    println!("end 0");
    for _ in std::io::stdin().lines() {
        let at = owned.end();
        let records = vec![record(at.0), record(at.0 + 1)];
        let end = block_on(owned.append(&Commit::new(at, records))).unwrap();
        println!("end {}", end.0);
    }
}

/// Every file below a directory, with its size.
fn files(dir: &Path) -> Vec<(PathBuf, u64)> {
    let mut files = vec![];
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        }
        let about = path.metadata().unwrap();
        files.push((path, if about.is_dir() { 0 } else { about.len() }));
    }
    files.sort();
    files
}

#[test]
fn a_store_is_read_and_followed_beside_its_owner_and_left_as_it_is() {
    let temporary = tempfile::tempdir().unwrap();
    let dir = temporary.path().join("store");
    let mut owning = Owning::start(&dir);
    owning.append();
    let store = Store::open_existing(&dir).unwrap();
    let journal = store.namespace("default").unwrap().journal();
    let before = files(&dir);
    assert_eq!(block_on(journal.read(Seq(0))).unwrap().records, [record(0), record(1)]);
    assert_eq!(files(&dir), before);
    // Who follows learns of what comes.
    for at in [2, 4, 6] {
        let end = owning.append();
        block_on(journal.changed(Seq(at))).unwrap();
        let page = block_on(journal.read(Seq(at))).unwrap();
        assert_eq!(page.records, [record(at), record(at + 1)]);
        assert_eq!(page.next, end);
    }
}

#[test]
fn a_store_has_one_owner_and_is_free_when_its_process_is_killed() {
    let temporary = tempfile::tempdir().unwrap();
    let dir = temporary.path().join("store");
    let mut owning = Owning::start(&dir);
    let end = owning.append();
    let journal = Store::open(&dir).unwrap().namespace("default").unwrap().journal();
    let name = format!("process {}", owning.child.id());
    let Err(JournalError::Held { owner, .. }) = acquire(&journal) else {
        panic!("a store with an owner was acquired");
    };
    assert_eq!(owner, OwnerId(name.clone().into()));
    drop(owning);
    let owned = acquire(&journal).unwrap();
    assert_eq!((owned.end(), owned.previous_owner()), (end, Some(OwnerId(name.into()))));
}

#[test]
fn every_file_is_for_its_user_alone() {
    let temporary = tempfile::tempdir().unwrap();
    let dir = temporary.path().join("some/where/store");
    let mut owning = Owning::start(&dir);
    owning.append();
    let all = files(&dir);
    assert!(all.len() > 6, "{all:?}");
    for (path, _) in all.into_iter().chain([(dir, 0)]) {
        let about = path.metadata().unwrap();
        let mode = about.permissions().mode() & 0o777;
        let expected = if about.is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, expected, "{} has {mode:o}", path.display());
    }
}

#[test]
fn a_store_that_is_not_there_is_not_created_by_reading() {
    let temporary = tempfile::tempdir().unwrap();
    let dir = temporary.path().join("store");
    let missing = Store::open_existing(&dir).unwrap_err();
    assert!(matches!(missing, StoreError::Missing { .. }));
    assert!(!dir.exists());
    let store = Arc::new(Store::open(&dir).unwrap());
    assert_eq!(store.namespaces().unwrap(), Vec::<String>::new());
    assert!(store.namespace("../elsewhere").is_err());
}
