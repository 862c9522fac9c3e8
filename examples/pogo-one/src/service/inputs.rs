//! What jobs read that no other process could: standard input and pipes, kept as files beside the jobs.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use pogo_core::dispatcher::Observer;
use pogo_core::plan::{JobSpec, Stdin};
use pogo_core::scheduler::Scheduler;

use super::Place;
use crate::cli::new_name;
use crate::exit::CliError;

/// The most that one job takes along.
const MOST: u64 = 1 << 30;

/// How long they are kept that no job names which a dispatcher still knows: hosts of a job that is over may be retried.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// What came through a pipe, as a file that is removed unless a job comes to name it.
pub(crate) struct KeptInput {
    path: PathBuf,
    is_kept: bool,
}

impl KeptInput {
    /// Reads to the end, at most as much as a job takes along. Blocks.
    pub(crate) fn copy(place: &Place, mut from: impl Read) -> Result<Self, CliError> {
        place.prepare()?;
        let directory = place.inputs();
        let kept = Self {
            path: directory.join(new_name()),
            is_kept: false,
        };
        let copied = kept.write(&directory, &mut from);
        let length = copied.map_err(|error| CliError::broken(format!("{}: {error}", kept.path.display())))?;
        match length > MOST {
            true => Err(CliError::usage(
                "standard input is longer than the 1 GiB that a job takes along; write it into a file, and name \
                 that with --stdin or --send",
            )),
            false => Ok(kept),
        }
    }

    fn write(&self, directory: &Path, from: &mut impl Read) -> io::Result<u64> {
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&self.path)?;
        let length = io::copy(&mut from.take(MOST + 1), &mut file)?;
        file.flush()?;
        // The job that names it is durable.
        file.sync_all()?;
        Ok(length)
    }

    pub(crate) fn path(&self) -> Result<String, CliError> {
        let path = self.path.to_str().map(str::to_owned);
        path.ok_or_else(|| {
            CliError::usage(format!(
                "the path {} is not UTF-8; name another store",
                self.path.display()
            ))
        })
    }

    /// A job names it.
    pub(crate) fn keep(mut self) {
        self.is_kept = true;
    }
}

impl Drop for KeptInput {
    fn drop(&mut self) {
        if !self.is_kept {
            // What is left over is removed by a dispatcher some day.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes what no job names any more, each time that a dispatcher begins.
pub(super) struct InputCleaner(pub(super) PathBuf);

impl Observer for InputCleaner {
    fn started(&self, scheduler: &Scheduler) {
        let specs = scheduler.jobs().map(|job| job.spec());
        // A copy has what its jobs name in the store that it was made of.
        let named = specs.flat_map(named);
        // What was sent from elsewhere is in a directory of its own.
        let named = named.flat_map(|path| [Some(path), path.parent()]).flatten();
        let named: BTreeSet<&OsStr> = named.filter_map(Path::file_name).collect();
        for entry in fs::read_dir(&self.0).into_iter().flatten().flatten() {
            let path = entry.path();
            let age = entry
                .metadata()
                .and_then(|about| about.modified())
                .map(|at| at.elapsed());
            let is_old = matches!(age, Ok(Ok(age)) if age > KEPT_FOR);
            if is_old && path.file_name().is_some_and(|name| !named.contains(name)) {
                let _ = match path.is_dir() {
                    true => fs::remove_dir_all(path),
                    false => fs::remove_file(path),
                };
            }
        }
    }
}

/// The files that a job reads.
fn named(spec: &JobSpec) -> impl Iterator<Item = &Path> {
    let options = &spec.exec_options;
    let stdin = match &options.stdin {
        Stdin::File(path) => Some(Path::new(path)),
        _ => None,
    };
    stdin
        .into_iter()
        .chain(options.files.iter().map(|file| Path::new(&file.source)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_names_is_removed_when_it_is_old() {
        let directory = tempfile::tempdir().unwrap();
        let [old, new] = ["old", "new"].map(|name| directory.path().join(name));
        for path in [&old, &new] {
            fs::write(path, "x").unwrap();
        }
        let long_ago = std::time::SystemTime::now() - KEPT_FOR - Duration::from_secs(60);
        File::options()
            .write(true)
            .open(&old)
            .unwrap()
            .set_modified(long_ago)
            .unwrap();
        let sent = directory.path().join("sent");
        fs::create_dir(&sent).unwrap();
        fs::write(sent.join("deploy.sh"), "x").unwrap();
        File::open(&sent).unwrap().set_modified(long_ago).unwrap();
        InputCleaner(directory.path().to_owned()).started(&Scheduler::new());
        assert!(!old.exists() && new.exists() && !sent.exists());
    }
}
