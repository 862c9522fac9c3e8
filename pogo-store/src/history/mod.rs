//! What happened to each job, after the journal has forgotten it.

mod events_file;
mod job_events;
mod job_history;

pub(crate) use events_file::add_events;
pub(crate) use events_file::{KeptExtent, events_file, keep_events, kept_events};
pub(crate) use job_events::{job_events, job_records};
