//! Copies a store, file by file.

use std::path::Path;

use pogo_core::Timestamp;
use pogo_core::journal::Epoch;

use super::CopyMark;
use super::copied_files::CopiedFiles;
use super::copy_mark::read_mark;
use super::inputs::{INPUTS, copy_sent};
use crate::disk::{Disk, create_dirs, is_leftover};
use crate::error::StoreError;
use crate::owner::{Claim, Locked, Machine};
use crate::store_format::write_format;

/// What belongs to a place and not to what is in it.
const LEFT_OUT: [&str; 5] = ["dispatcher.log", "lock", "owner", "reserve", "socket"];
/// The directories of a namespace; that of jobs has one for each.
const DIRS: [&str; 4] = ["journal", "content", INPUTS, "jobs"];

/// What was copied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Copied {
    /// The namespaces.
    pub namespaces: Vec<String>,
    /// How many files, or as many pieces of a database.
    pub files: usize,
    /// The bytes of them.
    pub bytes: u64,
    /// How many records, where they were read one by one and not as files.
    pub records: u64,
    /// How many files that jobs read, where they were not counted among the files.
    pub inputs: usize,
}

/// Copies the namespaces of a store while nobody owns any of them. What says that the copy is a store comes last: one
/// that was broken off is none.
pub(crate) fn copy_store(
    disk: &dyn Disk,
    (from, namespaces): (&Path, Vec<String>),
    to: &Path,
    (machine, now): (&Machine, Timestamp),
) -> Result<Copied, StoreError> {
    if to.starts_with(from) {
        return Err(StoreError::WithinItself { path: to.to_owned() });
    }
    create_dirs(disk, to)?;
    if let Some(foreign) = disk.access(to, true)?.foreign() {
        return Err(StoreError::foreign(to, foreign));
    }
    if !disk.list(to)?.is_empty() {
        return Err(StoreError::NotEmpty { path: to.to_owned() });
    }
    let dir = |store: &Path, name: &str| store.join("ns").join(name);
    // All are locked before any is copied, so that one that is in use leaves nothing half copied.
    let locked: Vec<Locked> = namespaces
        .iter()
        .map(|name| Claim::lock(disk, &dir(from, name), machine))
        .collect::<Result<_, _>>()?;
    let mut files = CopiedFiles::on(disk);
    for (name, locked) in namespaces.iter().zip(&locked) {
        let (source, target) = (dir(from, name), dir(to, name));
        copy_namespace(&mut files, &source, &target)?;
        copy_sent(&mut files, (from, to), name)?;
        let before = read_mark(disk, &source)?.map_or(Epoch(0), |mark| mark.epoch);
        CopyMark::new(from.display(), now, locked.last_epoch().max(before)).write(disk, &target)?;
    }
    write_format(disk, to)?;
    Ok(Copied {
        namespaces,
        files: files.files,
        bytes: files.bytes,
        records: 0,
        inputs: 0,
    })
}

fn copy_namespace(copied: &mut CopiedFiles<'_>, source: &Path, target: &Path) -> Result<(), StoreError> {
    let disk = copied.disk;
    create_dirs(disk, target)?;
    let is_file = |name: &&String| {
        let name = name.as_str();
        !LEFT_OUT.contains(&name) && !DIRS.contains(&name) && !is_leftover(name)
    };
    copied.files(source, target, disk.list(source)?.iter().filter(is_file))?;
    for dir in ["journal", "content", INPUTS] {
        copied.dir(&source.join(dir), &target.join(dir))?;
    }
    let jobs = source.join("jobs");
    if disk.exists(&jobs)? {
        for job in disk.list(&jobs)? {
            copied.dir(&jobs.join(&job), &target.join("jobs").join(&job))?;
        }
    }
    Ok(())
}
