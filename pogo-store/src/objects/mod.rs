//! Output of attempts as objects, in S3 or an S3-compatible service, or in a directory that all machines mount.
//!
//! Objects are written whole, and nobody sees a part of one. So what several attempts write in a second is one object,
//! a segment, which is written again in place of itself until it is large; the end of an attempt that writes more than
//! is kept has segments of its own, which are removed as the end moves on. An attempt that has ended is named in the
//! segment in which its end is, with everything that is kept of it.

mod check;
mod error;
mod expiry;
mod failure;
#[cfg(test)]
mod faulty;
mod http;
mod live_attempt;
mod live_job;
mod location;
mod names;
mod open_segment;
mod output;
mod reader;
mod runs;
mod segment;
mod segment_cache;
mod storage;
#[cfg(test)]
mod takeover_tests;
#[cfg(test)]
mod tests;
mod writer;
mod writer_reads;
mod written_attempts;

pub use error::ObjectError;
pub(crate) use live_attempt::PER_ATTEMPT;
pub use location::ObjectLocation;
pub(crate) use names::WriterId;
pub(crate) use output::{ObjectOutput, ObjectOwner};
pub use storage::ObjectStorage;
