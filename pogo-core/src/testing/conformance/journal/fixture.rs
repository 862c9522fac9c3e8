//! The fixture of the journal suite.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::BoxFuture;

use super::super::case::{EarlyEnd, PATIENCE, fail, skip, within};
use crate::Timestamp;
use crate::fleet::Fleet;
use crate::journal::{Acquire, Commit, Journal, JournalError, Nonce, OwnedJournal, Owner, OwnerId, Seq};
use crate::plan::{JobSpec, RemoteCommand};
use crate::policy::Policy;
use crate::scheduler::Record;
use crate::sim::World;

/// An empty journal, and how to open it once more.
///
/// ```
/// use std::sync::Arc;
/// use pogo_core::journal::{Journal, MemoryJournal};
/// use pogo_core::testing::conformance::JournalFixture;
///
/// let journal = MemoryJournal::new();
/// let again = journal.clone();
/// let live = journal.clone();
/// let fixture = JournalFixture::new(Arc::new(journal))
///     .reopened(move || {
///         let again: Arc<dyn Journal> = Arc::new(again.clone());
///         async { again }
///     })
///     .restorable(move || {
///         let (live, backup) = (live.clone(), live.backup());
///         async move { Box::pin(async move { live.restore(&backup) }) as _ }
///     });
/// # let _ = fixture;
/// ```
#[derive(Clone)]
pub struct JournalFixture {
    pub(super) journal: Arc<dyn Journal>,
    again: Option<Again>,
    back_up: Option<BackUp>,
    pub(super) patience: Duration,
}

type Again = Arc<dyn Fn() -> BoxFuture<'static, Arc<dyn Journal>> + Send + Sync>;
type BackUp = Arc<dyn Fn() -> BoxFuture<'static, BoxFuture<'static, ()>> + Send + Sync>;

impl JournalFixture {
    /// A fixture with an empty journal.
    pub fn new(journal: Arc<dyn Journal>) -> Self {
        Self {
            journal,
            again: None,
            back_up: None,
            patience: PATIENCE,
        }
    }

    /// Sets a function that opens the same store again, as another process would.
    pub fn reopened<F>(mut self, open: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Arc<dyn Journal>> + Send + 'static,
    {
        self.again = Some(Arc::new(move || Box::pin(open())));
        self
    }

    /// Sets a function that copies the store; the returned future restores the copy while the store is in use, as
    /// restoring a backup does. Owners from before the restore own nothing after it.
    pub fn restorable<F>(mut self, back_up: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = BoxFuture<'static, ()>> + Send + 'static,
    {
        self.back_up = Some(Arc::new(move || Box::pin(back_up())));
        self
    }

    /// Sets how long a case waits for an expected event, such as the loss of ownership. Default: two minutes.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Copies the store; the future that comes of it puts the copy back.
    pub(super) async fn back_up(&self) -> Result<BoxFuture<'static, ()>, EarlyEnd> {
        match &self.back_up {
            Some(back_up) => Ok(back_up().await),
            None => skip("the fixture cannot restore its store from a copy"),
        }
    }

    /// The same store, opened once more; everything of the first opening is dropped before.
    pub(super) async fn open_again(self) -> Result<Arc<dyn Journal>, EarlyEnd> {
        let Some(again) = self.again else {
            return skip("the fixture cannot open its store once more");
        };
        // A store may allow one opening at a time.
        drop(self.journal);
        Ok(again().await)
    }

    /// Acquires the journal once it is free.
    pub(super) async fn acquire(&self) -> Result<Box<dyn OwnedJournal>, EarlyEnd> {
        match within(self.patience, self.ask(Acquire::Wait)).await {
            Some(answer) => done("acquire a journal that nobody owns", answer),
            None => fail("a journal that nobody owns is not acquired by waiting for it"),
        }
    }

    /// Takes the journal over from its owner.
    pub(super) async fn take_over(&self) -> Result<Box<dyn OwnedJournal>, EarlyEnd> {
        match self.ask(Acquire::Force).await {
            Err(JournalError::Held { .. }) => skip("the store never takes over from an owner that lives"),
            answer => done("acquire by force", answer),
        }
    }

    /// Asks for the journal, with a nonce of its own.
    pub(super) async fn ask(&self, how: Acquire) -> Result<Box<dyn OwnedJournal>, JournalError> {
        self.journal.acquire(claim(), how).await
    }

    /// All records from a position on, and the position after them.
    pub(super) async fn read_from(&self, from: Seq) -> Result<(Vec<Record>, Seq), EarlyEnd> {
        read_all(&*self.journal, from).await
    }
}

impl fmt::Debug for JournalFixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JournalFixture")
            .field("opens_again", &self.again.is_some())
            .finish_non_exhaustive()
    }
}

/// What should have worked.
pub(super) fn done<T>(what: &str, answer: Result<T, JournalError>) -> Result<T, EarlyEnd> {
    answer.or_else(|error| fail(format_args!("{what} gives an error: {error} ({error:?})")))
}

/// All records from a position on, page by page.
pub(super) async fn read_all(journal: &dyn Journal, from: Seq) -> Result<(Vec<Record>, Seq), EarlyEnd> {
    let (mut records, mut at) = (vec![], from);
    loop {
        let page = done("read", journal.read(at).await)?;
        let next = Seq(at.0 + len(&page.records));
        // A page that says too much would hide records, and one that says too little would repeat
        // them.
        if page.next != next {
            return fail(format_args!(
                "a page from {at} with {} records goes on at {}, and not at {next}",
                page.records.len(),
                page.next
            ));
        }
        if page.records.is_empty() {
            return Ok((records, at));
        }
        records.extend(page.records);
        at = next;
    }
}

pub(super) fn len(records: &[Record]) -> u64 {
    u64::try_from(records.len()).unwrap_or(u64::MAX)
}

/// The log of a simulated rollout, of more than four records per host.
pub(super) fn log(hosts: u32) -> Vec<Record> {
    let fleet = Fleet::builder().tagged("web", &format!("web[1-{hosts}]"));
    // Quotes, line breaks and characters of two and four bytes: what a store may spoil when it
    // writes text.
    let command = RemoteCommand::shell("printf 'ä \"\\n\\t\\u{1f980}'\n# second line");
    let world = || {
        let spec = JobSpec::new("$web".parse().ok()?, command);
        let mut world = World::new(fleet.build().ok()?, Policy::default()).ok()?;
        world.submit(spec).ok()?;
        Some(world.run().records)
    };
    world().unwrap_or_default()
}

/// Somebody who asks for the journal, with a nonce that nobody had before.
pub(super) fn claim() -> Owner {
    // Over all fixtures of a process: some of them may open the same store.
    static NONCES: AtomicU64 = AtomicU64::new(1);
    Owner {
        id: OwnerId("conformance".into()),
        nonce: Nonce(NONCES.fetch_add(1, Ordering::Relaxed)),
        since: Timestamp::from_millis(1_234_567_890_123),
    }
}

/// A commit of these records.
pub(super) fn commit(at: Seq, records: &[Record]) -> Commit {
    Commit::new(at, records.to_vec())
}
