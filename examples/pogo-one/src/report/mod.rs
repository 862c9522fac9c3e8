//! What the user sees.

mod bars;
mod lines;
mod screen;
mod span;
mod summary;
mod timeline;
mod watch;

pub(crate) use screen::{Screen, complain};
pub(crate) use summary::Summary;
pub(crate) use timeline::timeline;
pub(crate) use watch::Watch;
