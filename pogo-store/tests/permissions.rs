//! Whom a store is for, and what nobody else may put into it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "all of it is tests"
)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::Barrier;
use std::thread;

use futures::executor::block_on;
use pogo_core::Timestamp;
use pogo_core::journal::{Acquire, Journal, JournalError, Nonce, OwnedJournal, Owner, OwnerId};
use pogo_store::{Store, StoreError};

fn acquire(store: &Store) -> Result<Box<dyn OwnedJournal>, JournalError> {
    let owner = Owner::new(OwnerId("tests".into()), Nonce(1), Timestamp::EPOCH);
    let journal = store.namespace("default").unwrap().journal();
    block_on(journal.acquire(owner, Acquire::IfFree))
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn an_empty_path_is_refused_with_words() {
    for opened in [Store::open(""), Store::open_existing("")] {
        let refused = opened.unwrap_err();
        assert!(matches!(refused, StoreError::NoPath), "{refused:?}");
        assert!(refused.to_string().contains("name a directory"), "{refused}");
    }
}

#[test]
fn a_store_that_others_may_write_to_is_refused_with_the_command_that_closes_it() {
    let temporary = tempfile::tempdir().unwrap();
    let dir = temporary.path().join("store");
    Store::open(&dir).unwrap();
    for mode in [0o770, 0o702, 0o777, 0o1777] {
        set_mode(&dir, mode);
        for opened in [Store::open(&dir), Store::open_existing(&dir)] {
            let refused = opened.unwrap_err();
            assert!(matches!(refused, StoreError::Writable { .. }), "{refused:?}");
            let cure = format!("chmod 700 {}", dir.display());
            assert!(refused.to_string().ends_with(&cure), "{refused}");
        }
    }
    // What the words say helps.
    set_mode(&dir, 0o700);
    Store::open(&dir).unwrap();
}

#[test]
fn a_directory_of_a_store_that_others_may_write_to_has_no_owner() {
    let temporary = tempfile::tempdir().unwrap();
    let dir = temporary.path().join("store");
    let store = Store::open(&dir).unwrap();
    drop(acquire(&store).unwrap());
    for inner in [
        "ns",
        "ns/default",
        "ns/default/journal",
        "ns/default/content",
        "ns/default/jobs",
    ] {
        let inner = dir.join(inner);
        set_mode(&inner, 0o770);
        let refused = acquire(&store).map(drop).unwrap_err().to_string();
        assert!(refused.contains(&format!("chmod 700 {}", inner.display())), "{refused}");
        set_mode(&inner, 0o700);
        drop(acquire(&store).unwrap());
    }
}

#[test]
fn a_directory_of_another_user_is_refused() {
    // Only root can have both.
    let root = Path::new("/root");
    let somebody_else = if fs::metadata("/proc/self").unwrap().uid() == 0 {
        let temporary = tempfile::tempdir().unwrap();
        let dir = temporary.path().join("store");
        Store::open(&dir).unwrap();
        std::os::unix::fs::chown(&dir, Some(4_711), None).unwrap();
        (Some(temporary), dir)
    } else {
        (None, root.to_owned())
    };
    let refused = Store::open(&somebody_else.1).unwrap_err();
    assert!(matches!(refused, StoreError::OtherUser { .. }), "{refused:?}");
    assert!(refused.to_string().contains("run it as that user"), "{refused}");
}

#[test]
fn no_file_of_a_store_is_opened_through_a_link() {
    let temporary = tempfile::tempdir().unwrap();
    let (dir, victim) = (temporary.path().join("store"), temporary.path().join("victim"));
    let store = Store::open(&dir).unwrap();
    drop(acquire(&store).unwrap());
    fs::write(&victim, "as it was").unwrap();
    let namespace = dir.join("ns/default");
    for name in ["lock", "owner", "reserve"] {
        let file = namespace.join(name);
        let aside = temporary.path().join(name);
        fs::rename(&file, &aside).unwrap();
        symlink(&victim, &file).unwrap();
        match acquire(&store) {
            // It was replaced, and not written through.
            Ok(owned) => drop(owned),
            Err(error) => assert!(
                error.to_string().contains("nothing in a store is a symbolic link"),
                "{error}"
            ),
        }
        assert_eq!(fs::read_to_string(&victim).unwrap(), "as it was", "{name}");
        fs::rename(&aside, &file).unwrap();
    }
    // A directory neither.
    let elsewhere = temporary.path().join("elsewhere");
    fs::rename(namespace.join("jobs"), &elsewhere).unwrap();
    symlink(&elsewhere, namespace.join("jobs")).unwrap();
    let refused = acquire(&store).map(drop).unwrap_err().to_string();
    assert!(
        refused.contains("is a symbolic link, which only the store itself may be"),
        "{refused}"
    );
}

#[test]
fn a_store_may_be_a_link_to_where_there_is_room() {
    let temporary = tempfile::tempdir().unwrap();
    let (dir, link) = (temporary.path().join("store"), temporary.path().join("link"));
    Store::open(&dir).unwrap();
    symlink(&dir, &link).unwrap();
    drop(acquire(&Store::open(&link).unwrap()).unwrap());
    set_mode(&dir, 0o777);
    assert!(matches!(Store::open(&link), Err(StoreError::Writable { .. })));
}

#[test]
fn any_number_of_processes_create_a_store_at_once() {
    // Each opening is as in a process of its own: nothing is shared but the directory.
    for _ in 0..50 {
        let temporary = tempfile::tempdir().unwrap();
        let dir = temporary.path().join("store");
        let barrier = Barrier::new(8);
        thread::scope(|scope| {
            let open = || {
                barrier.wait();
                Store::open(&dir).map(|_| ())
            };
            let opening: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
            for opened in opening {
                opened.join().unwrap().unwrap();
            }
        });
        let names: Vec<_> = fs::read_dir(&dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["format"]);
    }
}
