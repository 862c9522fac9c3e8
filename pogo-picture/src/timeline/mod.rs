//! A log as a timeline.

mod axis;
mod bands;
mod bars;
mod blocks;
mod charts;
mod data;
mod error;
mod explain;
mod heading;
mod host;
mod ledger;
mod legend;
mod log_reader;
mod mark;
mod marks;
mod opened;
mod page;
mod rows;
mod sheet;
mod state;
mod style;
mod svg;
mod terminal;
#[cfg(test)]
mod tests;
#[allow(
    clippy::module_inception,
    reason = "the folder is about timelines, the file holds the timeline itself"
)]
mod timeline;
mod usage;
mod waits;

pub use error::TimelineError;
pub(super) use style::SHEET as STYLE;
pub use timeline::Timeline;
