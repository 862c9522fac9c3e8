//! Everything that happened in a namespace: limits count what all jobs do, so a job cannot be judged by its own
//! records.

use pogo_core::history::{JobFilter, JobPage};
use pogo_core::journal::{ContentLoader, JournalError, Seq};
use pogo_core::scheduler::{JobId, Record};

use super::session::{Session, with_place};
use crate::cli::{JobArg, PlaceArgs, StoreChoice};
use crate::exit::CliError;
use crate::service::{Place, PlaceStore, client_error};
use crate::store::{KeptNamespace, open_to_look, refused};

/// What was read of a namespace, and the job in it that was named.
pub(crate) struct ReadJournal {
    /// What was read, as messages name it.
    pub(crate) name: String,
    /// How many records it has.
    pub(crate) count: usize,
    pub(crate) job: JobId,
}

/// Passes on each record of a namespace from its first on, and finds the job that was named. None but those of a page
/// are kept, however long the journal is. A server has it read out, and a store is read as it is.
pub(crate) fn each_of_journal(
    args: &PlaceArgs,
    job: JobArg,
    each: impl FnMut(&Record),
) -> Result<ReadJournal, CliError> {
    let place = Place::asked_by(args)?;
    let reader = Reader {
        name: place.namespace().to_string(),
        wanted: job,
        found: None,
        count: 0,
        each,
    };
    match place.server() {
        Some(_) => with_place(place, async |session| reader.of_server(session).await),
        None => {
            let runtime = tokio::runtime::Runtime::new().map_err(CliError::broken)?;
            runtime.block_on(async { reader.of_store(&*opened(&place).await?).await })
        }
    }
}

async fn opened(place: &Place) -> Result<Box<dyn KeptNamespace>, CliError> {
    match place.store() {
        // Nothing is made where there is no store.
        PlaceStore::Dir(path) => {
            let store = open_to_look(Some(&StoreChoice::Dir(path.clone())))?;
            let namespace = store.namespace(place.namespace().as_str()).map_err(refused)?;
            Ok(Box::new(namespace))
        }
        PlaceStore::At(_) | PlaceStore::Server(_) => place.open().await,
    }
}

struct Reader<F> {
    /// The namespace.
    name: String,
    wanted: JobArg,
    found: Option<JobId>,
    count: usize,
    each: F,
}

impl<F: FnMut(&Record)> Reader<F> {
    async fn of_store(mut self, kept: &dyn KeptNamespace) -> Result<ReadJournal, CliError> {
        let (journal, mut next, mut content) = (kept.journal(), Seq(0), ContentLoader::new());
        loop {
            let mut page = match journal.read(next).await {
                Err(JournalError::Compacted { first }) => {
                    let page = journal.read(first).await.map_err(CliError::broken)?;
                    let jobs = kept.history().jobs(&self.row()).await.map_err(CliError::broken)?;
                    return Err(self.lacks_records((first, page.records.first()), &jobs));
                }
                page => page.map_err(CliError::broken)?,
            };
            if page.records.is_empty() {
                return self.finish();
            }
            let loaded = content.load(&*journal, &mut page.records).await;
            loaded.map_err(CliError::broken)?;
            page.records.iter().for_each(|record| self.take(record));
            next = page.next;
        }
    }

    async fn of_server(mut self, session: &Session) -> Result<ReadJournal, CliError> {
        let mut after = None;
        loop {
            let page = session.client.records(after).await.map_err(client_error)?;
            if let Some(first) = page.first {
                let jobs = session.client.history(&self.row()).await.map_err(client_error)?;
                let record = page.records.first().map(|record| &record.record);
                return Err(self.lacks_records((first, record), &jobs));
            }
            page.records.iter().for_each(|record| self.take(&record.record));
            match page.next {
                Some(next) => after = Some(next),
                None => return self.finish(),
            }
        }
    }

    fn take(&mut self, record: &Record) {
        self.count += 1;
        let submitted = record.event.submitted().filter(|job| self.is_wanted(*job));
        self.found = submitted.or(self.found);
        (self.each)(record);
    }

    fn is_wanted(&self, found: JobId) -> bool {
        match self.wanted {
            JobArg::Last => true,
            JobArg::Number(job) => job == found,
        }
    }

    fn finish(self) -> Result<ReadJournal, CliError> {
        Ok(ReadJournal {
            name: format!("journal of {}", self.name),
            count: self.count,
            job: self.found.ok_or_else(no_such_job)?,
        })
    }

    /// The row of the job in the list of jobs, where there is one.
    fn row(&self) -> JobFilter {
        let filter = JobFilter::new().limit(1);
        match self.wanted {
            JobArg::Last => filter,
            JobArg::Number(job) => filter.before(JobId::new(job.number().saturating_add(1))),
        }
    }

    /// The refusal of a journal that begins with this record: what is missing, from when on it is there, and what there
    /// is of the job.
    fn lacks_records(&self, (first, record): (Seq, Option<&Record>), jobs: &JobPage) -> CliError {
        let Some(found) = jobs.entries.first().filter(|entry| self.is_wanted(entry.job)) else {
            return no_such_job();
        };
        let name = &self.name;
        let (number, submitted) = (found.job.number(), found.submitted.at);
        let since = record.map_or_else(String::new, |record| format!(", of {}", record.at.utc()));
        CliError::usage(format!(
            "job {number} cannot be audited: limits count what all jobs do, and the journal of {name} no longer has \
             what happened before its record {first}{since}; the job was submitted at {}. Its own records are kept: \
             `pogo events {number}` and `pogo timeline {number}` show them. `pogo run --events FILE` writes a log \
             that `pogo audit FILE` reads at any time",
            submitted.utc()
        ))
    }
}

fn no_such_job() -> CliError {
    CliError::usage("there is no such job; `pogo jobs` lists those that there are")
}
