//! What hosts write.

mod outputs;
mod rows;
mod store_output;
mod verify;

pub(super) use outputs::Outputs;
pub(super) use rows::{seal, write_frames};
pub use store_output::PostgresOutput;
pub(super) use verify::damaged_output;
