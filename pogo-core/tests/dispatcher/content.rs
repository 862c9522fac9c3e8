//! Fleets and policies beside the journal: stored once, before what names them, and loaded before it is applied.

use std::num::NonZeroU64;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::StreamExt;
use futures::executor::block_on;
use pogo_core::Digest;
use pogo_core::dispatcher::{DispatchError, Dispatcher, DispatcherBuilder, Handle, Observer};
use pogo_core::fleet::Fleet;
use pogo_core::journal::{
    Commit, ContentLoader, Journal, JournalError, MemoryJournal, OwnedJournal, Seq, Snapshot, replay, stored_len,
};
use pogo_core::policy::Policy;
use pogo_core::scheduler::{ApplyError, Record, RestoreError, Scheduler};

use super::intercepted::{Intercepted, Interceptor};
use super::shop::{Counting, Patient, fleet_and_policy};

/// What was put and appended, and what is done with content.
#[derive(Default)]
struct Librarian {
    seen: Mutex<Vec<String>>,
    answers: Mutex<Answers>,
}

#[derive(Default)]
struct Answers {
    missing: bool,
    damaged: bool,
    /// Content cannot be put so often.
    away: usize,
}

#[async_trait]
impl Interceptor for Librarian {
    async fn append(&self, journal: &mut dyn OwnedJournal, commit: &Commit) -> Result<Seq, JournalError> {
        self.note(format!("{} records", commit.records.len()));
        journal.append(commit).await
    }

    async fn content(&self, journal: &MemoryJournal, digest: Digest) -> Result<Vec<u8>, JournalError> {
        let mut bytes = journal.content(digest).await?;
        let answers = self.answers.lock().unwrap();
        if answers.missing {
            return Err(JournalError::NoContent { digest });
        }
        if answers.damaged {
            bytes.push(b' ');
        }
        Ok(bytes)
    }

    async fn put_content(
        &self,
        journal: &mut dyn OwnedJournal,
        digest: Digest,
        bytes: &[u8],
    ) -> Result<(), JournalError> {
        if self.is_away() {
            let message = "away".to_owned();
            return Err(JournalError::Unavailable { message });
        }
        self.note(String::from_utf8_lossy(&bytes[..bytes.len().min(8)]).into_owned());
        journal.put_content(digest, bytes).await
    }
}

impl Librarian {
    fn is_away(&self) -> bool {
        let mut answers = self.answers.lock().unwrap();
        let away = answers.away > 0;
        answers.away = answers.away.saturating_sub(1);
        away
    }

    fn note(&self, what: String) {
        self.seen.lock().unwrap().push(what);
    }
}

#[derive(Clone)]
struct Library(Arc<Intercepted<Librarian>>);

impl Library {
    fn new() -> Self {
        Self(Arc::new(Intercepted::new(Librarian::default())))
    }

    /// What was put since the last time, by what it begins with, and how many records were appended.
    fn seen(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.interceptor.seen.lock().unwrap())
    }

    fn answer(&self, answers: Answers) {
        *self.0.interceptor.answers.lock().unwrap() = answers;
    }

    fn builder(&self) -> DispatcherBuilder {
        let builder = Dispatcher::builder(Arc::<Counting>::default()).journal(Arc::clone(&self.0) as _);
        builder.clock(Arc::new(Patient::default()))
    }

    fn records(&self) -> Vec<Record> {
        block_on(self.0.read(Seq(0))).unwrap().records
    }

    fn snapshot(&self) -> (Seq, Snapshot) {
        block_on(self.0.latest_snapshot()).unwrap().unwrap()
    }
}

/// Runs a dispatcher that somebody steers.
fn run<F: Future<Output = ()>>(builder: DispatcherBuilder, steer: impl FnOnce(Handle) -> F) -> Scheduler {
    block_on(async {
        let (dispatcher, handle) = builder.build().await.unwrap();
        futures::join!(dispatcher.run(), steer(handle)).0.unwrap()
    })
}

async fn configure(handle: Handle) {
    let (fleet, policy) = fleet_and_policy();
    handle.configure(fleet, policy).await.unwrap();
}

const FLEET: &str = r#"{"hosts""#;
const POLICY: &str = r#"{"constr"#;

#[test]
fn content_is_put_before_the_record_that_names_it() {
    let library = Library::new();
    let ended = run(library.builder(), configure);
    assert_eq!(library.seen(), [FLEET, POLICY, "1 records"]);
    let mut records = library.records();
    let digests: Vec<Digest> = records[0].digests().collect();
    for digest in &digests {
        let bytes = block_on(library.0.inner.content(*digest)).unwrap();
        assert_eq!(Digest::of(&bytes), *digest);
    }
    assert_eq!(digests.len(), 2);
    let unloaded = replay(&records).unwrap_err();
    assert!(matches!(unloaded.error, ApplyError::Content(named) if named.digest == digests[0]));
    block_on(ContentLoader::new().load(&*library.0, &mut records)).unwrap();
    assert!(replay(&records).unwrap().same_state(&ended));
    assert_eq!(records, library.0.inner.records());
}

#[test]
fn content_that_is_there_is_not_put_again() {
    let library = Library::new();
    let (fleet, policy) = fleet_and_policy();
    let more = Fleet::builder().tagged("web", "web[1-5]").build().unwrap();
    run(library.builder(), async |handle| {
        configure(handle.clone()).await;
        library.seen();
        // An equal fleet that somebody read anew.
        let same = Fleet::clone(&fleet);
        handle.configure(Arc::new(same), Arc::default()).await.unwrap();
        assert_eq!(library.seen(), [r#"{"defaul"#, "1 records"]);
        handle.configure(Arc::new(more), Arc::default()).await.unwrap();
        assert_eq!(library.seen(), [FLEET, "1 records"]);
    });
    // The next dispatcher knows it from the records.
    run(library.builder(), async |handle| {
        library.seen();
        let more = Fleet::builder().tagged("web", "web[1-5]").build().unwrap();
        handle.configure(Arc::new(more), policy).await.unwrap();
        assert_eq!(library.seen(), [POLICY, "1 records"]);
    });
}

#[test]
fn a_snapshot_names_its_content_and_the_next_dispatcher_loads_it() {
    let library = Library::new();
    let every = NonZeroU64::new(1).unwrap();
    let ended = run(library.builder().snapshot_every(every), configure);
    let (upto, stored) = library.snapshot();
    let records = library.records();
    let named: Vec<Digest> = records[0].digests().collect();
    assert_eq!((upto, stored.digests().collect::<Vec<_>>()), (Seq(1), named));
    assert!(matches!(Scheduler::restore(&stored), Err(RestoreError::Content(_))));
    let restored = run(library.builder().snapshot_every(every), async |_| ());
    assert_eq!((restored.fleet(), restored.policy()), (ended.fleet(), ended.policy()));
    // What it restored from is named in the next snapshot too.
    let (upto, stored) = library.snapshot();
    assert!(upto > Seq(1) && stored.digests().count() == 2);
}

#[test]
fn content_that_is_missing_or_damaged_is_an_error_that_names_it() {
    let library = Library::new();
    run(library.builder(), configure);
    let digest = library.records()[0].digests().next().unwrap();
    for (missing, damaged, wanted) in [
        (true, false, JournalError::NoContent { digest }),
        (false, true, JournalError::DamagedContent { digest }),
    ] {
        library.answer(Answers {
            missing,
            damaged,
            away: 0,
        });
        let refused = block_on(library.builder().build()).map(drop).unwrap_err();
        assert!(refused.to_string().contains(&digest.to_string()), "{refused}");
        assert!(matches!(refused, DispatchError::Journal(error) if error == wanted));
    }
}

#[test]
fn whoever_follows_gets_content_or_an_error_in_its_place() {
    let library = Library::new();
    run(library.builder(), async |handle| {
        configure(handle.clone()).await;
        let mut records = handle.records(Seq(0));
        let (_, first) = records.next().await.unwrap().unwrap();
        assert_eq!(first.digests().count(), 0);
        library.answer(Answers {
            missing: true,
            ..Answers::default()
        });
        let mut records = handle.records(Seq(0));
        assert!(matches!(
            records.next().await,
            Some(Err(JournalError::NoContent { .. }))
        ));
        assert_eq!(records.next().await, None);
    });
}

#[test]
fn content_is_put_again_where_the_journal_was_away() {
    let library = Library::new();
    library.answer(Answers {
        away: 3,
        ..Answers::default()
    });
    run(library.builder(), configure);
    assert_eq!(library.seen(), [FLEET, POLICY, "1 records"]);
}

/// Keeps the records that it is shown.
#[derive(Default)]
struct Shown(Mutex<Vec<Record>>);

impl Observer for Shown {
    fn event(&self, record: &Record) {
        self.0.lock().unwrap().push(record.clone());
    }
}

#[test]
fn observers_are_shown_what_a_log_that_is_kept_by_itself_needs() {
    let library = Library::new();
    let shown = Arc::<Shown>::default();
    let ended = run(library.builder().observer(Arc::clone(&shown) as _), configure);
    let records = shown.0.lock().unwrap();
    assert!(replay(&*records).unwrap().same_state(&ended));
}

#[test]
fn a_fleet_of_any_size_fits_where_commits_are_small() {
    let journal = MemoryJournal::new().with_max_commit(1_000);
    let builder = Dispatcher::builder(Arc::<Counting>::default()).journal(Arc::new(journal.clone()));
    let names: Vec<String> = (0..2_000).map(|n| format!("h{}", n * 7_919 % 100_003)).collect();
    let fleet = Fleet::builder().hosts(&names.join(",")).build().unwrap();
    let ended = run(builder, async |handle| {
        handle
            .configure(Arc::new(fleet), Arc::new(Policy::default()))
            .await
            .unwrap();
    });
    assert_eq!(ended.fleet().len(), 2_000);
    let records = block_on(journal.read(Seq(0))).unwrap().records;
    assert!(stored_len(&records[0]) < 300, "{}", stored_len(&records[0]));
}
