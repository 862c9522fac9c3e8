//! What happens to a store in these tests, and what it must have afterwards.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use futures::executor::block_on;
use pogo_core::fleet::Fleet;
use pogo_core::journal::{
    Acquire, Commit, Epoch, Journal, JournalError, Nonce, OwnedJournal, Owner, OwnerId, Seq, Snapshot, replay,
};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::Policy;
use pogo_core::scheduler::{JobId, JobStatus, JobsQuery, Query, Record, Tally, View};
use pogo_core::sim::World;
use pogo_core::{Digest, Timestamp};
use serde::{Deserialize, Serialize};

use super::simulated_disk::SimulatedDisk;
use crate::disk::Disk;
use crate::limits::Limits;
use crate::owner::Machine;
use crate::{JobFilter, Namespace, Store, StoreError, StoreJournal, StoreOutput};

pub(super) const DIR: &str = "/store";

/// Segments of two or three commits.
pub(super) const SMALL: Limits = Limits {
    segment: 1_500,
    commit: 1 << 20,
    reserve: 5_000,
    list: 2_000,
    output_blocks: 8,
    retention: None,
    sync_output: None,
};

pub(super) fn machine(name: &str) -> Machine {
    Machine {
        host: name.to_owned(),
        machine_id: name.to_owned(),
        boot_id: format!("{name}-1"),
        pid: 1,
        started: 1,
    }
}

/// A store on a simulated disk.
pub(super) fn open(disk: &SimulatedDisk) -> Result<Store, StoreError> {
    open_on(Arc::new(disk.clone()), Path::new(DIR))
}

pub(super) fn open_on(disk: Arc<dyn Disk>, dir: &Path) -> Result<Store, StoreError> {
    let store = Store::on(disk, dir, SMALL, machine("one"));
    store.create()?;
    Ok(store)
}

pub(super) fn journal(store: &Store) -> Arc<StoreJournal> {
    store.namespace("default").unwrap().journal()
}

pub(super) fn owner(nonce: u64) -> Owner {
    Owner::new(OwnerId("tests".into()), Nonce(nonce), Timestamp::from_millis(17))
}

pub(super) fn acquire(journal: &StoreJournal) -> Result<Box<dyn OwnedJournal>, JournalError> {
    block_on(journal.acquire(owner(1), Acquire::IfFree))
}

/// The output of a namespace, by its owner.
pub(super) struct Writing {
    pub(super) output: Arc<StoreOutput>,
    _owned: Box<dyn OwnedJournal>,
}

impl std::ops::Deref for Writing {
    type Target = StoreOutput;

    fn deref(&self) -> &StoreOutput {
        &self.output
    }
}

/// Acquires the namespace, which writing its output takes.
pub(super) fn writing(store: &Store) -> Result<Writing, JournalError> {
    Ok(Writing {
        _owned: acquire(&journal(store))?,
        output: store.namespace("default").unwrap().output(),
    })
}

pub(super) fn commit(at: usize, records: &[Record]) -> Commit {
    Commit::new(Seq(at as u64), records.to_vec())
}

/// The records of a rollout.
pub(super) fn records() -> &'static [Record] {
    static RECORDS: OnceLock<Vec<Record>> = OnceLock::new();
    RECORDS.get_or_init(|| {
        let fleet = Fleet::builder().tagged("web", "web[1-20]").build().unwrap();
        let mut world = World::new(fleet, Policy::default()).unwrap();
        let spec = JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell("printf 'ä\n'"));
        world.submit(spec).unwrap();
        world.run().records
    })
}

/// All records that are left, and the position of the first.
pub(super) fn read_from(journal: &StoreJournal, from: Seq) -> Result<Vec<Record>, JournalError> {
    let (mut records, mut at) = (vec![], from);
    loop {
        let page = block_on(journal.read(at))?;
        if page.records.is_empty() {
            return Ok(records);
        }
        at = page.next;
        records.extend(page.records);
    }
}

/// What was acknowledged.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(super) struct Acknowledged {
    pub(super) end: usize,
    pub(super) epoch: Epoch,
    pub(super) snapshot: Option<usize>,
    /// What the last owner put, and where the journal ended then.
    pub(super) content: Vec<(usize, Vec<u8>)>,
}

/// Plays the scenario on a simulated disk.
pub(super) fn play(disk: &SimulatedDisk, done: &mut Acknowledged) -> Result<(), Box<dyn std::error::Error>> {
    play_in(open(disk)?, done, |_| {})
}

/// Commits in sizes of one, two and three, snapshots and content, by two owners, until something fails. Tells what was
/// acknowledged.
pub(super) fn play_in(
    store: Store,
    done: &mut Acknowledged,
    mut tell: impl FnMut(&Acknowledged),
) -> Result<(), Box<dyn std::error::Error>> {
    let records = records();
    let journal = journal(&store);
    for until in [records.len() / 2, records.len()] {
        let mut owned = acquire(&journal)?;
        done.epoch = owned.epoch();
        done.content.clear();
        let mut size = 1;
        while done.end < until {
            let next = (done.end + size).min(until);
            size = size % 3 + 1;
            if next % 4 == 0 {
                let bytes = format!("{{\"content\":{next}}}").into_bytes();
                block_on(owned.put_content(Digest::of(&bytes), &bytes))?;
                done.content.push((done.end, bytes));
            }
            block_on(owned.append(&commit(done.end, &records[done.end..next])))?;
            done.end = next;
            if next % 5 == 0 {
                let state = state(next);
                block_on(owned.snapshot(Seq(next as u64), state))?;
                done.snapshot = Some(next);
            }
            tell(done);
        }
    }
    Ok(())
}

pub(super) fn state(upto: usize) -> Snapshot {
    replay(&records()[..upto]).unwrap().snapshot()
}

/// Verifies a store on a simulated disk.
pub(super) fn verify(disk: &SimulatedDisk, done: &Acknowledged) -> Result<(), String> {
    verify_in(&open(disk).map_err(|error| error.to_string())?, done)
}

/// Everything that was acknowledged is there, nothing is there in part, and the next owner goes on.
pub(super) fn verify_in(store: &Store, done: &Acknowledged) -> Result<(), String> {
    let said = |error: &dyn std::fmt::Display| error.to_string();
    let journal = journal(store);
    let owned = acquire(&journal).map_err(|error| said(&error))?;
    let hold = |holds: bool, what: &str| if holds { Ok(()) } else { Err(what.to_owned()) };
    hold(owned.epoch() > done.epoch, "the epoch is not higher than the last")?;
    let end = usize::try_from(owned.end().0).unwrap();
    hold(end >= done.end, "acknowledged records are gone")?;
    let snapshot = block_on(journal.latest_snapshot()).map_err(|error| said(&error))?;
    let upto = snapshot.as_ref().map(|(upto, _)| usize::try_from(upto.0).unwrap());
    hold(upto >= done.snapshot, "an acknowledged snapshot is gone")?;
    if let (Some(upto), Some((_, found))) = (upto, snapshot) {
        hold(found == state(upto), "a snapshot has another state")?;
    }
    let first = match read_from(&journal, Seq(0)) {
        Err(JournalError::Compacted { first }) => usize::try_from(first.0).unwrap(),
        _ => 0,
    };
    hold(
        first <= upto.unwrap_or(0),
        "records are gone that no snapshot stands for",
    )?;
    let read = read_from(&journal, Seq(first as u64)).map_err(|error| said(&error))?;
    hold(read == records()[first..end], "the records are not what was written")?;
    let namespace = store.namespace("default").unwrap();
    let events = block_on(namespace.job_events(JobId::new(1))).map_err(|error| said(&error))?;
    let happened = records()[..end].iter().filter(|record| record.event.job().is_some());
    hold(
        events.iter().eq(happened),
        "events of the job are gone, or others are there",
    )?;
    hold(
        jobs_of(&namespace)? == jobs_until(end),
        "the list of jobs is not that of the records",
    )?;
    // What nothing names is kept for as long as it may be named.
    for (at, bytes) in &done.content {
        if Some(*at) >= done.snapshot {
            let content = block_on(journal.content(Digest::of(bytes))).map_err(|error| said(&error))?;
            hold(content == *bytes, "content is another")?;
        }
    }
    goes_on(&journal, owned, end).map_err(|error| said(&error))
}

/// The jobs of a namespace, as far as the scheduler says the same of them.
pub(super) fn jobs_of(namespace: &Namespace) -> Result<Vec<(JobId, JobStatus, Tally)>, String> {
    let page = block_on(namespace.jobs(JobFilter::new())).map_err(|error| error.to_string())?;
    let row = |entry: &crate::JobEntry| (entry.job, entry.progress.status, entry.progress.tally);
    Ok(page.entries.iter().rev().map(row).collect())
}

/// What the scheduler says of its jobs after so many records.
pub(super) fn jobs_until(end: usize) -> Vec<(JobId, JobStatus, Tally)> {
    let scheduler = replay(&records()[..end]).unwrap();
    let View::Jobs(jobs) = scheduler
        .view(Timestamp::EPOCH, &Query::Jobs(JobsQuery::new()))
        .unwrap()
    else {
        panic!("another answer");
    };
    jobs.entries
        .iter()
        .map(|job| (job.job, job.status, job.tally))
        .collect()
}

/// The next owner appends, and the one after it finds that.
fn goes_on(journal: &StoreJournal, mut owned: Box<dyn OwnedJournal>, end: usize) -> Result<(), JournalError> {
    // A short commit first, behind which something longer may have stood.
    let one = (end + 1).min(records().len());
    block_on(owned.append(&commit(end, &records()[end..one])))?;
    drop(owned);
    let mut owned = acquire(journal)?;
    assert_eq!(owned.end(), Seq(one as u64), "what the next owner appended is there");
    block_on(owned.append(&commit(one, &records()[one..])))?;
    Ok(())
}
