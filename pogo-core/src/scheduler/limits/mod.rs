//! How much of each limit is used, and whether that lets one more host start.

mod admission;
mod usage;

pub(crate) use admission::{admit, has_room};
pub(crate) use usage::{Change, Usage};
