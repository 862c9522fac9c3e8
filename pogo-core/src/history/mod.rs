//! REMEMBER: the jobs that there are and were, long after they have left the scheduler.
//!
//! A job that has [retired](crate::scheduler::JobEventKind::Retired) is in no state; a store keeps its row in a list
//! and its records. [`JobEntry`] is that row, [`JobFilter`] says which of them, and [`JobReplay`] makes of a job's
//! records alone what a dispatcher says of one that is alive: neither the fleet and policy that it ran under nor other
//! jobs have to be known. `JobHistory` is the trait that stores implement.

mod entry;
mod events;
mod filter;
mod host_set;
mod log;
mod replay;
#[cfg(feature = "async")]
mod store;

pub use entry::{JobEntry, JobProgress, Submission};
pub use events::{JobEvents, JobEventsQuery};
pub use filter::{JobFilter, JobPage};
pub use log::job_log;
pub use replay::JobReplay;
#[cfg(feature = "async")]
pub use store::{HistoryError, JobHistory};
