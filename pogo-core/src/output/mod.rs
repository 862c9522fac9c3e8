//! KEEP: what hosts wrote, in a store.
//!
//! A `Dispatcher` that is given an `OutputStore` writes to it what attempts write, in bounded memory, and has an
//! attempt's output sealed when it ends. A store that fails loses output, which the end of the attempt and a notice
//! say, and stops nothing. What travels, [`OutputFrame`]s and [`OutputPage`]s, is there without async.

mod batch;
#[cfg(feature = "async")]
mod clipped;
mod digester;
mod frame;
#[cfg(feature = "async")]
mod kept_attempt;
#[cfg(feature = "async")]
mod kept_stream;
#[cfg(feature = "async")]
mod memory;
mod page;
#[cfg(feature = "async")]
mod store;

pub use batch::OutputBatch;
#[cfg(feature = "async")]
pub use clipped::Clipped;
pub use digester::OutputDigester;
pub use frame::{OutputFrame, OutputSource, Stream, UnknownStream};
#[cfg(feature = "async")]
pub use memory::{AttemptOutput, MemoryOutput};
pub use page::OutputPage;
#[cfg(feature = "async")]
pub use store::{OutputError, OutputStore};
