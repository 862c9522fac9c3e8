//! What hosts write.

mod attempt;
mod rows;
mod store_output;
mod verify;

pub(super) use rows::{seal, write_frames};
pub(super) use store_output::Outputs;
pub use store_output::PostgresOutput;
pub(super) use verify::damaged_output;
