//! What a suite may do with a journal, and what it stores there.

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::super::case::{EarlyEnd, fail, skip};
use crate::fleet::Fleet;
use crate::journal::{Commit, CommitId, Journal, JournalError, OwnedJournal, OwnerId, Seq};
use crate::plan::{Command, JobSpec};
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
/// let fixture = JournalFixture::new(Arc::new(journal)).reopened(move || {
///     let again: Arc<dyn Journal> = Arc::new(again.clone());
///     async { again }
/// });
/// # let _ = fixture;
/// ```
#[derive(Clone)]
pub struct JournalFixture {
    pub(super) journal: Arc<dyn Journal>,
    again: Option<Again>,
}

type Again = Arc<dyn Fn() -> BoxFuture<'static, Arc<dyn Journal>> + Send + Sync>;

impl JournalFixture {
    /// An empty journal.
    pub fn new(journal: Arc<dyn Journal>) -> Self {
        Self { journal, again: None }
    }

    /// Gives a way to open the same store once more, as another process would that knows nothing of the first.
    pub fn reopened<F>(mut self, open: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Arc<dyn Journal>> + Send + 'static,
    {
        self.again = Some(Arc::new(move || Box::pin(open())));
        self
    }

    /// The same store, opened once more; everything of the first opening is dropped before.
    pub(super) async fn open_again(self) -> Result<Arc<dyn Journal>, EarlyEnd> {
        let Some(again) = self.again else {
            return skip("the fixture cannot open its store once more");
        };
        drop(self.journal);
        Ok(again().await)
    }

    pub(super) async fn acquire(&self) -> Result<Box<dyn OwnedJournal>, EarlyEnd> {
        done("acquire", self.journal.acquire(OwnerId("conformance".into())).await)
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
    let command = Command::shell("printf 'ä \"\\n\\t\\u{1f980}'\n# second line");
    let world = || {
        let spec = JobSpec::new("$web".parse().ok()?, command);
        let mut world = World::new(fleet.build().ok()?, Policy::default()).ok()?;
        world.submit(spec).ok()?;
        Some(world.run().records)
    };
    world().unwrap_or_default()
}

/// A commit of this owner.
pub(super) fn commit(owner: &dyn OwnedJournal, number: u64, at: Seq, records: &[Record]) -> Commit {
    let id = CommitId {
        epoch: owner.epoch(),
        number,
    };
    Commit::new(id, at, records.to_vec())
}
