//! Jobs that there are and were.

mod archive;
mod events;
mod job_history;
mod known_jobs;

pub(super) use archive::{archive, history};
pub(super) use known_jobs::KnownJobs;
