//! Passes output from attempts to a store, in bounded memory.

mod attempt_output;
mod budget;
mod progress;
mod sink;
mod writer;

pub(super) use attempt_output::OutputHandle;
pub(super) use sink::OutputSink;
pub(super) use writer::OutputWriter;
