//! Output that is older than it is to be kept.

use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::output::OutputError;
use pogo_core::scheduler::JobId;

use super::names::{NAMESPACES, job_folder};
use super::reader::ObjectReader;
use crate::Pruned;

impl ObjectReader {
    /// The jobs that have output.
    pub(super) async fn jobs(&self) -> Result<Vec<JobId>, OutputError> {
        let folders = self
            .storage
            .folders(&format!("{NAMESPACES}/{}", self.namespace))
            .await?;
        let numbers = folders.iter().filter_map(|name| name.parse().ok());
        let mut jobs: Vec<_> = numbers.map(JobId::new).collect();
        jobs.sort();
        Ok(jobs)
    }

    /// Whether nothing was ever written, or all of it was removed.
    pub(super) async fn is_empty(&self) -> Result<bool, OutputError> {
        let folder = format!("{NAMESPACES}/{}", self.namespace);
        Ok(!self.storage.has_any(&folder).await?)
    }

    /// Removes the output of jobs that wrote last longer ago than this, if they are over.
    pub(super) async fn expire(
        &self,
        (age, now): (Duration, Timestamp),
        is_over: impl Fn(JobId) -> bool,
    ) -> Result<Pruned, OutputError> {
        let mut pruned = Pruned::default();
        for job in self.jobs().await?.into_iter().filter(|job| is_over(*job)) {
            let folder = job_folder(&self.namespace, job);
            let objects = self.storage.list(&folder).await?;
            // A folder without objects may be one that somebody is about to write to.
            let Some(last) = objects.iter().map(|object| object.written).max() else {
                continue;
            };
            if Timestamp::from_millis(last) + age > now {
                continue;
            }
            self.storage.remove_folder(&folder, &objects).await?;
            self.forget(job);
            pruned.jobs.push(job);
            pruned.bytes += objects.iter().map(|object| object.bytes).sum::<u64>();
        }
        Ok(pruned)
    }

    /// Removes all output of the namespace.
    pub(super) async fn remove_all(&self) -> Result<(), OutputError> {
        for job in self.jobs().await? {
            let folder = job_folder(&self.namespace, job);
            let objects = self.storage.list(&folder).await?;
            self.storage.remove_folder(&folder, &objects).await?;
            self.forget(job);
        }
        Ok(())
    }
}
