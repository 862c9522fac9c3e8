//! Removes what is older or more than is to be kept: by hand, and by the owner each day.

mod daily;
mod prune;

pub(crate) use daily::DailyExpiry;
pub(crate) use prune::{prune, remove_output};
