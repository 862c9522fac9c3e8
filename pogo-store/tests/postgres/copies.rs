//! Stores that move from a database to a directory, and back.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use futures::executor::block_on;
use pogo_core::history::{JobEventsQuery, JobFilter, JobHistory};
use pogo_core::journal::{Acquire, Commit, Epoch, Journal, Page, Seq, Snapshot, replay};
use pogo_core::output::{OutputFrame, OutputSource, OutputStore, Stream};
use pogo_core::scheduler::{AttemptId, JobId, Record, RestoreCause};
use pogo_core::{Digest, Timestamp};
use pogo_store::postgres::{PostgresError, PostgresStore};
use pogo_store::{Copied, Store};

use crate::compaction::log;
use crate::conformance::schema;
use crate::faults::owner;
use crate::server::Postgres;

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
    jobs: Vec<JobId>,
    events: Vec<(Seq, Record)>,
    output: Vec<(Stream, u64, Timestamp, Vec<u8>)>,
}

fn everything(name: String, journal: &dyn Journal, output: &dyn OutputStore, history: &dyn JobHistory) -> Everything {
    block_on(async {
        let first = match journal.read(Seq(0)).await {
            Err(pogo_core::journal::JournalError::Compacted { first }) => first,
            _ => Seq(0),
        };
        let job = JobId::new(1);
        let mut written = vec![];
        for attempt in [1, 2].map(AttemptId::new) {
            for stream in Stream::ALL {
                let page = output.read((job, attempt), stream, 0..u64::MAX).await.unwrap();
                assert_eq!(page.sealed, attempt == AttemptId::new(1));
                let frames = page.frames.iter();
                written.extend(frames.map(|frame| (stream, frame.offset, frame.at, frame.bytes.to_vec())));
            }
        }
        let events = history
            .job_events(&JobEventsQuery::of(job).limit(100_000))
            .await
            .unwrap();
        let jobs = history.jobs(&JobFilter::new()).await.unwrap();
        Everything {
            name,
            first,
            page: journal.read(first).await.unwrap(),
            snapshot: journal.latest_snapshot().await.unwrap(),
            content: journal.content(Digest::of(FLEET)).await.unwrap(),
            jobs: jobs.entries.iter().map(|entry| entry.job).collect(),
            events: events.records,
            output: written,
        }
    })
}

fn of_postgres(store: &PostgresStore) -> Everything {
    let namespace = store.namespace("default").unwrap();
    let name = block_on(namespace.unique_name()).unwrap();
    everything(name, &*namespace.journal(), &*namespace.output(), &namespace)
}

fn of_directory(store: &Store) -> Everything {
    let namespace = store.namespace("default").unwrap();
    let name = block_on(namespace.unique_name()).unwrap();
    everything(name, &*namespace.journal(), &*namespace.output(), &namespace)
}

fn open(server: &Postgres) -> PostgresStore {
    let address = server.address(&schema());
    block_on(PostgresStore::migrate(&address)).unwrap();
    block_on(PostgresStore::open(&address)).unwrap()
}

fn source(attempt: u64) -> Arc<OutputSource> {
    Arc::new(OutputSource::new(
        JobId::new(1),
        "web1".parse().unwrap(),
        AttemptId::new(attempt),
    ))
}

/// A store with records in the journal and before it, content, snapshots, and output of two attempts.
fn filled(server: &Postgres) -> PostgresStore {
    let store = open(server);
    let namespace = store.namespace("default").unwrap();
    let mut owned = block_on(namespace.journal().acquire(owner(1), Acquire::IfFree)).unwrap();
    let (records, mut at) = (log(12), Seq(0));
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
    store
}

fn to_directory(from: &PostgresStore, (to, inputs): (&Path, &Path)) -> Result<Copied, String> {
    let all = block_on(from.to_copy(inputs, NOW)).map_err(|error| error.to_string())?;
    block_on(all.to_directory(to, NOW)).map_err(|error| error.to_string())
}

fn from_directory(from: &Store, to: &PostgresStore, inputs: &Path) -> Result<Copied, PostgresError> {
    block_on(to.copy_from(block_on(from.to_copy()).unwrap(), inputs))
}

#[test]
fn a_store_that_moves_to_a_directory_and_back_is_the_same_and_says_that_it_is_a_copy() {
    let Some(server) = Postgres::shared() else { return };
    let (from, folder) = (filled(server), tempfile::tempdir().unwrap());
    let known = of_postgres(&from);
    assert!(
        known.first > Seq(0) && known.events[0].0 < known.first,
        "some is behind the journal"
    );
    let path = folder.path().join("copy");
    let copied = to_directory(&from, (&path, folder.path())).unwrap();
    assert_eq!(copied.namespaces, ["default"]);
    let directory = Store::open_existing(&path).unwrap();
    let mark = block_on(directory.namespace("default").unwrap().copied())
        .unwrap()
        .unwrap();
    assert_eq!((mark.from, mark.at), (from.address().to_string(), NOW));
    assert_eq!(block_on(directory.namespace("default").unwrap().check()).unwrap(), []);
    assert_eq!(of_directory(&directory), known);
    let back = open(server);
    from_directory(&directory, &back, folder.path()).unwrap();
    assert_eq!(of_postgres(&back), known);
    let namespace = back.namespace("default").unwrap();
    assert_eq!(block_on(namespace.check()).unwrap(), []);
    let info = block_on(namespace.info()).unwrap();
    assert_eq!(info.copied_from, Some(path.display().to_string()));
    // Until somebody has accepted it, each owner hears of the same restore, and no epoch comes twice.
    let mut epochs = vec![mark.epoch];
    let restores: Vec<_> = [2, 3]
        .map(|nonce| {
            let owned = block_on(namespace.journal().acquire(owner(nonce), Acquire::IfFree)).unwrap();
            epochs.push(owned.epoch());
            owned.restored().unwrap()
        })
        .into();
    assert_eq!(restores[0], restores[1]);
    assert_eq!(restores[0].cause, RestoreCause::Copied);
    assert!(restores[0].id.is_some());
    assert!(
        epochs.windows(2).all(|pair| pair[0] < pair[1]) && epochs[0] >= Epoch(1),
        "{epochs:?}"
    );
    let other = open(server);
    let all = block_on(back.to_copy(folder.path(), NOW)).unwrap();
    block_on(other.copy_from(all, folder.path())).unwrap();
    assert_eq!(of_postgres(&other), known);
    let owned = block_on(
        other
            .namespace("default")
            .unwrap()
            .journal()
            .acquire(owner(4), Acquire::IfFree),
    );
    assert_ne!(
        owned.unwrap().restored().unwrap().id,
        restores[0].id,
        "another copy is another restore"
    );
}

#[test]
fn nothing_is_copied_of_what_somebody_owns_nor_over_what_is_there() {
    let Some(server) = Postgres::shared() else { return };
    let (from, folder) = (filled(server), tempfile::tempdir().unwrap());
    let namespace = from.namespace("default").unwrap();
    let owned = block_on(namespace.journal().acquire(owner(2), Acquire::IfFree)).unwrap();
    let held = to_directory(&from, (folder.path(), folder.path())).unwrap_err();
    assert!(held.contains("is owned by owner 2"), "{held}");
    drop(owned);
    let path = folder.path().join("copy");
    to_directory(&from, (&path, folder.path())).unwrap();
    let again = to_directory(&from, (&path, folder.path())).unwrap_err();
    assert!(again.contains("is not empty"), "{again}");
    let there = from_directory(&Store::open_existing(&path).unwrap(), &from, folder.path()).unwrap_err();
    assert!(
        matches!(&there, PostgresError::Copy { message } if message.contains("default already")),
        "{there}"
    );
}

/// A session of whoever copies, which is how others know that it lives.
struct Copier(std::process::Child);

impl Copier {
    fn begin(server: &Postgres, schema: &str) -> Self {
        server.run(&format!(
            "INSERT INTO {schema}.namespaces (name, number, place, epoch, nonce, machine, process, since)
             VALUES ('~copy-default', 'half', 'somewhere', 3, 7, 'pogo9', 4711, 1700000000000);
             INSERT INTO {schema}.content SELECT id, '\\x00', '\\x00' FROM {schema}.namespaces"
        ));
        let mut session = server.session();
        let session = session
            .env("PGAPPNAME", "pogo copy 0000000000000007")
            .stdin(Stdio::piped());
        let copier = Self(session.spawn().unwrap());
        while !Self::is_seen(server) {}
        copier
    }

    fn is_seen(server: &Postgres) -> bool {
        let seen = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pogo copy 0000000000000007'";
        server.run(seen).trim() != "0"
    }

    fn end(mut self, server: &Postgres) {
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
        while Self::is_seen(server) {}
    }
}

#[test]
fn nobody_copies_to_where_somebody_copies_and_what_a_copy_left_is_replaced() {
    // Of its own: the session is looked for in the whole database.
    let Some(server) = Postgres::start() else { return };
    let (from, folder) = (filled(&server), tempfile::tempdir().unwrap());
    let path = folder.path().join("copy");
    to_directory(&from, (&path, folder.path())).unwrap();
    let directory = Store::open_existing(&path).unwrap();
    let to = open(&server);
    let copier = Copier::begin(&server, to.address().schema());
    let refused = from_directory(&directory, &to, folder.path()).unwrap_err().to_string();
    let wanted = format!(
        "default is being copied to {} just now by process 4711 of pogo9, since 2023-11-14 22:13:20 UTC; wait for \
         its end",
        to.address()
    );
    assert_eq!(refused, wanted);
    assert_eq!(block_on(to.namespaces()).unwrap(), Vec::<String>::new());
    copier.end(&server);
    from_directory(&directory, &to, folder.path()).unwrap();
    assert_eq!(of_postgres(&to), of_postgres(&from));
    let left = server.run(&format!("SELECT count(*) FROM {}.namespaces", to.address().schema()));
    assert_eq!(left.trim(), "1");
}

#[test]
fn a_copy_of_what_is_damaged_is_refused_and_leaves_nothing() {
    let Some(server) = Postgres::shared() else { return };
    let (from, folder) = (filled(server), tempfile::tempdir().unwrap());
    let path = folder.path().join("copy");
    to_directory(&from, (&path, folder.path())).unwrap();
    let content = path.join(format!("ns/default/content/{}.json.zst", Digest::of(FLEET)));
    std::fs::write(content, "x").unwrap();
    let to = open(server);
    let refused = from_directory(&Store::open_existing(&path).unwrap(), &to, folder.path()).unwrap_err();
    assert!(refused.to_string().contains("is damaged"), "{refused}");
    assert_eq!(block_on(to.namespaces()).unwrap(), Vec::<String>::new());
    let left = server.run(&format!("SELECT count(*) FROM {}.namespaces", to.address().schema()));
    assert_eq!(left.trim(), "0");
}
