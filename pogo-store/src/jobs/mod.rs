//! The jobs of a namespace as rows of a list, which needs no journal to be read.

mod catch_up;
mod index;
mod index_file;
mod table;

pub(crate) use catch_up::{jobs, note_in_index, open_index, unfinished_jobs};
pub(crate) use index::{JobIndex, index_file};
pub(crate) use index_file::damaged_line;
#[cfg(any(feature = "postgres", feature = "zookeeper"))]
pub(crate) use table::JobTable;
