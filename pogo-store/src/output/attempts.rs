//! All attempts that have output.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use pogo_core::output::OutputSource;
use pogo_core::scheduler::JobId;

use super::Outputs;
use super::index::sealed_attempts;
use super::job_files::{index_file, log_file};
use super::job_reader::for_each_block;

impl Outputs {
    /// The attempts with output, with the length of those that have ended.
    pub(crate) fn attempts(&self) -> io::Result<Vec<(OutputSource, Option<u64>)>> {
        let mut all = vec![];
        for job in self.jobs()? {
            match self.attempts_of(job) {
                // It has events and no output.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                attempts => all.extend(attempts?),
            }
        }
        Ok(all)
    }

    fn attempts_of(&self, job: JobId) -> io::Result<Vec<(OutputSource, Option<u64>)>> {
        let (disk, dir) = (&*self.disk, self.job_dir(job));
        let mut attempts = BTreeMap::new();
        for_each_block(disk, &log_file(&dir), job, |_, block| {
            attempts.insert(block.source.attempt, (Arc::unwrap_or_clone(block.source), None));
        })?;
        for sealed in sealed_attempts(&disk.read_all(&index_file(&dir))?) {
            let source = OutputSource::new(job, sealed.host, sealed.attempt);
            attempts.insert(sealed.attempt, (source, Some(sealed.length)));
        }
        Ok(attempts.into_values().collect())
    }
}
