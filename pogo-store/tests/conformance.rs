//! The store keeps the contracts of journals and of output.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "all of it is tests")]

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::future::{BoxFuture, FutureExt};
use pogo_core::journal::{Acquire, Journal, JournalError, Nonce, OwnedJournal, Owner, OwnerId};
use pogo_core::output::{OutputError, OutputFrame, OutputPage, OutputSource, OutputStore, Stream};
use pogo_core::scheduler::{AttemptId, JobId};
use pogo_core::testing::conformance::{self, JournalFixture, OutputFixture};
use pogo_core::{Digest, Timestamp};
use pogo_store::{Store, StoreError, StoreOutput};

fn journal(dir: &Path) -> Arc<dyn Journal> {
    let store = Store::open(dir).expect("a store");
    store.namespace("default").expect("a namespace").journal()
}

/// Copies a store as a program does, where nobody owns it, and file by file otherwise. What comes of it puts the copy
/// in its place.
async fn back_up(live: PathBuf, backup: PathBuf) -> BoxFuture<'static, ()> {
    run("rm", &[Path::new("-rf"), &backup]);
    let store = Store::open(&live).expect("a store");
    match store.copy(&backup, Timestamp::EPOCH).await {
        Err(StoreError::Journal(JournalError::Held { .. })) => copy(&live, &backup),
        copied => drop(copied.expect("a copy")),
    }
    async move { copy(&backup, &live) }.boxed()
}

fn run(program: &str, arguments: &[&Path]) {
    let ended = Command::new(program).args(arguments).status();
    assert!(ended.expect("a program of every system").success());
}

/// Copies a directory in place of another.
fn copy(from: &Path, to: &Path) {
    run("rm", &[Path::new("-rf"), to]);
    run("cp", &[Path::new("-a"), from, to]);
}

#[test]
fn the_journal_keeps_its_contract() {
    let dir = tempfile::tempdir().unwrap();
    let mut stores = (0..).map(|number| dir.path().join(format!("store-{number}")));
    let fixture = async || {
        let store = stores.next().unwrap();
        let (again, live, backup) = (store.clone(), store.clone(), store.with_extension("backup"));
        JournalFixture::new(journal(&store))
            .reopened(move || {
                let again = journal(&again);
                std::future::ready(again as Arc<dyn Journal>)
            })
            .restorable(move || back_up(live.clone(), backup.clone()))
    };
    let report = futures::executor::block_on(conformance::journal(fixture));
    report.assert_passed();
    report.assert_skipped(&[
        // A directory is never taken over from an owner that lives.
        "a_former_owner_appends_nothing",
        "a_former_owner_confirms_no_restore",
        "a_former_owner_puts_no_content",
        "a_former_owner_stores_no_snapshot",
        "ownership_that_is_gone_is_told",
    ]);
}

/// The output of a namespace, by its owner.
struct Writing {
    output: Arc<StoreOutput>,
    _owned: Mutex<Box<dyn OwnedJournal>>,
}

#[async_trait]
impl OutputStore for Writing {
    async fn append(&self, frames: &[OutputFrame]) -> Result<(), OutputError> {
        self.output.append(frames).await
    }

    async fn seal(&self, source: &OutputSource, length: u64) -> Result<Digest, OutputError> {
        self.output.seal(source, length).await
    }

    async fn read(
        &self,
        attempt: (JobId, AttemptId),
        stream: Stream,
        range: Range<u64>,
    ) -> Result<OutputPage, OutputError> {
        self.output.read(attempt, stream, range).await
    }
}

async fn output(dir: PathBuf) -> Arc<dyn OutputStore> {
    let store = Store::open(dir).expect("a store");
    let owner = Owner::new(OwnerId("tests".into()), Nonce(1), Timestamp::EPOCH);
    let namespace = store.namespace("default").expect("a namespace");
    let acquired = namespace.journal().acquire(owner, Acquire::IfFree).await;
    Arc::new(Writing {
        output: namespace.output(),
        _owned: Mutex::new(acquired.expect("a journal that nobody owns")),
    })
}

#[test]
fn the_store_of_output_keeps_its_contract() {
    let dir = tempfile::tempdir().unwrap();
    let mut stores = (0..).map(|number| dir.path().join(format!("store-{number}")));
    let fixture = async || {
        let store = stores.next().unwrap();
        OutputFixture::new(output(store.clone()).await)
            .keeps(StoreOutput::PER_ATTEMPT)
            .reopened(move || output(store.clone()))
    };
    let report = futures::executor::block_on(conformance::output(fixture));
    report.assert_passed();
    report.assert_skipped(&[]);
}
