//! Jobs that there are and were.

mod events;
mod job_history;
mod list;
mod rows;

pub(super) use list::{Appended, keep_list};
