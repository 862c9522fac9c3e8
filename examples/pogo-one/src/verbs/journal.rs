//! Everything that happened in a namespace, as a log: limits count what all jobs do, so a job cannot be judged by its
//! own records.

use std::sync::Arc;

use pogo_core::history::JobFilter;
use pogo_core::journal::{ContentLoader, Journal, JournalError, Seq};
use pogo_core::scheduler::{JobId, Record};

use crate::cli::{JobArg, PlaceArgs, StoreChoice};
use crate::exit::CliError;
use crate::log::Log;
use crate::service::{Place, PlaceStore};
use crate::store::{KeptNamespace, open_to_look, refused};

/// The journal of a namespace from its first record on, and the job in it that was named.
pub(crate) fn journal_of(args: &PlaceArgs, job: JobArg) -> Result<(Log, JobId), CliError> {
    let place = Place::kept(args)?;
    let name = place.namespace().as_str();
    let runtime = tokio::runtime::Runtime::new().map_err(CliError::broken)?;
    let kept: Box<dyn KeptNamespace> = match place.store() {
        // Nothing is made where there is no store.
        PlaceStore::Dir(path) => {
            let store = open_to_look(Some(&StoreChoice::Dir(path.clone())))?;
            Box::new(store.namespace(name).map_err(refused)?)
        }
        PlaceStore::At(_) | PlaceStore::Server(_) => runtime.block_on(place.open())?,
    };
    let records = runtime.block_on(async {
        match read(kept.journal()).await {
            Err(JournalError::Compacted { first }) => Err(lacks_records(&*kept, (name, first), job).await?),
            records => records.map_err(CliError::broken),
        }
    })?;
    let submitted = |record: &Record| record.event.submitted();
    let found = match job {
        JobArg::Last => records.iter().rev().find_map(submitted),
        JobArg::Number(job) => records.iter().filter_map(submitted).find(|known| *known == job),
    };
    let found = found.ok_or_else(no_such_job)?;
    Ok((Log::of_job(format!("journal of {name}"), records), found))
}

/// The refusal of a journal that begins with this record: what is missing, from when on it is there, and what there is
/// of the job.
async fn lacks_records(
    kept: &dyn KeptNamespace,
    (name, first): (&str, Seq),
    job: JobArg,
) -> Result<CliError, CliError> {
    let page = kept.journal().read(first).await.map_err(CliError::broken)?;
    let mut filter = JobFilter::new().limit(1);
    if let JobArg::Number(job) = job {
        filter = filter.before(JobId::new(job.number().saturating_add(1)));
    }
    let jobs = kept.history().jobs(&filter).await.map_err(CliError::broken)?;
    let found = jobs.entries.first().filter(|entry| match job {
        JobArg::Last => true,
        JobArg::Number(job) => entry.job == job,
    });
    let found = found.ok_or_else(no_such_job)?;
    let (number, submitted) = (found.job.number(), found.submitted.at);
    let since = page
        .records
        .first()
        .map_or_else(String::new, |record| format!(", of {}", record.at.utc()));
    Ok(CliError::usage(format!(
        "job {number} cannot be audited: limits count what all jobs do, and the journal of {name} no longer has what \
         happened before its record {first}{since}; the job was submitted at {}. Its own records are kept: \
         `pogo events {number}` and `pogo timeline {number}` show them. `pogo run --events FILE` writes a log \
         that `pogo audit FILE` reads at any time",
        submitted.utc()
    )))
}

fn no_such_job() -> CliError {
    CliError::usage("there is no such job; `pogo jobs` lists those that there are")
}

async fn read(journal: Arc<dyn Journal>) -> Result<Vec<Record>, JournalError> {
    let (mut records, mut next, mut content) = (vec![], Seq(0), ContentLoader::new());
    loop {
        let mut page = journal.read(next).await?;
        if page.records.is_empty() {
            return Ok(records);
        }
        content.load(&*journal, &mut page.records).await?;
        records.append(&mut page.records);
        next = page.next;
    }
}
