//! What hosts write.

mod attempt;
mod rows;
mod store_output;

pub(super) use store_output::Outputs;
pub use store_output::PostgresOutput;
