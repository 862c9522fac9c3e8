//! The jobs of a namespace as rows of a list, which needs no journal to be read.

mod catch_up;
mod entry;
mod filter;
mod host_set;
mod index;
mod index_file;
mod table;

pub(crate) use catch_up::{jobs, unfinished_jobs};
pub use entry::{JobEntry, JobProgress, Submission};
pub use filter::{JobFilter, JobPage};
pub(crate) use index::{JobIndex, index_file};
pub(crate) use index_file::damaged_line;
