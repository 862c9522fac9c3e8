//! From the journal and the events of jobs to a list that is complete.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;

use pogo_core::history::{JobEventsQuery, JobFilter, JobPage};
use pogo_core::journal::{Commit, JournalError, Seq};
use pogo_core::scheduler::{JobId, Record};

use super::index::{JobIndex, ListFile, index_file};
use super::index_file::{FoundList, decode, salvage};
use super::table::JobTable;
use crate::error::{StoreError, unavailable};
use crate::history::{job_records, kept_events};
use crate::journal::{Mark, list_segments, scan};
use crate::shared::Shared;

/// The jobs of a namespace, by anybody.
pub(crate) fn jobs(shared: &Shared, filter: &JobFilter) -> Result<JobPage, StoreError> {
    if let Some(page) = of_owner(shared, filter) {
        return Ok(page);
    }
    let bytes = match shared.disk.read_all(&index_file(&shared.dir)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => vec![],
        bytes => bytes?,
    };
    let table = match decode(&bytes)
        .map(|found| catch_up(shared, found))
        .transpose()?
        .flatten()
    {
        Some(table) => table,
        None => rebuilt(shared, &bytes)?,
    };
    Ok(filter.page(table.jobs.values().rev()))
}

/// The jobs by the owner's list, if this process has it.
fn of_owner(shared: &Shared, filter: &JobFilter) -> Option<JobPage> {
    if filter.hosts.is_empty() {
        return shared.index().as_ref().map(|index| index.page(filter));
    }
    // Whoever appends waits for the list. Looking for many hosts in thousands of jobs takes seconds, so that is done
    // with a copy of the rows.
    let mut any_host = filter.clone();
    (any_host.hosts, any_host.limit) = (vec![], usize::MAX);
    let rows = shared.index().as_ref().map(|index| index.page(&any_host))?;
    Some(filter.page(rows.entries.iter()))
}

/// The jobs that are neither finished nor have left the scheduler: their hosts may still write.
pub(crate) fn unfinished_jobs(shared: &Shared) -> Result<BTreeSet<JobId>, StoreError> {
    let unfinished = JobFilter::new().unfinished().limit(usize::MAX);
    let page = jobs(shared, &unfinished)?;
    Ok(page.entries.iter().map(|entry| entry.job).collect())
}

/// The list by the owner: reads it and adds what it lacks of the journal, which ends at this mark; or makes it anew.
pub(crate) fn open_index(shared: &Shared, end: Mark) -> Result<JobIndex, StoreError> {
    let path = index_file(&shared.dir);
    let bytes = shared.disk.read_all(&path).unwrap_or_default();
    let found = decode(&bytes).filter(|found| found.table.upto <= end.at);
    let caught_up = match found {
        Some(found) => catch_up(shared, found).ok().flatten(),
        None => None,
    };
    let table = match caught_up {
        Some(table) => table,
        None => rebuilt(shared, &bytes)?,
    };
    let list = ListFile {
        disk: Arc::clone(&shared.disk),
        path,
        reserve: Arc::clone(&shared.reserve),
        limit: shared.limits.list,
    };
    Ok(JobIndex::new(list, table, end))
}

/// Adds the records of a commit, which is durable, and before this mark, to the owner's list.
pub(crate) fn note_in_index(shared: &Shared, commit: &Commit, end: Mark) {
    if let Some(index) = &mut *shared.index() {
        let earlier = |job, before| earlier_events(shared, job, before);
        index.note(commit.at, &commit.records, end, &earlier);
    }
}

/// Adds the records that came after a list was written. `None` if the journal no longer has them, or never had those
/// before.
fn catch_up(shared: &Shared, found: FoundList) -> Result<Option<JobTable>, JournalError> {
    let mut table = found.table;
    let durable = shared.growth.durable();
    // The list knows more than the journal: it was put there from another store, or the journal
    // lost its end.
    if durable.is_some_and(|durable| durable < table.upto) {
        return Ok(None);
    }
    shared.reader.remember(found.mark);
    let earlier = |job, before| earlier_events(shared, job, before);
    loop {
        let from = table.upto;
        let page = match shared.reader.read(from, durable) {
            Err(JournalError::Compacted { .. }) => return Ok(None),
            page => page?,
        };
        if page.records.is_empty() {
            return Ok(Some(table));
        }
        for (at, record) in (from.0..).map(Seq).zip(&page.records) {
            table.apply(at, record, &earlier);
        }
    }
}

/// Makes a list of what the jobs and the journal have, and of the rows of an old one whose events are gone.
fn rebuilt(shared: &Shared, old: &[u8]) -> Result<JobTable, StoreError> {
    let mut table = JobTable::default();
    let mut kept_upto: BTreeMap<JobId, Seq> = BTreeMap::new();
    // The journal is looked through first: what is compacted meanwhile is with its job by then.
    let of_journal = journal_records(shared)?;
    for job in shared.outputs.jobs()? {
        // A check says what is damaged; the list has what can be read.
        let events = kept_events(
            &*shared.disk,
            &shared.job_dir(job),
            &JobEventsQuery::of(job).limit(usize::MAX),
        )
        .unwrap_or_default();
        for (at, record) in &events {
            table.apply(*at, record, &|_, _| vec![]);
            kept_upto.insert(job, *at);
        }
    }
    for (at, record) in &of_journal {
        let job = record.event.job();
        if job.is_some_and(|job| kept_upto.get(&job).is_none_or(|upto| at > upto)) {
            table.apply(*at, record, &|_, _| vec![]);
        }
    }
    table.upto = of_journal.last().map_or(Seq(0), |(at, _)| Seq(at.0 + 1));
    for (job, entry) in salvage(old) {
        table.jobs.entry(job).or_insert(entry);
    }
    Ok(table)
}

/// All records that the journal has and this version can read.
fn journal_records(shared: &Shared) -> Result<Vec<(Seq, Record)>, StoreError> {
    let (disk, dir) = (&*shared.disk, shared.journal_dir());
    let durable = shared.growth.durable();
    let mut records = vec![];
    for segment in list_segments(disk, &dir)? {
        let scanned = scan(disk, &dir, Mark::begin(segment), |commit, _| {
            if durable.is_some_and(|durable| commit.end > durable) {
                return Ok(ControlFlow::Break(()));
            }
            if let Ok(of_commit) = commit.records(commit.at) {
                records.extend((commit.at.0..).map(Seq).zip(of_commit));
            }
            Ok(ControlFlow::Continue(()))
        });
        match scanned {
            // A list of what can be read is better than none. Reading the journal reports the damage.
            Ok(_) | Err(JournalError::Corrupt { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(records)
}

/// The records of a job before a position; nothing where they cannot be read.
fn earlier_events(shared: &Shared, job: JobId, before: Seq) -> Vec<Record> {
    let events = job_records(shared, job).map_err(|error| match error {
        StoreError::Journal(error) => error,
        error => unavailable(io::Error::other(error)),
    });
    let events = events.unwrap_or_default().into_iter();
    events
        .take_while(|(at, _)| *at < before)
        .map(|(_, record)| record)
        .collect()
}
