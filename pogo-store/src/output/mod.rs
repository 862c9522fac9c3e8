//! What hosts wrote, in files: a log of blocks for each job, and an index of the attempts that have ended.

mod attempt_blocks;
mod attempts;
mod block;
mod expired;
mod found_block;
mod index;
mod index_lines;
mod job_files;
mod job_output;
mod job_reader;
mod job_readers;
mod outputs;
mod retention;
mod store_output;
mod stream_blocks;
mod verify;

pub(crate) use outputs::Outputs;
pub use retention::{Pruned, Retention};
pub use store_output::StoreOutput;
pub(crate) use verify::damaged_output;

#[cfg(test)]
pub(crate) use block::BLOCK;
