//! The jobs that were read last.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use pogo_core::scheduler::JobId;

use super::job_reader::JobReader;

/// How many jobs are remembered.
const JOBS: usize = 8;

type SharedReader = Arc<Mutex<JobReader>>;

/// Whoever reads a job reads its attempts one by one: where they are is looked for once.
#[derive(Debug, Default)]
pub(super) struct JobReaders(Mutex<VecDeque<(JobId, SharedReader)>>);

impl JobReaders {
    /// The reader of a job.
    pub(super) fn of(&self, job: JobId, dir: impl FnOnce() -> PathBuf) -> SharedReader {
        let mut readers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = readers.iter().position(|(known, _)| *known == job);
        let reader = known.and_then(|at| readers.remove(at)).map(|(_, reader)| reader);
        let reader = reader.unwrap_or_else(|| Arc::new(Mutex::new(JobReader::new(job, dir()))));
        readers.push_back((job, Arc::clone(&reader)));
        if readers.len() > JOBS {
            readers.pop_front();
        }
        reader
    }

    /// Forgets a job that is removed.
    pub(super) fn forget(&self, job: JobId) {
        let mut readers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        readers.retain(|(known, _)| *known != job);
    }
}
