//! What a network does to an owner.

use std::thread;

use futures::executor::block_on;
use futures::future::FutureExt;
use pogo_core::journal::{Acquire, JournalError, Seq};
use pogo_store::zookeeper::ZookeeperAddress;

use crate::ensemble::{Ensemble, path, pause};
use crate::owners::{HASTY, PATIENT, acquire, commit, is_away, journal, made, namespace, owner, read, records};
use crate::proxy::{Fault, Proxy};
use crate::tree::{children, data, delete, dump, load, set_data};

/// A new store: its path, and its address.
fn new_store(ensemble: &Ensemble, session_timeout: f64) -> (String, ZookeeperAddress) {
    let path = path();
    let address = made(ensemble.address(&path, session_timeout));
    (path, address)
}

/// An append whose connection breaks. Its own owner appends it once, whatever became of it.
fn broken(fault: Fault) {
    let Some(ensemble) = Ensemble::shared() else { return };
    let (path, address) = new_store(ensemble, PATIENT);
    let proxy = Proxy::start(ensemble);
    let behind = journal(&proxy.address(&path, PATIENT));
    let mut owned = acquire(&behind, 1, Acquire::IfFree).unwrap();
    assert_eq!(block_on(owned.append(&commit(0..2))), Ok(Seq(2)));
    proxy.next_append(fault);
    assert_eq!(block_on(owned.append(&commit(2..4))), Ok(Seq(4)));
    assert!(!proxy.is_armed(), "nothing befell the append");
    assert_eq!(block_on(owned.append(&commit(4..6))), Ok(Seq(6)));
    assert_eq!(read(&journal(&address)), records());
    assert_eq!(children(ensemble, &format!("/{path}/ns/default/commits")).len(), 3);
    assert_eq!(owned.epoch().0, 1);
}

#[test]
fn an_answer_that_was_lost_is_no_question() {
    broken(Fault::LoseAnswer);
}

#[test]
fn an_append_that_was_lost_is_sent_again() {
    broken(Fault::LoseRequest);
}

#[test]
fn an_append_that_arrives_twice_is_stored_once() {
    broken(Fault::Repeat);
}

#[test]
fn an_append_from_before_a_takeover_that_arrives_after_it_is_refused() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let (path, address) = new_store(ensemble, PATIENT);
    let proxy = Proxy::start(ensemble);
    let behind = journal(&proxy.address(&path, PATIENT));
    let mut former = acquire(&behind, 1, Acquire::IfFree).unwrap();
    assert_eq!(block_on(former.append(&commit(0..2))), Ok(Seq(2)));
    proxy.next_append(Fault::Keep);
    let appending = thread::spawn(move || block_on(former.append(&commit(2..4))));
    proxy.wait_until_kept();
    let journal = journal(&address);
    let next = acquire(&journal, 2, Acquire::Force).unwrap();
    assert_eq!((next.end(), next.epoch().0), (Seq(2), 2));
    proxy.release();
    assert_eq!(appending.join().unwrap(), Err(JournalError::Fenced));
    assert_eq!(read(&journal), records()[..2]);
    drop(next);
    assert_eq!(acquire(&journal, 3, Acquire::IfFree).unwrap().end(), Seq(2));
}

#[test]
fn an_owner_that_is_cut_off_is_taken_over_from_and_hears_of_it() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let (path, address) = new_store(ensemble, HASTY);
    let proxy = Proxy::start(ensemble);
    let behind = journal(&proxy.address(&path, HASTY));
    let mut former = acquire(&behind, 1, Acquire::IfFree).unwrap();
    assert_eq!(block_on(former.append(&commit(0..2))), Ok(Seq(2)));
    proxy.cut();
    let away = block_on(former.append(&commit(2..4)));
    assert!(is_away(&away), "{away:?}");
    let journal = journal(&address);
    let mut next = acquire(&journal, 2, Acquire::Wait).unwrap();
    assert_eq!((next.end(), next.previous_owner()), (Seq(2), Some(owner(1).id)));
    assert_eq!(block_on(next.append(&commit(2..3))), Ok(Seq(3)));
    let lost = former.lost();
    proxy.mend();
    block_on(lost);
    assert_eq!(block_on(former.append(&commit(2..4))), Err(JournalError::Fenced));
    assert_eq!(read(&journal), records()[..3]);
}

#[test]
fn an_owner_whose_session_has_ended_registers_again() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let (path, address) = new_store(ensemble, HASTY);
    let proxy = Proxy::start(ensemble);
    let behind = journal(&proxy.address(&path, HASTY));
    let mut owned = acquire(&behind, 1, Acquire::IfFree).unwrap();
    assert_eq!(block_on(owned.append(&commit(0..2))), Ok(Seq(2)));
    let namespace = format!("/{path}/ns/default");
    let is_registered = || children(ensemble, &namespace).contains(&"owner".to_owned());
    assert!(is_registered());
    proxy.cut();
    while is_registered() {
        pause();
    }
    proxy.mend();
    assert_eq!(block_on(owned.append(&commit(2..4))), Ok(Seq(4)));
    while !is_registered() {
        pause();
    }
    let held = acquire(&journal(&address), 2, Acquire::IfFree).map(drop);
    assert!(matches!(held, Err(JournalError::Held { .. })), "{held:?}");
    assert_eq!(owned.epoch().0, 1);
    drop(owned);
    assert!(!is_registered());
}

#[test]
fn whoever_finds_no_sign_of_life_gives_the_owner_as_long_as_a_session_to_give_one() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let (path, address) = new_store(ensemble, PATIENT);
    let proxy = Proxy::start(ensemble);
    let behind = journal(&proxy.address(&path, HASTY));
    let mut owned = acquire(&behind, 1, Acquire::IfFree).unwrap();
    proxy.cut();
    while children(ensemble, &format!("/{path}/ns/default")).contains(&"owner".to_owned()) {
        pause();
    }
    // Whoever has a session of two minutes waits as long before it takes over.
    let looking = namespace(&address);
    let asking = thread::spawn(move || acquire(&journal(&address), 2, Acquire::IfFree).map(drop));
    while block_on(looking.info()).unwrap().waiting.is_empty() && !asking.is_finished() {
        pause();
    }
    proxy.mend();
    let held = asking.join().unwrap();
    assert!(matches!(held, Err(JournalError::Held { .. })), "{held:?}");
    assert_eq!(block_on(owned.append(&commit(0..2))), Ok(Seq(2)));
}

#[test]
fn an_owner_that_finds_less_than_it_has_appended_owns_nothing_any_more() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let (path, address) = new_store(ensemble, PATIENT);
    let mut owned = acquire(&journal(&address), 1, Acquire::IfFree).unwrap();
    assert_eq!(block_on(owned.append(&commit(0..2))), Ok(Seq(2)));
    let head = format!("/{path}/ns/default/head");
    let before = data(ensemble, &head);
    assert_eq!(block_on(owned.append(&commit(2..4))), Ok(Seq(4)));
    set_data(ensemble, &head, &before);
    assert_eq!(block_on(owned.append(&commit(4..6))), Err(JournalError::Fenced));
}

#[test]
fn a_sign_of_life_that_is_removed_is_given_again() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let (path, address) = new_store(ensemble, PATIENT);
    let journal = journal(&address);
    let _owned = acquire(&journal, 1, Acquire::IfFree).unwrap();
    delete(ensemble, &format!("/{path}/ns/default/owner"));
    // Whoever asks would have to wait for two minutes until nobody is found to own it.
    let held = acquire(&journal, 2, Acquire::IfFree).map(drop);
    assert!(matches!(held, Err(JournalError::Held { .. })), "{held:?}");
}

#[test]
fn an_owner_from_before_a_restore_is_another_where_every_version_is_as_it_was() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let (path, address) = new_store(ensemble, PATIENT);
    // It is made, and nobody has owned it yet.
    block_on(namespace(&address).unique_name()).unwrap();
    let root = format!("/{path}");
    let dump = dump(ensemble, &root);
    let journal = journal(&address);
    let mut former = acquire(&journal, 1, Acquire::IfFree).unwrap();
    load(ensemble, &root, &dump);
    let mut next = acquire(&journal, 2, Acquire::IfFree).unwrap();
    assert_eq!(next.epoch(), former.epoch());
    assert_eq!(block_on(former.append(&commit(0..2))), Err(JournalError::Fenced));
    assert_eq!(block_on(next.append(&commit(0..2))), Ok(Seq(2)));
}

#[test]
fn an_append_that_nobody_awaits_is_carried_out_or_not_as_a_whole() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let (_, address) = new_store(ensemble, PATIENT);
    let journal = journal(&address);
    let mut owned = acquire(&journal, 1, Acquire::IfFree).unwrap();
    assert!(owned.append(&commit(0..2)).now_or_never().is_none());
    assert_eq!(block_on(owned.append(&commit(0..2))), Ok(Seq(2)));
    assert_eq!(block_on(owned.append(&commit(2..6))), Ok(Seq(6)));
    assert_eq!(read(&journal), records());
    drop(owned);
    // Nor does somebody who asks no more keep a journal.
    let asked = journal.acquire(owner(2), Acquire::IfFree);
    drop(asked.now_or_never());
    assert!(acquire(&journal, 3, Acquire::Wait).is_ok());
}
