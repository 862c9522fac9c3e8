//! The pure scheduler of pogo.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "async")]
pub mod dispatcher;
pub mod fleet;
pub mod plan;
pub mod policy;
pub mod scheduler;
mod time;

pub use time::Timestamp;
