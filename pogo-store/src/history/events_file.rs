//! The events of a job that the journal no longer has.
//!
//! Before a segment is removed, its records are added to the files of their jobs. A crash in between adds some of them twice, which
//! their positions show.

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use pogo_core::journal::{JournalError, Seq};
use pogo_core::scheduler::{JobId, Record};
use serde::Deserialize;

use crate::checked_line::{checked, object, push_line};
use crate::compressed::{compress, read_compressed};
use crate::disk::{Disk, create_dirs, replace_file};
use crate::journal::{Mark, scan};
use crate::namespace::Shared;

pub(crate) fn events_file(job_dir: &Path) -> PathBuf {
    job_dir.join("events.jsonl.zst")
}

/// Adds the records of a segment to the files of their jobs, durably. Of a segment that is damaged, those before the damage.
pub(crate) fn keep_events(shared: &Shared, segment: Seq) -> io::Result<()> {
    let mut lines: BTreeMap<JobId, Vec<u8>> = BTreeMap::new();
    let scanned = scan(
        &*shared.disk,
        &shared.journal_dir(),
        Mark::begin(segment),
        |commit, _| {
            for (record, (seq, fields)) in commit.records(commit.at)?.iter().zip(commit.texts()) {
                if let Some(job) = record.event.job() {
                    let mut line = format!("{{\"seq\":{},", seq.0).into_bytes();
                    line.extend_from_slice(fields);
                    push_line(lines.entry(job).or_default(), &line);
                }
            }
            Ok(ControlFlow::Continue(()))
        },
    );
    match scanned {
        // A snapshot stands for the damaged records. An error here would keep each later segment on the
        // disk as well, until it is full.
        Ok(_) | Err(JournalError::Corrupt { .. }) => {}
        Err(error) => return Err(io::Error::other(error)),
    }
    let jobs = shared.jobs_dir();
    for (job, lines) in lines {
        let dir = jobs.join(job.number().to_string());
        create_dirs(&*shared.disk, &dir)?;
        add(&*shared.disk, &events_file(&dir), &lines)?;
    }
    if shared.disk.exists(&jobs)? {
        // A process that was killed may have created some of them.
        [&jobs, &shared.dir]
            .into_iter()
            .try_for_each(|dir| shared.disk.sync_dir(dir))?;
    }
    Ok(())
}

/// Adds lines, all of them or none: another frame of a file that is written anew.
fn add(disk: &dyn Disk, file: &Path, lines: &[u8]) -> io::Result<()> {
    let mut bytes = match disk.read_all(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => vec![],
        bytes => bytes?,
    };
    bytes.extend(compress(lines)?);
    replace_file(disk, file, &bytes)
}

#[derive(Deserialize)]
struct Position {
    seq: Seq,
}

/// The records of a job's file, by their positions.
pub(crate) fn kept_events(disk: &dyn Disk, job_dir: &Path) -> io::Result<BTreeMap<Seq, Record>> {
    let file = events_file(job_dir);
    let lines = match read_compressed(disk, &file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        lines => lines?,
    };
    let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let read = lines.map(|line| {
        let object = object(checked(line)?);
        let position: Position = serde_json::from_slice(&object).ok()?;
        Some((position.seq, serde_json::from_slice(&object).ok()?))
    });
    read.collect::<Option<_>>().ok_or_else(|| {
        let message = format!("{} has a line that this version of pogo cannot read", file.display());
        io::Error::new(io::ErrorKind::InvalidData, message)
    })
}
