//! What hosts wrote, as objects that all machines read.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::executor::block_on;
use pogo_core::journal::{Acquire, Journal, OwnedJournal};
use pogo_core::output::{OutputBatch, OutputError, OutputFrame, OutputPage, OutputSource, OutputStore, Stream};
use pogo_core::scheduler::{AttemptId, JobId};
use pogo_core::testing::conformance::{self, OutputFixture};
use pogo_core::{Digest, Timestamp};
use pogo_store::Retention;
use pogo_store::objects::ObjectStorage;
use pogo_store::zookeeper::{OutputStorage, ZookeeperAddress, ZookeeperObjectOutput, ZookeeperStore};

use crate::ensemble::{Ensemble, path, pause};
use crate::owners::{PATIENT, acquire, made, namespace, owner};
use crate::s3::{S3, SECRET, storage};

/// The output of a namespace, by its owner.
struct Writing {
    output: Arc<ZookeeperObjectOutput>,
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

    async fn append_and_seal(
        &self,
        frames: &[OutputFrame],
        ended: &[(Arc<OutputSource>, u64)],
    ) -> (Result<(), OutputError>, Vec<Result<Digest, OutputError>>) {
        self.output.append_and_seal(frames, ended).await
    }

    async fn read(
        &self,
        attempt: (JobId, AttemptId),
        stream: Stream,
        range: Range<u64>,
    ) -> Result<OutputPage, OutputError> {
        self.output.read(attempt, stream, range).await
    }

    async fn read_batch(&self, job: JobId, attempts: &[AttemptId], most: u64) -> OutputBatch {
        self.output.read_batch(job, attempts, most).await
    }
}

async fn writing(address: &ZookeeperAddress, storage: &ObjectStorage) -> Arc<dyn OutputStore> {
    let store = ZookeeperStore::open(address).await.unwrap();
    let namespace = store.namespace("default").unwrap();
    let owned = namespace.journal().acquire(owner(1), Acquire::Wait).await.unwrap();
    Arc::new(Writing {
        output: namespace.output_in_objects(storage),
        _owned: Mutex::new(owned),
    })
}

/// Each case has a namespace of its own, whose number tells its objects from those of the others.
fn keeps_its_contract(ensemble: &'static Ensemble, storage: &ObjectStorage) {
    let fixture = async || {
        let address = ensemble.address(&path(), PATIENT);
        ZookeeperStore::migrate(&address).await.unwrap();
        let storage = storage.clone();
        OutputFixture::new(writing(&address, &storage).await)
            .keeps(ZookeeperObjectOutput::PER_ATTEMPT)
            .reopened(move || {
                let (address, storage) = (address.clone(), storage.clone());
                async move { writing(&address, &storage).await }
            })
    };
    let report = block_on(conformance::output(fixture));
    report.assert_passed();
    report.assert_skipped(&[]);
}

fn in_directory(directory: &Path) -> ObjectStorage {
    let location = format!("file://{}", directory.display());
    ObjectStorage::open(&location.parse().unwrap()).unwrap()
}

#[test]
fn objects_in_a_directory_keep_the_contract_of_output() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let directory = tempfile::tempdir().unwrap();
    keeps_its_contract(ensemble, &in_directory(directory.path()));
}

#[test]
fn objects_in_s3_keep_the_contract_of_output() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let Some(s3) = S3::start("objects_in_s3_keep_the_contract_of_output") else {
        return;
    };
    keeps_its_contract(ensemble, &s3.storage());
}

fn frame(attempt: u64, offset: u64, bytes: &[u8]) -> OutputFrame {
    let at = Timestamp::from_millis(1_000);
    OutputFrame::new(source(attempt), Stream::Stdout, offset, at, bytes)
}

fn source(attempt: u64) -> Arc<OutputSource> {
    let host = "web1".parse().unwrap();
    Arc::new(OutputSource::new(JobId::new(1), host, AttemptId::new(attempt)))
}

fn read(output: &ZookeeperObjectOutput, attempt: u64) -> Result<(Vec<u8>, bool), String> {
    let page = block_on(output.read((JobId::new(1), AttemptId::new(attempt)), Stream::Stdout, 0..1 << 40));
    let page = page.map_err(|error| error.to_string())?;
    let bytes = page.frames.into_iter().flat_map(|frame| frame.bytes).collect();
    Ok((bytes, page.sealed))
}

/// Until it is read so.
fn becomes(output: &ZookeeperObjectOutput, attempt: u64, bytes: &[u8]) {
    while read(output, attempt).is_ok_and(|(read, _)| read != bytes) {
        pause();
    }
    assert_eq!(read(output, attempt).map(|(bytes, _)| bytes), Ok(bytes.to_vec()));
}

/// Others look at what there is once a second.
fn is_sealed(output: &ZookeeperObjectOutput, attempt: u64, bytes: &[u8]) {
    while read(output, attempt).is_ok_and(|(_, sealed)| !sealed) {
        pause();
    }
    assert_eq!(read(output, attempt), Ok((bytes.to_vec(), true)));
}

#[test]
fn another_machine_reads_what_the_owner_wrote_and_goes_on_with_it() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let address = made(ensemble.address(&path(), PATIENT));
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path().join("shared");
    let (one, other) = (namespace(&address), namespace(&address));
    // As two machines that share a directory, or use one bucket.
    let [of_one, of_other] = [&one, &other].map(|namespace| namespace.output_in_objects(&in_directory(&directory)));
    let refused = block_on(of_one.append(&[frame(1, 0, b"early")]))
        .unwrap_err()
        .to_string();
    assert!(refused.contains("acquire its journal first"), "{refused}");
    let journal: Arc<dyn Journal> = one.journal();
    let owned = acquire(&journal, 1, Acquire::IfFree).unwrap();
    block_on(of_one.append(&[frame(1, 0, b"first, ")])).unwrap();
    assert_eq!(read(&of_one, 1), Ok((b"first, ".to_vec(), false)));
    becomes(&of_other, 1, b"first, ");
    assert!(block_on(of_other.append(&[frame(1, 0, b"late")])).is_err());
    // What came last is stored before the namespace is given back.
    block_on(of_one.append(&[frame(1, 7, b"last, ")])).unwrap();
    drop(owned);
    assert!(block_on(of_one.append(&[frame(1, 13, b"late")])).is_err());
    let journal: Arc<dyn Journal> = other.journal();
    let _owned = acquire(&journal, 2, Acquire::IfFree).unwrap();
    block_on(of_other.append(&[frame(1, 13, b"of another")])).unwrap();
    block_on(of_other.seal(&source(1), 23)).unwrap();
    let whole = (b"first, last, of another".to_vec(), true);
    assert_eq!(read(&of_other, 1), Ok(whole.clone()));
    becomes(&of_one, 1, &whole.0);
    assert_eq!(read(&of_one, 1), Ok(whole));
    // Nobody else on the machine reads it.
    use std::os::unix::fs::PermissionsExt;
    let below = std::fs::metadata(directory.join("ns")).unwrap();
    assert_eq!(below.permissions().mode() & 0o777, 0o700);
    let kept = block_on(of_other.prune(Retention::new())).unwrap();
    assert_eq!(kept.jobs, [], "the list of jobs does not know it yet");
}

#[test]
fn whoever_owns_it_again_reads_what_another_wrote_meanwhile() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let address = made(ensemble.address(&path(), PATIENT));
    let directory = tempfile::tempdir().unwrap();
    let (one, other) = (namespace(&address), namespace(&address));
    let [of_one, of_other] =
        [&one, &other].map(|namespace| namespace.output_in_objects(&in_directory(directory.path())));
    let owned = acquire(&(one.journal() as Arc<dyn Journal>), 1, Acquire::IfFree).unwrap();
    block_on(of_one.append(&[frame(1, 0, b"first, ")])).unwrap();
    drop(owned);
    let owned = acquire(&(other.journal() as Arc<dyn Journal>), 2, Acquire::IfFree).unwrap();
    block_on(of_other.append(&[frame(1, 7, b"second, ")])).unwrap();
    drop(owned);
    let _owned = acquire(&(one.journal() as Arc<dyn Journal>), 3, Acquire::IfFree).unwrap();
    becomes(&of_one, 1, b"first, second, ");
    block_on(of_one.append(&[frame(1, 15, b"third")])).unwrap();
    assert_eq!(read(&of_one, 1), Ok((b"first, second, third".to_vec(), false)));
}

#[test]
fn output_is_stored_when_s3_is_back_and_half_an_upload_is_seen_by_nobody() {
    let test = "output_is_stored_when_s3_is_back_and_half_an_upload_is_seen_by_nobody";
    let Some(ensemble) = Ensemble::shared() else { return };
    let Some(s3) = S3::start(test) else { return };
    let relay = s3.relay();
    let address = made(ensemble.address(&path(), PATIENT));
    let namespace = namespace(&address);
    let output = namespace.output_in_objects(&storage(relay.port));
    let elsewhere = crate::owners::namespace(&address).output_in_objects(&s3.storage());
    let journal: Arc<dyn Journal> = namespace.journal();
    let _owned = acquire(&journal, 1, Acquire::IfFree).unwrap();
    block_on(output.append(&[frame(1, 0, b"before, ")])).unwrap();
    becomes(&elsewhere, 1, b"before, ");
    relay.cut();
    let refused = block_on(output.seal(&source(1), 8)).unwrap_err().to_string();
    assert!(refused.contains("s3://pogo-logs/some/where"), "{refused}");
    assert!(refused.contains("see AWS_ENDPOINT_URL"), "{refused}");
    assert!(!refused.contains(SECRET), "{refused}");
    assert_eq!(read(&elsewhere, 1), Ok((b"before, ".to_vec(), false)));
    relay.mend();
    block_on(output.seal(&source(1), 8)).unwrap();
    is_sealed(&elsewhere, 1, b"before, ");
    // So large that it does not compress to less than what passes.
    let noise: Vec<u8> = (0..200_000_u32)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    relay.break_uploads(9_000);
    let ended = [(source(2), noise.len() as u64)];
    let (appended, sealed) = block_on(output.append_and_seal(&[frame(2, 0, &noise)], &ended));
    assert!(appended.is_err() && sealed[0].is_err(), "{appended:?} {sealed:?}");
    assert!(relay.broken() > 0);
    assert_eq!(read(&elsewhere, 2), Ok((vec![], false)));
    relay.mend();
    is_sealed(&elsewhere, 2, &noise);
}

#[test]
fn a_login_that_s3_refuses_is_told_with_its_cure_and_nothing_of_it() {
    let test = "a_login_that_s3_refuses_is_told_with_its_cure_and_nothing_of_it";
    let Some(ensemble) = Ensemble::shared() else { return };
    let Some(s3) = S3::start_strict(test) else { return };
    let address = made(ensemble.address(&path(), PATIENT));
    let namespace = namespace(&address);
    let storage = s3.storage();
    let output = namespace.output_in_objects(&storage);
    let journal: Arc<dyn Journal> = namespace.journal();
    let _owned = acquire(&journal, 1, Acquire::IfFree).unwrap();
    let refused = block_on(output.append(&[frame(1, 0, b"lost")]))
        .unwrap_err()
        .to_string();
    for said in [
        "s3://pogo-logs/some/where",
        "the login is refused",
        "AWS_SECRET_ACCESS_KEY in the environment",
    ] {
        assert!(refused.contains(said), "{refused}");
    }
    for shown in [refused, format!("{output:?} {storage:?} {storage}")] {
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

#[test]
fn what_the_environment_lacks_for_s3_is_said_before_anything_is_asked() {
    let location = "s3://pogo-logs".parse().unwrap();
    let open = |variables: &[(&str, &str)]| {
        let all = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        ObjectStorage::open_with(&location, all)
            .map(drop)
            .map_err(|error| error.to_string())
    };
    let half = open(&[("AWS_ACCESS_KEY_ID", "pogo")]).unwrap_err();
    assert!(
        half.contains("SecretAccessKey") || half.contains("SECRET_ACCESS_KEY"),
        "{half}"
    );
    let plain = open(&[("AWS_ENDPOINT_URL", "http://minio.example.com:9000")]).unwrap_err();
    assert!(plain.contains("AWS_ALLOW_HTTP=true"), "{plain}");
    let named = open(&[("AWS_ENDPOINT_URL", &format!("https://me:{SECRET}@minio.example.com"))]).unwrap_err();
    assert!(named.contains("no password") && !named.contains(SECRET), "{named}");
}

#[test]
fn a_directory_and_objects_are_opened_by_what_an_address_names() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    for (name, is_shared) in [("plain", false), ("file://shared", true)] {
        let text = match is_shared {
            true => format!("file://{}", folder.path().join("shared").display()),
            false => folder.path().join(name).display().to_string(),
        };
        let path = path();
        let address = ensemble.address(&path, PATIENT).expose();
        let address = made(format!("{address}&output={text}").parse().unwrap());
        let opened = address.output().unwrap().open().unwrap();
        assert_eq!(matches!(opened, OutputStorage::Directory(_)), !is_shared);
        let namespace = namespace(&address);
        let output = namespace.output_at(&opened);
        let journal: Arc<dyn Journal> = namespace.journal();
        let _owned = acquire(&journal, 1, Acquire::IfFree).unwrap();
        block_on(output.append(&[frame(1, 0, b"kept")])).unwrap();
        let page = block_on(output.read((JobId::new(1), AttemptId::new(1)), Stream::Stdout, 0..9)).unwrap();
        assert_eq!(page.length, 4);
        let pruned = block_on(namespace.prune_output(&opened, Retention::new().age(Duration::from_secs(1)))).unwrap();
        assert_eq!(pruned.is_some(), is_shared, "of a directory its owner alone removes");
    }
}
