//! The events of a job that the journal no longer has.
//!
//! Before a segment is removed, its records are added to the files of their jobs.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use memchr::memmem;
use pogo_core::fleet::HostName;
use pogo_core::history::JobEventsQuery;
use pogo_core::journal::Seq;
use pogo_core::scheduler::{JobId, Record};
use serde::Deserialize;

use crate::checked_line::{checked, object, push_line};
use crate::compressed::{compress, read_compressed};
use crate::disk::{Disk, create_dirs, damaged_name, replace_file, set_aside};
use crate::journal::{line_alone, segment_file};
use crate::shared::Shared;

pub(crate) fn events_file(job_dir: &Path) -> PathBuf {
    job_dir.join("events.jsonl.zst")
}

/// What was kept of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeptExtent {
    /// Each line is as it was written.
    Everything,
    /// Some lines are not as they were written.
    WhatCanBeRead,
}

/// Lines of one job, by their positions.
type Lines = Vec<(Seq, Vec<u8>)>;

/// Adds the records of a segment to the files of their jobs, durably. Those that are there already, as another trial
/// came to them, are not added again.
pub(crate) fn keep_events(shared: &Shared, segment: Seq) -> io::Result<KeptExtent> {
    let file = segment_file(&shared.journal_dir(), segment);
    let (of_jobs, kept) = lines_of_jobs(&shared.disk.read_all(&file)?);
    let jobs = shared.jobs_dir();
    for (job, lines) in of_jobs {
        let dir = jobs.join(job.number().to_string());
        create_dirs(&*shared.disk, &dir)?;
        add(&*shared.disk, &events_file(&dir), lines)?;
    }
    if shared.disk.exists(&jobs)? {
        // A process that was killed may have created some of them.
        [&jobs, &shared.dir]
            .into_iter()
            .try_for_each(|dir| shared.disk.sync_dir(dir))?;
    }
    Ok(kept)
}

fn lines_of_jobs(segment: &[u8]) -> (BTreeMap<JobId, Lines>, KeptExtent) {
    let mut of_jobs: BTreeMap<JobId, Lines> = BTreeMap::new();
    let mut kept = KeptExtent::Everything;
    for line in segment.split_inclusive(|byte| *byte == b'\n') {
        let Some((seq, fields)) = line.strip_suffix(b"\n").and_then(line_alone) else {
            kept = KeptExtent::WhatCanBeRead;
            continue;
        };
        if let Some(job) = job_of(&object(fields)) {
            of_jobs.entry(job).or_default().push((seq, line_to_keep(seq, fields)));
        }
    }
    (of_jobs, kept)
}

/// A line of a job's file: these fields of a record behind its position.
fn line_to_keep(seq: Seq, fields: &[u8]) -> Vec<u8> {
    // First, so that `position` finds it without reading the record.
    let mut object = format!("{{\"seq\":{},", seq.0).into_bytes();
    object.extend_from_slice(fields);
    let mut line = vec![];
    push_line(&mut line, &object);
    line
}

/// The job that a record is of. One that a newer version wrote, and this one does not know, is of the job that it
/// names.
fn job_of(record: &[u8]) -> Option<JobId> {
    #[derive(Deserialize)]
    struct Unknown {
        job: Option<JobId>,
    }
    match serde_json::from_slice::<Record>(record) {
        Ok(record) => record.event.job(),
        Err(_) => serde_json::from_slice::<Unknown>(record).ok()?.job,
    }
}

/// Adds records to the file of their job, durably.
pub(crate) fn add_events(disk: &dyn Disk, job_dir: &Path, events: &[(Seq, Record)]) -> io::Result<()> {
    let line = |(seq, record): &(Seq, Record)| -> io::Result<(Seq, Vec<u8>)> {
        let fields = serde_json::to_vec(record)?;
        Ok((*seq, line_to_keep(*seq, fields.get(1..).unwrap_or_default())))
    };
    create_dirs(disk, job_dir)?;
    add(
        disk,
        &events_file(job_dir),
        events.iter().map(line).collect::<io::Result<_>>()?,
    )
}

/// Adds the lines that are not there yet, all of them or none: another frame of a file that is written anew.
fn add(disk: &dyn Disk, file: &Path, lines: Lines) -> io::Result<()> {
    let (mut bytes, last) = match kept_lines(disk, file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => (vec![], None),
        // Nothing behind the damage would ever be read.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            set_aside(disk, file)?;
            (vec![], None)
        }
        kept => {
            let last = kept?.last().map(|(seq, _)| *seq);
            (disk.read_all(file)?, last)
        }
    };
    // Compaction may have died after this file and before it removed the segment, and comes here
    // again.
    let new = lines.into_iter().filter(|(seq, _)| Some(*seq) > last);
    let new: Vec<u8> = new.flat_map(|(_, line)| line).collect();
    if new.is_empty() {
        return Ok(());
    }
    // A zstd file may consist of frames, so what is there is neither read back nor compressed
    // again.
    bytes.extend(compress(&new)?);
    replace_file(disk, file, &bytes)
}

#[derive(Deserialize)]
struct Position {
    seq: Seq,
}

/// The lines of a job's file as objects.
fn kept_lines(disk: &dyn Disk, file: &Path) -> io::Result<Lines> {
    let mut lines = vec![];
    each_kept_line(disk, file, |seq, fields| {
        lines.push((seq, object(fields)));
        Ok(())
    })?;
    Ok(lines)
}

/// Reads a job's file to its end, whoever needs how much of it: a line that is not as it was written is found in any
/// case.
fn each_kept_line(disk: &dyn Disk, file: &Path, mut each: impl FnMut(Seq, &[u8]) -> io::Result<()>) -> io::Result<()> {
    let lines = read_compressed(disk, file)?;
    for line in lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let known = checked(line).and_then(|fields| Some((position(fields)?, fields)));
        let (seq, fields) = known.ok_or_else(|| {
            let message = format!("{} has a line that is not as it was written", file.display());
            io::Error::new(io::ErrorKind::InvalidData, message)
        })?;
        each(seq, fields)?;
    }
    Ok(())
}

/// The position that a line says, without reading the rest where it stands first, as it is written.
fn position(fields: &[u8]) -> Option<Seq> {
    let digits = fields
        .strip_prefix(b"\"seq\":")
        .and_then(|rest| rest.split(|byte| *byte == b',').next());
    let number = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
    match number {
        Some(number) => Some(Seq(number)),
        None => Some(serde_json::from_slice::<Position>(&object(fields)).ok()?.seq),
    }
}

/// The first of the records that are asked for which a job's file has, by their positions, and one more if there are
/// more.
pub(crate) fn kept_events(
    disk: &dyn Disk,
    job_dir: &Path,
    query: &JobEventsQuery,
) -> io::Result<BTreeMap<Seq, Record>> {
    let file = events_file(job_dir);
    let damaged = damaged_name(&file);
    if disk.exists(&damaged)? {
        let message = format!(
            "{} was damaged; what came later is in {}",
            damaged.display(),
            file.display()
        );
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    let mut events = BTreeMap::new();
    let named = NamedHost::of(query);
    let read = each_kept_line(disk, &file, |seq, fields| {
        if Some(seq) <= query.after || events.len() > query.limit || !named.may_be_in(fields) {
            return Ok(());
        }
        let record = serde_json::from_slice(&object(fields)).map_err(|error| {
            let message = format!(
                "record {seq} in {} is of a newer version of pogo: {error}",
                file.display()
            );
            io::Error::new(io::ErrorKind::Unsupported, message)
        })?;
        if query.takes(seq, &record) {
            events.insert(seq, record);
        }
        Ok(())
    });
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        read => read.map(|()| events),
    }
}

/// The host that a query names, as it stands in the text of a record: most records are of other hosts, and need not be
/// read.
pub(super) struct NamedHost(Option<memmem::Finder<'static>>);

impl NamedHost {
    pub(super) fn of(query: &JobEventsQuery) -> Self {
        let text = |host: &HostName| serde_json::to_vec(host).unwrap_or_default();
        Self(
            query
                .host
                .as_ref()
                .map(|host| memmem::Finder::new(&text(host)).into_owned()),
        )
    }

    pub(super) fn may_be_in(&self, record: &[u8]) -> bool {
        self.0.as_ref().is_none_or(|host| host.find(record).is_some())
    }
}
