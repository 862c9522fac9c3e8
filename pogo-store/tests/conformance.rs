//! The store keeps the contracts of journals and of output.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "all of it is tests")]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use futures::future::FutureExt;
use pogo_core::journal::Journal;
use pogo_core::output::OutputStore;
use pogo_core::testing::conformance::{self, JournalFixture, OutputFixture};
use pogo_store::{Store, StoreOutput};

fn journal(dir: &Path) -> Arc<dyn Journal> {
    let store = Store::open(dir).expect("a store");
    store.namespace("default").expect("a namespace").journal()
}

/// Copies a directory in place of another.
fn copy(from: &Path, to: &Path) {
    let run = |program, arguments: &[&Path]| {
        let ended = Command::new(program).args(arguments).status();
        assert!(ended.expect("a program of every system").success());
    };
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
            .restorable(move || {
                copy(&live, &backup);
                let (live, backup) = (live.clone(), backup.clone());
                std::future::ready(async move { copy(&backup, &live) }.boxed())
            })
    };
    let report = futures::executor::block_on(conformance::journal(fixture));
    report.assert_passed();
    report.assert_skipped(&[
        // A directory is never taken over from an owner that lives.
        "a_former_owner_appends_nothing",
        "a_former_owner_puts_no_content",
        "a_former_owner_stores_no_snapshot",
        "ownership_that_is_gone_is_told",
    ]);
}

fn output(dir: &Path) -> Arc<dyn OutputStore> {
    let store = Store::open(dir).expect("a store");
    store.namespace("default").expect("a namespace").output()
}

#[test]
fn the_store_of_output_keeps_its_contract() {
    let dir = tempfile::tempdir().unwrap();
    let mut stores = (0..).map(|number| dir.path().join(format!("store-{number}")));
    let fixture = async || {
        let store = stores.next().unwrap();
        OutputFixture::new(output(&store))
            .keeps(StoreOutput::PER_ATTEMPT)
            .reopened(move || std::future::ready(output(&store)))
    };
    let report = futures::executor::block_on(conformance::output(fixture));
    report.assert_passed();
    report.assert_skipped(&[]);
}
