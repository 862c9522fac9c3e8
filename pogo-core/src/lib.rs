//! The pure scheduler of pogo.

#[cfg(feature = "async")]
pub mod dispatcher;
pub mod fleet;
pub mod journal;
pub mod plan;
pub mod policy;
pub mod scheduler;
pub mod sim;
#[cfg(feature = "testing")]
pub mod testing;
mod time;

pub use time::Timestamp;
