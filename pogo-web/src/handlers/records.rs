//! Everything that happened in a namespace.

use std::ops::ControlFlow;

use pogo_api::wire::{NamespaceRecords, ProblemKind};
use pogo_core::journal::{ContentLoader, Journal, JournalError, Seq};
use pogo_core::scheduler::{Event, NamespaceEventKind, Record};
use pogo_core::stream::StreamRecord;

use crate::json::{Reply, large_document};
use crate::refusal::Refusal;
use crate::request::Request;

/// Records in an answer where nothing is said, and the most: a few megabytes.
const RECORDS: usize = 2_000;
const MOST_RECORDS: usize = 10_000;

pub(crate) async fn records(mut request: Request) -> Reply {
    let journal = request.namespace()?.journal.clone();
    let parameters = &mut request.parameters;
    let after: Option<u64> = parameters.optional("after")?;
    let limit: usize = parameters.optional("limit")?.unwrap_or(RECORDS);
    request.parameters.finish()?;
    let journal = journal.ok_or_else(no_journal)?;
    let from = Seq(after.map_or(0, |after| after.saturating_add(1)));
    let page = read(&*journal, from, limit.clamp(1, MOST_RECORDS)).await?;
    large_document(page).await
}

/// Some records from here on, or from the first on that there is.
async fn read(journal: &dyn Journal, from: Seq, limit: usize) -> Result<NamespaceRecords, JournalError> {
    let (mut from, mut first) = (from, None);
    loop {
        match read_page(journal, from, limit).await {
            // Again and again: a busy journal may be compacted once more before it is read at its new beginning.
            Err(JournalError::Compacted { first: begins }) if begins > from => (from, first) = (begins, Some(begins)),
            page => {
                let page = page?;
                let next = page.last().map(|last| last.seq);
                return Ok(NamespaceRecords::new(page, next, first));
            }
        }
    }
}

async fn read_page(journal: &dyn Journal, from: Seq, limit: usize) -> Result<Vec<StreamRecord>, JournalError> {
    let page = journal.read(from).await?;
    let begin = page.next.0.saturating_sub(page.records.len() as u64);
    let mut records = part(page.records, limit);
    ContentLoader::new().load(journal, &mut records).await?;
    let numbered = (begin..).map(Seq).zip(records);
    Ok(numbered.map(|(seq, record)| StreamRecord::new(seq, record)).collect())
}

/// The first of these records: up to one that has a whole fleet, of which a page would have as many as were applied.
fn part(records: Vec<Record>, limit: usize) -> Vec<Record> {
    let mut taken = vec![];
    let _ = records.into_iter().take(limit).try_for_each(|record| {
        let is_large = has_fleet(&record);
        taken.push(record);
        match is_large {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    taken
}

fn has_fleet(record: &Record) -> bool {
    let Event::Namespace(event) = &record.event else {
        return false;
    };
    matches!(event.kind, NamespaceEventKind::Configured { .. })
}

fn no_journal() -> Refusal {
    let said = "the journal of this namespace is not at hand here; give it to the server";
    Refusal::new(ProblemKind::NoHistoryKept, said)
}
