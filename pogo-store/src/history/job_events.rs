//! All events of a job, wherever they are.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use memchr::memmem;
use pogo_core::journal::{JournalError, Seq};
use pogo_core::scheduler::{JobId, Record};

use super::events_file::kept_events;
use crate::error::{StoreError, unavailable};
use crate::journal::{Mark, list_segments, scan, segment_file};
use crate::namespace::Shared;

/// The records of a job with their positions, in order.
pub(crate) fn job_records(shared: &Shared, job: JobId) -> Result<BTreeMap<Seq, Record>, StoreError> {
    // The journal first: what is compacted meanwhile is in the job's file by then.
    let of_journal = journal_events(shared, job)?;
    let mut events = kept_events(&*shared.disk, &shared.job_dir(job))?;
    events.extend(of_journal);
    Ok(events)
}

fn journal_events(shared: &Shared, job: JobId) -> Result<BTreeMap<Seq, Record>, JournalError> {
    let (disk, dir) = (&*shared.disk, shared.journal_dir());
    let mut events = BTreeMap::new();
    for segment in list_segments(disk, &dir).map_err(unavailable)? {
        match segment_events(shared, job, segment, &mut events) {
            // It was compacted just now.
            Err(_) if matches!(disk.exists(&segment_file(&dir, segment)), Ok(false)) => {}
            read => read?,
        }
    }
    Ok(events)
}

fn segment_events(
    shared: &Shared,
    job: JobId,
    segment: Seq,
    events: &mut BTreeMap<Seq, Record>,
) -> Result<(), JournalError> {
    // Most records are of other jobs, and their text says so.
    let named = format!("\"job\":{}", job.number());
    let named = memmem::Finder::new(&named);
    let durable = shared.growth.durable();
    scan(
        &*shared.disk,
        &shared.journal_dir(),
        Mark::begin(segment),
        |commit, _| {
            if durable.is_some_and(|durable| commit.end > durable) {
                return Ok(ControlFlow::Break(()));
            }
            if commit.texts().any(|(_, text)| named.find(text).is_some()) {
                let records = (commit.at.0..).map(Seq).zip(commit.records(commit.at)?);
                events.extend(records.filter(|(_, record)| record.event.job() == Some(job)));
            }
            Ok(ControlFlow::Continue(()))
        },
    )?;
    Ok(())
}
