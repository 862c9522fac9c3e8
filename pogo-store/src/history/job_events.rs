//! The events of a job, wherever they are.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use memchr::memmem;
use pogo_core::history::{JobEvents, JobEventsQuery};
use pogo_core::journal::{JournalError, Seq};
use pogo_core::scheduler::{JobId, Record};

use super::events_file::{NamedHost, kept_events};
use crate::error::{StoreError, unavailable};
use crate::journal::{Mark, list_segments, scan, segment_file};
use crate::shared::Shared;

/// All records of a job with their positions, in order.
pub(crate) fn job_records(shared: &Shared, job: JobId) -> Result<BTreeMap<Seq, Record>, StoreError> {
    first_events(shared, &JobEventsQuery::of(job).limit(usize::MAX))
}

/// The records of a job that are asked for.
pub(crate) fn job_events(shared: &Shared, query: &JobEventsQuery) -> Result<JobEvents, StoreError> {
    let mut query = query.clone();
    query.limit = query.limit.max(1);
    Ok(JobEvents::of(first_events(shared, &query)?, query.limit))
}

/// As many of the first records as are asked for, and more if there are more.
fn first_events(shared: &Shared, query: &JobEventsQuery) -> Result<BTreeMap<Seq, Record>, StoreError> {
    // The journal first: what is compacted meanwhile is in the job's file by then.
    let of_journal = journal_events(shared, query)?;
    let mut events = kept_events(&*shared.disk, &shared.job_dir(query.job), query)?;
    events.extend(of_journal);
    Ok(events)
}

fn journal_events(shared: &Shared, query: &JobEventsQuery) -> Result<BTreeMap<Seq, Record>, JournalError> {
    let (disk, dir) = (&*shared.disk, shared.journal_dir());
    let mut events = BTreeMap::new();
    let segments = list_segments(disk, &dir).map_err(unavailable)?;
    let ends = segments.iter().skip(1).copied().chain([Seq(u64::MAX)]);
    for (&segment, end) in segments.iter().zip(ends) {
        if query.after.is_some_and(|after| end <= Seq(after.0.saturating_add(1))) {
            continue;
        }
        if events.len() > query.limit {
            break;
        }
        match segment_events(shared, query, segment, &mut events) {
            // It was compacted just now.
            Err(_) if matches!(disk.exists(&segment_file(&dir, segment)), Ok(false)) => {}
            read => read?,
        }
    }
    Ok(events)
}

fn segment_events(
    shared: &Shared,
    query: &JobEventsQuery,
    segment: Seq,
    events: &mut BTreeMap<Seq, Record>,
) -> Result<(), JournalError> {
    // Most records are of other jobs, and their text says so.
    let named = format!("\"job\":{}", query.job.number());
    let (named, host) = (memmem::Finder::new(&named), NamedHost::of(query));
    let durable = shared.growth.durable();
    scan(
        &*shared.disk,
        &shared.journal_dir(),
        Mark::begin(segment),
        |commit, _| {
            if durable.is_some_and(|durable| commit.end > durable) || events.len() > query.limit {
                return Ok(ControlFlow::Break(()));
            }
            let mut texts = commit.texts();
            if query.after.is_none_or(|after| commit.end > after)
                && texts.any(|(_, text)| named.find(text).is_some() && host.may_be_in(text))
            {
                let records = (commit.at.0..).map(Seq).zip(commit.records(commit.at)?);
                let of_job = |record: &Record| record.event.job() == Some(query.job);
                events.extend(records.filter(|(seq, record)| of_job(record) && query.takes(*seq, record)));
            }
            Ok(ControlFlow::Continue(()))
        },
    )?;
    Ok(())
}
