//! Jobs that there are and were.

mod archive;
mod archived;
mod events;
mod job_history;
mod known_jobs;

pub(super) use archive::archive;
pub(super) use archived::history;
pub(super) use known_jobs::KnownJobs;
