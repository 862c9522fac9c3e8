//! Everything that happened in a namespace, as a log: limits count what all jobs do, so a job cannot be judged by its
//! own records.

use std::sync::Arc;

use pogo_core::journal::{ContentLoader, Journal, JournalError, Seq};
use pogo_core::scheduler::{JobId, Record};

use crate::cli::{JobArg, PlaceArgs, StoreChoice};
use crate::exit::CliError;
use crate::log::Log;
use crate::service::{Place, PlaceStore};
use crate::store::{open_to_look, refused};

/// The journal of a namespace from its first record on, and the job in it that was named.
pub(crate) fn journal_of(args: &PlaceArgs, job: JobArg) -> Result<(Log, JobId), CliError> {
    let place = Place::kept(args)?;
    let name = place.namespace().as_str();
    let runtime = tokio::runtime::Runtime::new().map_err(CliError::broken)?;
    let journal: Arc<dyn Journal> = match place.store() {
        // Nothing is made where there is no store.
        PlaceStore::Dir(path) => {
            let store = open_to_look(Some(&StoreChoice::Dir(path.clone())))?;
            store.namespace(name).map_err(refused)?.journal()
        }
        PlaceStore::At(_) | PlaceStore::Server(_) => runtime.block_on(place.open())?.journal(),
    };
    let records = runtime.block_on(read(journal)).map_err(|error| match error {
        JournalError::Compacted { first } => CliError::usage(format!(
            "the journal of {name} no longer has records before {first}, so what jobs did beside each other \
             cannot be judged from it; \
             `pogo run --events FILE` writes a log that `pogo audit FILE` reads"
        )),
        error => CliError::broken(error),
    })?;
    let submitted = |record: &Record| record.event.submitted();
    let found = match job {
        JobArg::Last => records.iter().rev().find_map(submitted),
        JobArg::Number(job) => records.iter().filter_map(submitted).find(|known| *known == job),
    };
    let found = found.ok_or_else(|| CliError::usage("there is no such job; `pogo jobs` lists those that there are"))?;
    Ok((Log::of_job(format!("journal of {name}"), records), found))
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
