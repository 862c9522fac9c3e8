//! Jobs that there are and were.

mod archive;
mod archived;
mod copied;
mod events;
mod job_history;
mod known_jobs;

pub(super) use archive::archive;
pub(super) use archived::{Archived, history};
pub(super) use copied::OldRecords;
#[cfg(feature = "object-store")]
pub(super) use known_jobs::Unfinished;
pub(super) use known_jobs::{KnownJobs, write_list};
