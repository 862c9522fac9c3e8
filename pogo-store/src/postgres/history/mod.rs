//! Jobs that there are and were.

mod events;
mod job_history;
mod list;
mod page;
mod recent;
mod rows;
mod sources;
mod span;

pub(super) use events::{commits_after, first_events};
pub(super) use list::keep_list;
pub(super) use recent::listed_upto;
