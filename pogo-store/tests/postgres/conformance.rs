//! The store keeps the contracts of the core.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::executor::block_on;
use futures::future::{BoxFuture, FutureExt};
use pogo_core::Digest;
use pogo_core::journal::{Acquire, Journal, OwnedJournal};
use pogo_core::output::{OutputError, OutputFrame, OutputPage, OutputSource, OutputStore, Stream};
use pogo_core::scheduler::{AttemptId, JobId};
use pogo_core::testing::conformance::{self, JournalFixture, OutputFixture};
use pogo_store::postgres::{PostgresAddress, PostgresOutput, PostgresStore};

use crate::faults::owner;
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

/// The output of a namespace, by its owner.
struct Writing {
    output: Arc<PostgresOutput>,
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

async fn output(address: &PostgresAddress) -> Arc<dyn OutputStore> {
    let store = PostgresStore::open(address).await.unwrap();
    let namespace = store.namespace("default").unwrap();
    let owned = namespace.journal().acquire(owner(1), Acquire::Wait).await.unwrap();
    Arc::new(Writing {
        output: namespace.output(),
        _owned: Mutex::new(owned),
    })
}

#[test]
fn the_store_of_output_keeps_its_contract() {
    let Some(server) = Postgres::shared() else { return };
    let fixture = async || {
        let address = server.address(&schema());
        PostgresStore::migrate(&address).await.unwrap();
        OutputFixture::new(output(&address).await)
            .keeps(PostgresOutput::PER_ATTEMPT)
            .reopened(move || {
                let address = address.clone();
                async move { output(&address).await }
            })
    };
    let report = block_on(conformance::output(fixture));
    report.assert_passed();
    report.assert_skipped(&[]);
}
