//! The store keeps the contracts of the core.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures::executor::block_on;
use futures::future::{BoxFuture, FutureExt};
use pogo_core::journal::Journal;
use pogo_core::testing::conformance::{self, JournalFixture};
use pogo_store::postgres::{PostgresAddress, PostgresStore};

use crate::server::Postgres;

/// A name that no other test has.
pub(crate) fn schema() -> String {
    static NUMBERS: AtomicU32 = AtomicU32::new(0);
    format!("s{}", NUMBERS.fetch_add(1, Ordering::Relaxed))
}

pub(crate) async fn journal(address: &PostgresAddress) -> Arc<dyn Journal> {
    let store = PostgresStore::open(address).await.unwrap();
    store.namespace("default").unwrap().journal()
}

/// Dumps a store; what comes of it loads the dump in its place.
async fn back_up(server: &'static Postgres, schema: String) -> BoxFuture<'static, ()> {
    let dump = server.dump(&schema);
    async move { server.load(&schema, &dump) }.boxed()
}

#[test]
fn the_journal_keeps_its_contract() {
    let Some(server) = Postgres::shared() else { return };
    let fixture = async || {
        let schema = schema();
        let address = server.address(&schema);
        PostgresStore::migrate(&address).await.unwrap();
        JournalFixture::new(journal(&address).await)
            .reopened(move || {
                let address = address.clone();
                async move { journal(&address).await }
            })
            .restorable(move || back_up(server, schema.clone()))
    };
    let report = block_on(conformance::journal(fixture));
    report.assert_passed();
    report.assert_skipped(&[]);
}
