//! The store keeps the contracts of the core.

use std::sync::Arc;

use futures::executor::block_on;
use futures::future::{BoxFuture, FutureExt};
use pogo_core::journal::Journal;
use pogo_core::testing::conformance::{self, JournalFixture};
use pogo_store::zookeeper::{ZookeeperAddress, ZookeeperStore};

use crate::ensemble::{Ensemble, path};
use crate::owners::PATIENT;
use crate::tree::{dump, load};

async fn open(address: &ZookeeperAddress) -> Arc<dyn Journal> {
    let store = ZookeeperStore::open(address).await.unwrap();
    store.namespace("default").unwrap().journal()
}

/// Dumps a store; what comes of it loads the dump in its place.
async fn back_up(ensemble: &'static Ensemble, path: String) -> BoxFuture<'static, ()> {
    let path = format!("/{path}");
    let dump = dump(ensemble, &path);
    async move { load(ensemble, &path, &dump) }.boxed()
}

#[test]
fn the_journal_keeps_its_contract() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let fixture = async || {
        let path = path();
        let address = ensemble.address(&path, PATIENT);
        ZookeeperStore::migrate(&address).await.unwrap();
        JournalFixture::new(open(&address).await)
            .reopened(move || {
                let address = address.clone();
                async move { open(&address).await }
            })
            .restorable(move || back_up(ensemble, path.clone()))
    };
    let report = block_on(conformance::journal(fixture));
    report.assert_passed();
    report.assert_skipped(&[]);
}
