//! What the user sees.

mod bars;
mod lines;
mod screen;
mod span;
mod summary;
mod watch;

pub(crate) use screen::{Screen, complain, remark};
pub(crate) use summary::Summary;
pub(crate) use watch::Watch;
