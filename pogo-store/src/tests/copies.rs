//! Copies of stores.

use std::io;
use std::path::Path;
use std::sync::Arc;

use futures::executor::block_on;
use pogo_core::Timestamp;
use pogo_core::journal::{Epoch, JournalError};

use super::hooked_disk::HookedDisk;
use super::outputs::{read, source};
use super::scenario::{Acknowledged, DIR, SMALL, acquire, journal, machine, open, open_on, play, verify_in, writing};
use super::simulated_disk::SimulatedDisk;
use crate::copy::read_mark;
use crate::disk::{Disk, replace_file};
use crate::output::BLOCK;
use crate::{Store, StoreError};

const COPY: &str = "/elsewhere/copy";
const NOW: Timestamp = Timestamp::from_millis(1_764_356_460_021);

/// A store with everything in it, and what was acknowledged.
fn used() -> (SimulatedDisk, Acknowledged) {
    use pogo_core::output::{OutputStore, Stream};
    let disk = SimulatedDisk::default();
    let mut done = Acknowledged::default();
    play(&disk, &mut done).unwrap();
    let output = writing(&open(&disk).unwrap()).unwrap();
    block_on(output.append(&[super::outputs::frame(1, 1, Stream::Stdout, 0, 9_000)])).unwrap();
    block_on(output.seal(&source(1, 1), 9_000)).unwrap();
    done.content.clear();
    drop(output);
    (disk, done)
}

/// The copy, on another machine.
fn copy(disk: &SimulatedDisk) -> Store {
    Store::on(Arc::new(disk.clone()), Path::new(COPY), SMALL, machine("two"))
}

#[test]
fn a_copy_has_everything_and_says_that_it_is_one() {
    let (disk, done) = used();
    let store = open(&disk).unwrap();
    let before = disk.files();
    let copied = block_on(store.copy(COPY, NOW)).unwrap();
    assert_eq!(copied.namespaces, ["default"]);
    assert!(copied.files > 8 && copied.bytes > 2 * BLOCK as u64, "{copied:?}");
    let untouched: Vec<_> = disk
        .files()
        .into_iter()
        .filter(|(path, _)| !path.starts_with(COPY))
        .collect();
    assert!(untouched == before);
    // Everything of it is durable.
    let disk = disk.after_crash(super::disk_state::Survives::Nothing);
    let copy = copy(&disk);
    copy.check_existing().unwrap();
    let namespace = copy.namespace("default").unwrap();
    assert_eq!(block_on(namespace.check()).unwrap(), []);
    let said = |store: &Store| read(&store.namespace("default").unwrap().output(), 1, 1).unwrap();
    assert_eq!(said(&copy), said(&store));
    let mark = block_on(namespace.copied()).unwrap().unwrap();
    assert_eq!((&*mark.from, mark.at, mark.epoch), ("/store", NOW, Epoch(3)));
    assert_eq!(block_on(store.namespace("default").unwrap().copied()).unwrap(), None);
    // Its owner comes after all that the store has had, on whatever machine.
    let owned = acquire(&journal(&copy)).unwrap();
    assert_eq!((owned.epoch(), owned.previous_owner()), (Epoch(4), None));
    drop(owned);
    verify_in(&copy, &done).unwrap();
}

#[test]
fn a_namespace_has_a_name_of_its_own_and_its_copy_the_same() {
    let (disk, _) = used();
    let store = open(&disk).unwrap();
    let name = |store: &Store, name: &str| block_on(store.namespace(name).unwrap().unique_name()).unwrap();
    let first = name(&store, "default");
    assert!(
        first.starts_with("default-") && first.len() == "default-".len() + 16,
        "{first}"
    );
    assert_eq!(name(&store, "default"), first);
    let other = name(&store, "other");
    assert_ne!(first.trim_start_matches("default"), other.trim_start_matches("other"));
    block_on(store.copy(COPY, NOW)).unwrap();
    assert_eq!(name(&copy(&disk), "default"), first);
    // It is durable before anybody knows it.
    let disk = disk.after_crash(super::disk_state::Survives::Nothing);
    assert_eq!(name(&open(&disk).unwrap(), "default"), first);
}

#[test]
fn what_is_of_a_process_is_not_copied() {
    let (disk, _) = used();
    let store = open(&disk).unwrap();
    for file in ["socket", "dispatcher.log"] {
        let path = Path::new(DIR).join("ns/default").join(file);
        disk.open(&path).unwrap();
    }
    block_on(store.copy(COPY, NOW)).unwrap();
    let copied = disk.files();
    assert!(
        !copied
            .iter()
            .any(|(path, _)| path.starts_with(COPY) && path.ends_with("socket"))
    );
    assert!(
        !copied
            .iter()
            .any(|(path, _)| path.starts_with(COPY) && path.ends_with("dispatcher.log"))
    );
}

#[test]
fn the_form_of_a_mark_is_for_ever() {
    let (disk, _) = used();
    block_on(open(&disk).unwrap().copy(COPY, NOW)).unwrap();
    let path = Path::new(COPY).join("ns/default/copied");
    let mark = String::from_utf8(disk.read_all(&path).unwrap()).unwrap();
    let (_, fields) = mark.split_once(',').unwrap();
    let id = fields
        .strip_prefix("\"from\":\"/store\",\"at\":1764356460021,\"epoch\":3,\"id\":\"")
        .unwrap();
    let id = id.strip_suffix("\"}\n").unwrap();
    assert!(
        id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{mark}"
    );
    // Copies of before copies had an id.
    let former = "{\"crc\":\"c29ea8f6\",\"from\":\"/store\",\"at\":1764356460021,\"epoch\":3}\n";
    replace_file(&disk, &path, former.as_bytes()).unwrap();
    let read = read_mark(&disk, path.parent().unwrap()).unwrap().unwrap();
    assert_eq!((read.epoch, read.id), (Epoch(3), None));
}

#[test]
fn nothing_is_copied_while_somebody_owns_a_namespace() {
    let (disk, _) = used();
    let (store, other) = (open(&disk).unwrap(), open(&disk).unwrap());
    for owning in [&store, &other] {
        let owned = acquire(&journal(owning)).unwrap();
        let held = block_on(store.copy(COPY, NOW)).unwrap_err();
        assert!(matches!(held, StoreError::Journal(JournalError::Held { .. })), "{held}");
        drop(owned);
    }
    assert!(matches!(copy(&disk).check_existing(), Err(StoreError::Missing { .. })));
}

#[test]
fn a_copy_takes_an_empty_directory_elsewhere() {
    let (disk, _) = used();
    let store = open(&disk).unwrap();
    let within = block_on(store.copy("/store/ns/copy", NOW)).unwrap_err();
    assert!(matches!(within, StoreError::WithinItself { .. }), "{within}");
    assert!(matches!(block_on(store.copy("", NOW)), Err(StoreError::NoPath)));
    block_on(store.copy(COPY, NOW)).unwrap();
    let again = block_on(store.copy(COPY, NOW)).unwrap_err();
    assert!(matches!(again, StoreError::NotEmpty { .. }), "{again}");
}

#[test]
fn a_copy_that_is_not_what_was_copied_is_found_and_is_no_store() {
    let hooked = HookedDisk::over(used().0);
    hooked.damage_writes_below(Path::new(COPY));
    let store = open_on(Arc::new(hooked.clone()), Path::new(DIR)).unwrap();
    let found = block_on(store.copy(COPY, NOW)).unwrap_err();
    assert!(found.to_string().contains("it is not what was copied"), "{found}");
    assert!(matches!(
        copy(&hooked.disk).check_existing(),
        Err(StoreError::Missing { .. })
    ));
}

#[test]
fn a_copy_that_fails_anywhere_is_no_store() {
    let (disk, _) = used();
    let before = disk.changes();
    block_on(open(&disk).unwrap().copy(COPY, NOW)).unwrap();
    let changes = disk.changes() - before;
    for failing in 1..=changes {
        let (disk, _) = used();
        disk.fail_at(disk.changes() + failing, io::ErrorKind::Other);
        let copied = block_on(open(&disk).unwrap().copy(COPY, NOW));
        let opened = copy(&disk).check_existing();
        // The last of them makes durable what is there.
        assert!(
            copied.is_err() && (opened.is_err() || failing + 1 >= changes),
            "change {failing} of {changes}"
        );
        assert_eq!(
            block_on(open(&disk).unwrap().namespace("default").unwrap().check()).unwrap(),
            []
        );
    }
}
