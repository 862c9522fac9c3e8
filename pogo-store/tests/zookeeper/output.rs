//! What hosts wrote, in a directory.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::executor::block_on;
use pogo_core::journal::{Acquire, Journal, OwnedJournal};
use pogo_core::output::{OutputError, OutputFrame, OutputPage, OutputSource, OutputStore, Stream};
use pogo_core::scheduler::{AttemptId, JobId};
use pogo_core::testing::conformance::{self, OutputFixture};
use pogo_core::{Digest, Timestamp};
use pogo_store::StoreOutput;
use pogo_store::zookeeper::{ZookeeperAddress, ZookeeperOutput, ZookeeperStore};

use crate::ensemble::{Ensemble, path};
use crate::owners::{PATIENT, acquire, made, namespace, owner};

/// The output of a namespace, by its owner.
struct Writing {
    output: Arc<ZookeeperOutput>,
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

async fn writing(address: &ZookeeperAddress, directory: &Path) -> Arc<dyn OutputStore> {
    let store = ZookeeperStore::open(address).await.unwrap();
    let namespace = store.namespace("default").unwrap();
    let owned = namespace.journal().acquire(owner(1), Acquire::Wait).await.unwrap();
    Arc::new(Writing {
        output: namespace.output_in(directory),
        _owned: Mutex::new(owned),
    })
}

#[test]
fn the_store_of_output_keeps_its_contract() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let directories = tempfile::tempdir().unwrap();
    let fixture = async || {
        let path = path();
        let address = ensemble.address(&path, PATIENT);
        ZookeeperStore::migrate(&address).await.unwrap();
        let directory = directories.path().join(path);
        OutputFixture::new(writing(&address, &directory).await)
            .keeps(StoreOutput::PER_ATTEMPT)
            .reopened(move || {
                let (address, directory) = (address.clone(), directory.clone());
                async move { writing(&address, &directory).await }
            })
    };
    let report = block_on(conformance::output(fixture));
    report.assert_passed();
    report.assert_skipped(&[]);
}

fn frame(attempt: u64, bytes: &[u8]) -> OutputFrame {
    let source = OutputSource::new(JobId::new(1), "web1".parse().unwrap(), AttemptId::new(attempt));
    OutputFrame::new(
        Arc::new(source),
        Stream::Stdout,
        0,
        Timestamp::from_millis(1_000),
        bytes,
    )
}

#[test]
fn only_the_owner_of_the_journal_writes_output_and_anybody_of_the_machine_reads_it() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let address = made(ensemble.address(&path(), PATIENT));
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path().join("output");
    let (one, other) = (namespace(&address), namespace(&address));
    let [of_one, of_other] = [&one, &other].map(|namespace| namespace.output_in(&directory));
    let read = |output: &ZookeeperOutput| {
        let page = block_on(output.read((JobId::new(1), AttemptId::new(1)), Stream::Stdout, 0..100)).unwrap();
        page.frames
            .into_iter()
            .flat_map(|frame| frame.bytes)
            .collect::<Vec<u8>>()
    };
    assert_eq!(read(&of_one), b"");
    let refused = block_on(of_one.append(&[frame(1, b"early")])).unwrap_err().to_string();
    assert!(refused.contains("acquire its journal first"), "{refused}");
    assert!(!directory.exists(), "whoever only reads makes nothing");
    let journal: Arc<dyn Journal> = one.journal();
    let owned = acquire(&journal, 1, Acquire::IfFree).unwrap();
    block_on(of_one.append(&[frame(1, b"first")])).unwrap();
    assert_eq!((read(&of_one), read(&of_other)), (b"first".to_vec(), b"first".to_vec()));
    assert!(block_on(of_other.append(&[frame(1, b"late")])).is_err());
    drop(owned);
    assert!(block_on(of_one.append(&[frame(1, b"late")])).is_err());
    // The next owner has the directory too.
    let journal: Arc<dyn Journal> = other.journal();
    let _owned = acquire(&journal, 2, Acquire::IfFree).unwrap();
    block_on(of_other.append(&[frame(2, b"second")])).unwrap();
}
