//! Looks through records, snapshots and content.

use std::collections::BTreeSet;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use pogo_core::Digest;
use pogo_core::history::JobEventsQuery;
use pogo_core::journal::{JournalError, Seq, Snapshot};

use super::Damage;
use super::damage::text;
use crate::disk::{damaged_name, is_set_aside};
use crate::history::{events_file, kept_events};
use crate::jobs::{damaged_line, index_file};
use crate::journal::{
    Mark, broken_off, content_file, list_content, list_segments, list_snapshots, read_content, read_snapshot, scan,
    segment_file, snapshot_file,
};
use crate::shared::Shared;

const NEWER: &str = "use the version of pogo that wrote it, or a newer one";
const FROM_A_COPY: &str = "restore the directory of the namespace from a copy while nobody owns it";

/// Adds what is damaged, unless the file was removed while it was looked at.
fn add(shared: &Shared, file: &Path, message: String, cure: &str, damage: &mut Vec<Damage>) {
    if !matches!(shared.disk.exists(file), Ok(false)) {
        damage.push(Damage::new(file.to_owned(), message, cure));
    }
}

/// What was listed; damage if it cannot be.
fn listed<T>(shared: &Shared, list: io::Result<Vec<T>>, dir: &Path, damage: &mut Vec<Damage>) -> Vec<T> {
    list.unwrap_or_else(|error| {
        add(shared, dir, error.to_string(), FROM_A_COPY, damage);
        vec![]
    })
}

/// Reads all records, and says which content they name.
pub(super) fn check_journal(shared: &Shared, damage: &mut Vec<Damage>) -> BTreeSet<Digest> {
    let (disk, dir) = (&*shared.disk, shared.journal_dir());
    let mut named = BTreeSet::new();
    let segments = listed(shared, list_segments(disk, &dir), &dir, damage);
    for (index, segment) in segments.iter().enumerate() {
        let file = segment_file(&dir, *segment);
        let mut unknown = None;
        let scanned = scan(disk, &dir, Mark::begin(*segment), |commit, _| {
            match commit.records(commit.at) {
                Ok(records) => named.extend(records.iter().flat_map(pogo_core::scheduler::Record::digests)),
                // It is whole, as the scan says.
                Err(error) => _ = unknown.get_or_insert(error),
            }
            Ok(ControlFlow::Continue(()))
        });
        if let Some(error) = unknown {
            add(shared, &file, text(error), NEWER, damage);
        }
        let checked = scanned.and_then(|(reached, rest)| match segments.get(index + 1) {
            // A next segment is begun only once this one is complete. The last one may end
            // anywhere: its owner may be writing.
            Some(next) if *next != reached.at || rest => Err(broken_off(&dir, reached, *next)),
            _ => Ok(()),
        });
        if let Err(error) = checked {
            add(shared, &file, text(error), FROM_A_COPY, damage);
        }
    }
    check_set_aside(shared, &dir, damage);
    named
}

/// Names segments that were damaged when a snapshot had taken their place.
fn check_set_aside(shared: &Shared, dir: &Path, damage: &mut Vec<Damage>) {
    let cure = "remove it, or keep it: the records that could be read are with their jobs";
    let names = match shared.disk.list(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => vec![],
        names => listed(shared, names, dir, damage),
    };
    for name in names.iter().filter(|name| is_set_aside(name)) {
        let message = "it was damaged when it was compacted, and is not needed to go on".to_owned();
        add(shared, &dir.join(name), message, cure, damage);
    }
}

/// Reads all snapshots, and adds which content they name.
pub(super) fn check_snapshots(shared: &Shared, named: &mut BTreeSet<Digest>, damage: &mut Vec<Damage>) {
    let disk = &*shared.disk;
    let snapshots = listed(shared, list_snapshots(disk, &shared.dir), &shared.dir, damage);
    let read: Vec<(Seq, Result<Snapshot, JournalError>)> = snapshots
        .into_iter()
        .map(|upto| (upto, read_snapshot(disk, &shared.dir, upto)))
        .collect();
    // The newest that is whole; what is older is not needed while it is there.
    let good = read
        .iter()
        .find(|(_, snapshot)| snapshot.is_ok())
        .map(|(upto, _)| *upto);
    let cure = match good {
        Some(upto) => format!(
            "remove it while nobody owns the namespace: the snapshot of {upto} and the records since are as good"
        ),
        None => FROM_A_COPY.to_owned(),
    };
    for (upto, snapshot) in read {
        match snapshot {
            Ok(snapshot) => named.extend(snapshot.digests()),
            Err(error) => add(shared, &snapshot_file(&shared.dir, upto), text(error), &cure, damage),
        }
    }
}

/// Reads all content, and misses what records name and is not there.
pub(super) fn check_content(shared: &Shared, named: &BTreeSet<Digest>, damage: &mut Vec<Damage>) {
    let (disk, dir) = (&*shared.disk, shared.content_dir());
    let there = listed(shared, list_content(disk, &dir), &dir, damage);
    let cure = "put the file back from a copy";
    for digest in &there {
        if let Err(error) = read_content(disk, &dir, *digest) {
            add(shared, &content_file(&dir, *digest), text(error), cure, damage);
        }
    }
    for digest in named.iter().filter(|digest| !there.contains(digest)) {
        let missing = "records name it, and it is not there".to_owned();
        damage.push(Damage::new(content_file(&dir, *digest), missing, cure));
    }
}

/// Reads the list of jobs.
pub(super) fn check_list(shared: &Shared, damage: &mut Vec<Damage>) {
    let file = index_file(&shared.dir);
    let cure = "remove it while nobody owns the namespace: it is made anew from the journal and the events of jobs";
    match shared.disk.read_all(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => add(shared, &file, error.to_string(), cure, damage),
        Ok(bytes) => {
            if let Some(at) = damaged_line(&bytes) {
                let message = format!("the line at byte {at} has another checksum than it says");
                add(shared, &file, message, cure, damage);
            }
        }
    }
}

/// Reads the events of jobs that the journal no longer has.
pub(super) fn check_events(shared: &Shared, damage: &mut Vec<Damage>) {
    let cure = "put the file back from a copy, or remove it: the job's older events are gone then, and nothing else";
    for job in listed(shared, shared.outputs.jobs(), &shared.jobs_dir(), damage) {
        let dir = shared.jobs_dir().join(job.number().to_string());
        let Err(error) = kept_events(&*shared.disk, &dir, &JobEventsQuery::of(job).limit(usize::MAX)) else {
            continue;
        };
        let damaged = damaged_name(&events_file(&dir));
        match error.kind() {
            io::ErrorKind::Unsupported => add(shared, &events_file(&dir), error.to_string(), NEWER, damage),
            _ if matches!(shared.disk.exists(&damaged), Ok(true)) => {
                add(shared, &damaged, error.to_string(), cure, damage);
            }
            _ => add(shared, &events_file(&dir), error.to_string(), cure, damage),
        }
    }
}
