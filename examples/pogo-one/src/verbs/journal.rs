//! Everything that happened in a namespace, since limits count what all jobs do. Where the journal is compacted, a
//! job's own records.

use pogo_core::history::{JobEventsQuery, JobFilter, JobPage};
use pogo_core::journal::{ContentLoader, JournalError, Seq};
use pogo_core::scheduler::{Event, JobEvent, JobEventKind, JobId, Record};

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
    /// Why the records of the job are all that was read.
    pub(crate) lacks: Option<String>,
}

/// What is passed on of a namespace.
pub(crate) enum JournalPart<'a> {
    /// A record of the namespace, in order.
    Record(&'a Record),
    /// The journal lacks its first records. All records behind this are the job's own, from its first on.
    OwnRecords(JobId),
}

/// Passes on each record of a namespace from its first on, and finds the job that was named. None but those of a page
/// are kept, however long the journal is. A server has it read out, and a store is read as it is. Where the journal is
/// compacted, the records of that job follow instead.
pub(crate) fn each_of_journal(
    args: &PlaceArgs,
    job: JobArg,
    each: impl FnMut(JournalPart<'_>),
) -> Result<ReadJournal, CliError> {
    let place = Place::asked_by(args)?;
    let reader = Reader {
        name: place.namespace().to_string(),
        wanted: job,
        found: None,
        lacks: None,
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
    lacks: Option<String>,
    count: usize,
    each: F,
}

impl<F: FnMut(JournalPart<'_>)> Reader<F> {
    async fn of_store(mut self, kept: &dyn KeptNamespace) -> Result<ReadJournal, CliError> {
        let (journal, mut next, mut content) = (kept.journal(), Seq(0), ContentLoader::new());
        loop {
            let mut page = match journal.read(next).await {
                Err(JournalError::Compacted { first }) => {
                    let page = journal.read(first).await.map_err(CliError::broken)?;
                    let jobs = kept.history().jobs(&self.row()).await.map_err(CliError::broken)?;
                    self.begin_own((first, page.records.first()), &jobs)?;
                    return self.own_of_store(kept).await;
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
                let job = self.begin_own((first, record), &jobs)?;
                let own = session.each_record(job, None, |record| self.take_own(&record));
                own.await?;
                return self.finish();
            }
            page.records.iter().for_each(|record| self.take(&record.record));
            match page.next {
                Some(next) => after = Some(next),
                None => return self.finish(),
            }
        }
    }

    async fn own_of_store(mut self, kept: &dyn KeptNamespace) -> Result<ReadJournal, CliError> {
        let job = self.found.ok_or_else(no_such_job)?;
        let (history, mut query) = (kept.history(), JobEventsQuery::of(job));
        loop {
            let part = history.job_events(&query).await.map_err(CliError::broken)?;
            part.records.iter().try_for_each(|(_, record)| self.take_own(record))?;
            match part.next {
                Some(next) => query = query.after(next),
                None => return self.finish(),
            }
        }
    }

    fn take(&mut self, record: &Record) {
        self.count += 1;
        let submitted = record.event.submitted().filter(|job| self.is_wanted(*job));
        self.found = submitted.or(self.found);
        (self.each)(JournalPart::Record(record));
    }

    /// Takes a record of the job alone, of which the first says with which settings it was submitted.
    fn take_own(&mut self, record: &Record) -> Result<(), CliError> {
        if self.count == 0 && !has_settings(record) {
            return Err(self.unjudged());
        }
        self.take(record);
        Ok(())
    }

    /// The refusal of a job of which too little is kept.
    fn unjudged(&self) -> CliError {
        let (number, lacks) = (self.found.map_or(0, JobId::number), self.lacks.as_deref());
        CliError::usage(format!(
            "job {number} cannot be audited: {}, and the job's own records do not begin with its settings. \
             `pogo events {number}` shows those that are kept. `pogo run --events FILE` writes a log that \
             `pogo audit FILE` reads at any time",
            lacks.unwrap_or_default()
        ))
    }

    fn is_wanted(&self, found: JobId) -> bool {
        match self.wanted {
            JobArg::Last => true,
            JobArg::Number(job) => job == found,
        }
    }

    fn finish(self) -> Result<ReadJournal, CliError> {
        let job = self.found.ok_or_else(no_such_job)?;
        // They have expired, and the list of jobs still has a row.
        if self.lacks.is_some() && self.count == 0 {
            return Err(self.unjudged());
        }
        Ok(ReadJournal {
            name: match &self.lacks {
                Some(_) => format!("records of job {}", job.number()),
                None => format!("journal of {}", self.name),
            },
            count: self.count,
            job,
            lacks: self.lacks,
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

    /// Reads the job's own records from here on, since the journal begins with this record.
    fn begin_own(&mut self, (first, record): (Seq, Option<&Record>), jobs: &JobPage) -> Result<JobId, CliError> {
        let found = jobs.entries.first().filter(|entry| self.is_wanted(entry.job));
        let job = found.ok_or_else(no_such_job)?.job;
        let since = record.map_or_else(String::new, |record| format!(", of {}", record.at.utc()));
        let name = &self.name;
        let lacks = format!("the journal of {name} no longer has what happened before its record {first}{since}");
        // What was read before it was compacted counts no more.
        (self.found, self.lacks, self.count) = (Some(job), Some(lacks), 0);
        (self.each)(JournalPart::OwnRecords(job));
        Ok(job)
    }
}

/// Whether a record submits a job with all its settings. Those of early versions left out what the policy said.
fn has_settings(record: &Record) -> bool {
    match &record.event {
        Event::Job(JobEvent {
            kind: JobEventKind::Submitted { spec, .. },
            ..
        }) => spec.settings.attempt_timeout.is_some() && spec.settings.retries.is_some(),
        _ => false,
    }
}

fn no_such_job() -> CliError {
    CliError::usage("there is no such job; `pogo jobs` lists those that there are")
}
