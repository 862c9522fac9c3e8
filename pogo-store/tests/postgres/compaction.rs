//! What a newer snapshot stands for goes out of the way, and stays for the history.

use std::sync::Arc;

use futures::executor::block_on;
use pogo_core::Digest;
use pogo_core::fleet::Fleet;
use pogo_core::journal::{Acquire, Commit, Journal, JournalError, Seq, replay};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::Policy;
use pogo_core::scheduler::Record;
use pogo_core::sim::World;
use pogo_store::postgres::PostgresStore;

use crate::conformance::schema;
use crate::faults::owner;
use crate::server::Postgres;

/// The log of a simulated rollout.
pub(crate) fn log(hosts: u32) -> Vec<Record> {
    let fleet = Fleet::builder()
        .tagged("web", &format!("web[1-{hosts}]"))
        .build()
        .unwrap();
    let mut world = World::new(fleet, Policy::default()).unwrap();
    world
        .submit(JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell("true")))
        .unwrap();
    world.run().records
}

#[test]
fn two_snapshots_are_kept_and_what_only_older_ones_need_leaves_the_journal() {
    let Some(server) = Postgres::shared() else { return };
    let schema = schema();
    let address = server.address(&schema);
    block_on(PostgresStore::migrate(&address)).unwrap();
    let store = block_on(PostgresStore::open(&address)).unwrap();
    let journal: Arc<dyn Journal> = store.namespace("default").unwrap().journal();
    let records = log(20);
    let mut owned = block_on(journal.acquire(owner(1), Acquire::IfFree)).unwrap();
    let unnamed = Digest::of(b"{}");
    block_on(owned.put_content(unnamed, b"{}")).unwrap();
    let mut at = Seq(0);
    for (piece, number) in records.chunks(10).zip(1..) {
        at = block_on(owned.append(&Commit::new(at, piece.to_vec()))).unwrap();
        let upto = usize::try_from(at.0).unwrap();
        // Where it is put again before the snapshot, it stays.
        if number == 2 {
            block_on(owned.put_content(unnamed, b"{}")).unwrap();
        }
        block_on(owned.snapshot(at, replay(&records[..upto]).unwrap().snapshot())).unwrap();
    }
    let (last, before) = (at, Seq((at.0 - 1) / 10 * 10));
    let snapshots = server.run(&format!(
        "SELECT string_agg(upto::text, ' ' ORDER BY upto) FROM {schema}.snapshots"
    ));
    assert_eq!(snapshots.trim(), format!("{before} {last}").replace('#', ""));
    assert_eq!(
        block_on(journal.read(Seq(3))),
        Err(JournalError::Compacted { first: before })
    );
    let page = block_on(journal.read(before)).unwrap();
    assert_eq!(
        (&page.records[..], page.next),
        (&records[usize::try_from(before.0).unwrap()..], last)
    );
    assert_eq!(
        block_on(journal.content(unnamed)),
        Err(JournalError::NoContent { digest: unnamed })
    );
    let moved = server.run(&format!(
        "SELECT sum(until - at) FROM {schema}.history WHERE jobs = '{{1}}' OR jobs = '{{}}'"
    ));
    assert_eq!(moved.trim(), before.0.to_string());
    drop(owned);
    assert_eq!(
        block_on(journal.acquire(owner(2), Acquire::IfFree)).unwrap().end(),
        last
    );
}
