//! The list of jobs, by the owner of the namespace.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use pogo_core::history::{JobFilter, JobPage};
use pogo_core::journal::Seq;
use pogo_core::scheduler::{JobId, Record};

use super::index_file::{encode, encode_changes};
use super::table::{Earlier, JobTable};
use crate::disk::{Disk, DiskFile, replace_file};
use crate::journal::{Mark, ReserveState};

/// The file of a namespace's list.
pub(crate) fn index_file(dir: &Path) -> PathBuf {
    dir.join("jobs.jsonl")
}

/// Where the list is written to.
#[derive(Debug)]
pub(super) struct ListFile {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) path: PathBuf,
    pub(super) reserve: Arc<ReserveState>,
    /// From this size on it is written anew when most of it is out of date.
    pub(super) limit: u64,
}

/// The rows, and the file that they are written to. No error of it is one of the journal: all of it can be made anew.
#[derive(Debug)]
pub(crate) struct JobIndex {
    list: ListFile,
    table: JobTable,
    /// Jobs that stand in the file.
    written: BTreeSet<JobId>,
    /// Where the journal ends as the rows have it, and the position that the file has.
    noted: Mark,
    written_upto: Seq,
    /// `None` if it is to be written anew.
    file: Option<Arc<dyn DiskFile>>,
    len: u64,
    /// Its size when it was written anew.
    compact: u64,
}

impl JobIndex {
    /// How many records the file may be behind the journal.
    const BEHIND: u64 = 256;

    /// Of these rows, which are complete up to this mark.
    pub(super) fn new(list: ListFile, mut table: JobTable, end: Mark) -> Self {
        table.upto = end.at;
        let mut index = Self {
            list,
            table,
            written: BTreeSet::new(),
            noted: end,
            written_upto: end.at,
            file: None,
            len: 0,
            compact: 0,
        };
        // A list that could not be written is made anew next time.
        let _ = index.write_anew(end);
        index
    }

    /// Adds the records of a commit, which is durable, and before this mark.
    pub(super) fn note(&mut self, at: Seq, records: &[Record], end: Mark, earlier: Earlier<'_>) {
        for (at, record) in (at.0..).map(Seq).zip(records) {
            // The same commit may have been appended twice.
            if at >= self.table.upto {
                self.table.apply(at, record, earlier);
            }
        }
        self.noted = end;
        // How far a job is stands in the journal too, from where whoever reads the list adds it.
        let is_of_a_job = records.iter().any(|record| record.event.job_kind().is_some());
        if is_of_a_job || end.at.0.saturating_sub(self.written_upto.0) >= Self::BEHIND {
            self.write_changes();
        }
    }

    /// Adds what has changed to the file.
    fn write_changes(&mut self) {
        let changed = self.table.take_changed();
        if changed.is_empty() {
            return;
        }
        let is_full = self.list.reserve.is_given();
        // The last space of a disk belongs to the journal, from which the list can be made.
        if is_full || self.write(&changed, self.noted).is_err() {
            self.file = None;
        }
        self.written_upto = self.noted.at;
    }

    pub(crate) fn page(&self, filter: &JobFilter) -> JobPage {
        filter.page(self.table.jobs.values().rev())
    }

    /// The file with all that is known, to be made durable before the records that it is made of are removed. Nobody
    /// who appends waits for that.
    pub(crate) fn whole_file(&mut self) -> Option<Arc<dyn DiskFile>> {
        self.write_changes();
        self.file.clone()
    }

    fn write(&mut self, changed: &BTreeSet<JobId>, end: Mark) -> io::Result<()> {
        let Some(file) = self
            .file
            .as_ref()
            // Four times: written anew too often it costs more than it saves, and too seldom
            // reading it takes long.
            .filter(|_| self.len < self.list.limit.max(4 * self.compact))
        else {
            return self.write_anew(end);
        };
        let entries = changed.iter().filter_map(|job| self.table.jobs.get(job));
        let lines = encode_changes(entries.map(|entry| (entry, !self.written.contains(&entry.job))), end);
        file.write_at(self.len, &lines)?;
        self.len += lines.len() as u64;
        self.written.extend(changed);
        Ok(())
    }

    fn write_anew(&mut self, end: Mark) -> io::Result<()> {
        self.file = None;
        self.table.take_changed();
        let (file, lines) = (&self.list.path, encode(&self.table, end));
        replace_file(&*self.list.disk, file, &lines)?;
        self.file = Some(self.list.disk.open(file)?);
        (self.len, self.compact) = (lines.len() as u64, lines.len() as u64);
        self.written = self.table.jobs.keys().copied().collect();
        Ok(())
    }
}
