//! KEEP: what hosts wrote, in a store.
//!
//! A [`Dispatcher`](crate::dispatcher::Dispatcher) that is [given](crate::dispatcher::DispatcherBuilder::output) an [`OutputStore`] writes to it what attempts
//! write, in bounded memory, and has an attempt's output sealed when it ends. A store that fails loses output, which the end of
//! the attempt and a [notice](crate::dispatcher::Notice::OutputLost) say, and stops nothing.

mod clipped;
mod digester;
mod frame;
mod kept_attempt;
mod kept_stream;
mod memory;
mod store;

pub use clipped::Clipped;
pub use digester::OutputDigester;
pub use frame::{OutputFrame, OutputSource, Stream, UnknownStream};
pub use memory::{AttemptOutput, MemoryOutput};
pub use store::{OutputError, OutputPage, OutputStore};
