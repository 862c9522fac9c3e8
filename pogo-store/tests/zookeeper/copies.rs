//! Stores that move from a directory to an ensemble, and back.

use std::path::Path;
use std::sync::Arc;

use futures::executor::block_on;
use pogo_core::fleet::Fleet;
use pogo_core::history::{JobEvents, JobEventsQuery, JobFilter, JobHistory};
use pogo_core::journal::{Acquire, Commit, Journal, JournalError, Page, Seq, Snapshot, replay};
use pogo_core::output::{OutputFrame, OutputSource, OutputStore, Stream};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::Policy;
use pogo_core::scheduler::{AttemptId, JobId, Record, RestoreCause};
use pogo_core::sim::World;
use pogo_core::{Digest, Timestamp};
use pogo_store::objects::ObjectStorage;
use pogo_store::zookeeper::{OutputStorage, ZookeeperAddress, ZookeeperStore};
use pogo_store::{Copied, Store};

use crate::ensemble::{Ensemble, path};
use crate::owners::{PATIENT, made, owner};
use crate::tree::set_data;

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const FLEET: &[u8] = b"{\"a\":1}";

/// What a namespace has, by all that anybody can ask of it.
#[derive(Debug, PartialEq)]
struct Everything {
    name: String,
    first: Seq,
    page: Page,
    snapshot: Option<(Seq, Snapshot)>,
    content: Vec<u8>,
    jobs: Vec<String>,
    events: Vec<Vec<(Seq, Record)>>,
    output: Vec<(Stream, u64, Timestamp, Vec<u8>)>,
}

fn everything(name: String, journal: &dyn Journal, output: &dyn OutputStore, history: &dyn JobHistory) -> Everything {
    block_on(async {
        let first = match journal.read(Seq(0)).await {
            Err(JournalError::Compacted { first }) => first,
            _ => Seq(0),
        };
        let mut written = vec![];
        for attempt in [1, 2].map(AttemptId::new) {
            for stream in Stream::ALL {
                let page = output
                    .read((JobId::new(1), attempt), stream, 0..u64::MAX)
                    .await
                    .unwrap();
                assert_eq!(page.sealed, attempt == AttemptId::new(1));
                let frames = page.frames.iter();
                written.extend(frames.map(|frame| (stream, frame.offset, frame.at, frame.bytes.to_vec())));
            }
        }
        let mut events = vec![];
        for job in [1, 2].map(JobId::new) {
            let JobEvents { records, .. } = history
                .job_events(&JobEventsQuery::of(job).limit(100_000))
                .await
                .unwrap();
            events.push(records);
        }
        let jobs = history.jobs(&JobFilter::new()).await.unwrap();
        Everything {
            name,
            first,
            page: journal.read(first).await.unwrap(),
            snapshot: journal.latest_snapshot().await.unwrap(),
            content: journal.content(Digest::of(FLEET)).await.unwrap(),
            jobs: jobs.entries.iter().map(|entry| format!("{entry:?}")).collect(),
            events,
            output: written,
        }
    })
}

fn of_zookeeper(store: &ZookeeperStore, output: impl Into<OutputStorage>) -> Everything {
    let namespace = store.namespace("default").unwrap();
    let name = block_on(namespace.unique_name()).unwrap();
    let output = namespace.output_at(&output.into());
    everything(name, &*namespace.journal(), &*output, &namespace)
}

fn of_directory(store: &Store) -> Everything {
    let namespace = store.namespace("default").unwrap();
    let name = block_on(namespace.unique_name()).unwrap();
    everything(name, &*namespace.journal(), &*namespace.output(), &namespace)
}

fn open(address: &ZookeeperAddress) -> ZookeeperStore {
    block_on(ZookeeperStore::open(address)).unwrap()
}

fn source(attempt: u64) -> Arc<OutputSource> {
    let (host, attempt) = ("web1".parse().unwrap(), AttemptId::new(attempt));
    Arc::new(OutputSource::new(JobId::new(1), host, attempt))
}

/// Two jobs that run at once.
fn log() -> Vec<Record> {
    let fleet = Fleet::builder().tagged("web", "web[1-12]").build().unwrap();
    let mut world = World::new(fleet, Policy::default()).unwrap();
    for command in ["true", "date"] {
        let spec = JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell(command));
        world.submit(spec).unwrap();
    }
    world.run().records
}

/// A store with records, all of them in the journal, content, snapshots, and output of two attempts.
fn filled(directory: &Path) -> Store {
    let store = Store::open(directory).unwrap();
    let namespace = store.namespace("default").unwrap();
    let mut owned = block_on(namespace.journal().acquire(owner(1), Acquire::IfFree)).unwrap();
    let (records, mut at) = (log(), Seq(0));
    for piece in records.chunks(9) {
        at = block_on(owned.append(&Commit::new(at, piece.to_vec()))).unwrap();
        let state = replay(&records[..usize::try_from(at.0).unwrap()]).unwrap().snapshot();
        block_on(owned.snapshot(at, state)).unwrap();
    }
    block_on(owned.put_content(Digest::of(FLEET), FLEET)).unwrap();
    let frame =
        |attempt, stream, offset, text: &str| OutputFrame::new(source(attempt), stream, offset, NOW, text.as_bytes());
    let frames = [
        frame(1, Stream::Stdout, 0, "first\n"),
        frame(1, Stream::Stderr, 0, "on the way\n"),
        frame(1, Stream::Stdout, 6, "last\n"),
        frame(2, Stream::Stdout, 0, "not the end"),
    ];
    block_on(namespace.output().append(&frames)).unwrap();
    block_on(namespace.output().seal(&source(1), 22)).unwrap();
    drop(owned);
    store
}

fn from_directory(from: &Store, to: &ZookeeperStore, output: &Path) -> Result<Copied, String> {
    let all = block_on(from.to_copy()).map_err(|error| error.to_string())?;
    block_on(to.copy_from(all, (output, output), NOW)).map_err(|error| error.to_string())
}

#[test]
fn output_in_objects_goes_along_to_other_objects_and_to_a_directory() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let inputs = folder.path();
    let directory = filled(&inputs.join("from"));
    let known = of_directory(&directory);
    let objects = |name: &str| -> OutputStorage {
        let location = format!("file://{}", inputs.join(name).display());
        ObjectStorage::open(&location.parse().unwrap()).unwrap().into()
    };
    let (one, other) = (objects("one"), objects("other"));
    let [first, second] = [(); 2].map(|()| open(&made(ensemble.address(&path(), PATIENT))));
    let all = block_on(directory.to_copy()).unwrap();
    block_on(first.copy_from(all, (inputs, &one), NOW)).unwrap();
    assert_eq!(of_zookeeper(&first, &one), known);
    // A copy has the number of what it is a copy of, so one place has one of them.
    let all = block_on(first.to_copy((inputs, &one), NOW)).unwrap();
    let refused = block_on(second.copy_from(all, (inputs, &one), NOW))
        .unwrap_err()
        .to_string();
    assert!(refused.contains("name another path for the copy"), "{refused}");
    assert_eq!(of_zookeeper(&first, &one), known, "what was there is untouched");
    let all = block_on(first.to_copy((inputs, &one), NOW)).unwrap();
    block_on(second.copy_from(all, (inputs, &other), NOW)).unwrap();
    assert_eq!(of_zookeeper(&second, &other), known);
    let all = block_on(second.to_copy((inputs, &other), NOW)).unwrap();
    let back = inputs.join("back");
    block_on(all.to_directory(&back, NOW)).unwrap();
    assert_eq!(of_directory(&Store::open_existing(&back).unwrap()), known);
}

#[test]
fn a_store_that_moves_to_an_ensemble_and_back_is_the_same_and_says_that_it_is_a_copy() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let [from, output, other_output, to] = ["from", "output", "other", "to"].map(|name| folder.path().join(name));
    let directory = filled(&from);
    let known = of_directory(&directory);
    let address = made(ensemble.address(&path(), PATIENT));
    let store = open(&address);
    let copied = from_directory(&directory, &store, &output).unwrap();
    assert_eq!(copied.namespaces, ["default"]);
    assert_eq!(of_zookeeper(&open(&address), &output), known);
    let namespace = store.namespace("default").unwrap();
    assert_eq!(block_on(namespace.check()).unwrap(), []);
    let info = block_on(namespace.info()).unwrap();
    assert_eq!(info.copied_from, Some(from.display().to_string()));
    // Until somebody has accepted it, each owner hears of the same restore.
    let restores = [2, 3].map(|nonce| {
        let owned = block_on(namespace.journal().acquire(owner(nonce), Acquire::IfFree)).unwrap();
        owned.restored().unwrap()
    });
    assert_eq!(restores[0], restores[1]);
    assert_eq!(restores[0].cause, RestoreCause::Copied);
    let other = open(&made(ensemble.address(&path(), PATIENT)));
    let all = block_on(store.to_copy((&output, &output), NOW)).unwrap();
    block_on(other.copy_from(all, (&other_output, &other_output), NOW)).unwrap();
    assert_eq!(of_zookeeper(&other, &other_output), known);
    let of_other = other.namespace("default").unwrap().journal();
    let owned = block_on(of_other.acquire(owner(4), Acquire::IfFree)).unwrap();
    assert_ne!(
        owned.restored().unwrap().id,
        restores[0].id,
        "another copy is another restore"
    );
    drop(owned);
    let all = block_on(other.to_copy((&other_output, &other_output), NOW)).unwrap();
    block_on(all.to_directory(&to, NOW)).unwrap();
    let back = Store::open_existing(&to).unwrap();
    assert_eq!(of_directory(&back), known);
    assert_eq!(block_on(back.namespace("default").unwrap().check()).unwrap(), []);
}

#[test]
fn nothing_is_copied_of_what_somebody_owns_nor_over_what_is_there() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let [from, output] = ["from", "output"].map(|name| folder.path().join(name));
    let directory = filled(&from);
    let store = open(&made(ensemble.address(&path(), PATIENT)));
    from_directory(&directory, &store, &output).unwrap();
    let again = from_directory(&directory, &store, &output).unwrap_err();
    assert!(
        again.contains("namespace default already; copy to another path"),
        "{again}"
    );
    let journal = store.namespace("default").unwrap().journal();
    let owned = block_on(journal.acquire(owner(2), Acquire::IfFree)).unwrap();
    let held = block_on(store.to_copy((&output, &output), NOW)).unwrap_err();
    assert!(held.to_string().contains("is owned by owner 2"), "{held}");
    drop(owned);
    // The output of another namespace would be taken for that of the copy.
    let other = open(&made(ensemble.address(&path(), PATIENT)));
    let mixed = from_directory(&directory, &other, &output).unwrap_err();
    assert!(mixed.contains("has output of another namespace"), "{mixed}");
    assert_eq!(block_on(other.namespaces()).unwrap(), Vec::<String>::new());
}

#[test]
fn a_copy_of_what_is_damaged_is_refused_and_leaves_nothing() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let [from, output] = ["from", "output"].map(|name| folder.path().join(name));
    let directory = filled(&from);
    let content = from.join(format!("ns/default/content/{}.json.zst", Digest::of(FLEET)));
    std::fs::write(content, "x").unwrap();
    let store = open(&made(ensemble.address(&path(), PATIENT)));
    let refused = from_directory(&directory, &store, &output).unwrap_err();
    assert!(refused.contains("is damaged"), "{refused}");
    assert_eq!(block_on(store.namespaces()).unwrap(), Vec::<String>::new());
    assert!(!output.join("ns/default").exists());
}

#[test]
fn a_copy_that_was_cut_off_says_so_and_is_made_again() {
    let Some(ensemble) = Ensemble::shared() else { return };
    let folder = tempfile::tempdir().unwrap();
    let [from, output] = ["from", "output"].map(|name| folder.path().join(name));
    let directory = filled(&from);
    let known = of_directory(&directory);
    let path = path();
    let address = made(ensemble.address(&path, PATIENT));
    let store = open(&address);
    from_directory(&directory, &store, &output).unwrap();
    // As it is where the process has died in the middle of it: without its last request.
    let namespace = format!("/{path}/ns/default");
    let epoch = format!(
        "{{\"epoch\":1,\"copy\":{{\"from\":\"{}\",\"id\":\"00000000000000aa\"}}}}",
        from.display()
    );
    set_data(ensemble, &format!("{namespace}/epoch"), epoch.as_bytes());
    set_data(ensemble, &format!("{namespace}/head"), b"{\"copy_of\":\"elsewhere\"}");
    let half = store.namespace("default").unwrap();
    for how in [Acquire::IfFree, Acquire::Wait, Acquire::Force] {
        let refused = block_on(half.journal().acquire(owner(2), how)).err().unwrap();
        assert!(refused.to_string().contains("copy it again"), "{refused}");
    }
    let info = block_on(half.info()).unwrap();
    assert_eq!(info.unfinished_copy_of, Some(from.display().to_string()));
    let damage = block_on(half.check()).unwrap();
    assert_eq!(damage.len(), 1, "{damage:?}");
    let onward = block_on(store.to_copy((&output, &output), NOW)).unwrap_err();
    assert!(onward.to_string().contains("copy it again"), "{onward}");
    from_directory(&directory, &store, &output).unwrap();
    assert_eq!(of_zookeeper(&open(&address), &output), known);
    assert_eq!(block_on(half.check()).unwrap(), []);
}
