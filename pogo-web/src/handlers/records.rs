//! Everything that happened in a namespace.

use std::ops::ControlFlow;

use pogo_api::wire::{NamespaceRecords, ProblemKind};
use pogo_core::journal::{ContentLoader, Journal, JournalError, Page, Seq};
use pogo_core::scheduler::{Event, NamespaceEventKind, Record};
use pogo_core::stream::StreamRecord;

use crate::json::{Reply, large_document};
use crate::page_bytes::PageBytes;
use crate::refusal::Refusal;
use crate::request::Request;

/// Records in an answer where nothing is said, and the most.
const RECORDS: usize = 2_000;
const MOST_RECORDS: usize = 10_000;

pub(crate) async fn records(mut request: Request) -> Reply {
    let journal = request.namespace()?.journal.clone();
    let parameters = &mut request.parameters;
    let after: Option<u64> = parameters.optional("after")?;
    let limit: usize = parameters.optional("limit")?.unwrap_or(RECORDS);
    std::mem::take(parameters).finish()?;
    let journal = journal.ok_or_else(no_journal)?;
    let from = Seq(after.map_or(0, |after| after.saturating_add(1)));
    let most = MostRecords {
        records: limit.clamp(1, MOST_RECORDS),
        bytes: request.shared().limits.records,
    };
    let page = read(&*journal, from, most).await?;
    large_document(page).await
}

/// How much a page has at most.
#[derive(Clone, Copy)]
struct MostRecords {
    records: usize,
    bytes: usize,
}

/// Some records from here on, or from the first on that there is.
async fn read(journal: &dyn Journal, from: Seq, most: MostRecords) -> Result<NamespaceRecords, Refusal> {
    let (mut from, mut first) = (from, None);
    loop {
        match journal.read(from).await {
            // Again and again: a busy journal may be compacted once more before it is read at its new beginning.
            Err(JournalError::Compacted { first: begins }) if begins > from => (from, first) = (begins, Some(begins)),
            page => {
                let records = part(journal, page?, most).await?;
                let next = records.last().map(|last| last.seq);
                return Ok(NamespaceRecords::new(records, next, first));
            }
        }
    }
}

/// The first records of a page of the journal, with what they name.
async fn part(journal: &dyn Journal, page: Page, most: MostRecords) -> Result<Vec<StreamRecord>, Refusal> {
    // To count bytes is to write them, which takes as long as the answer does.
    let taken = tokio::task::spawn_blocking(move || taken(page, most)).await;
    let mut taken = taken.map_err(|error| Refusal::new(ProblemKind::Internal, error))?;
    let mut content = ContentLoader::new();
    for record in &mut taken {
        content.load(journal, std::slice::from_mut(&mut record.record)).await?;
    }
    Ok(taken)
}

/// The first of these records: what fits, and up to one that has a whole fleet, of which a page would have as many as
/// were applied.
fn taken(page: Page, most: MostRecords) -> Vec<StreamRecord> {
    let begin = page.next.0.saturating_sub(page.records.len() as u64);
    let numbered = (begin..).map(Seq).zip(page.records).take(most.records);
    let (mut taken, mut bytes) = (vec![], PageBytes::new(most.bytes));
    let _ = numbered
        .map(|(seq, record)| StreamRecord::new(seq, record))
        .try_for_each(|record| {
            if !bytes.takes(&record) {
                return ControlFlow::Break(());
            }
            let is_large = has_fleet(&record.record);
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
