//! A log as a timeline.

mod axis;
mod bands;
mod bars;
mod blocks;
mod charts;
mod host;
mod ledger;
mod legend;
mod mark;
mod marks;
mod opened;
mod page;
mod rows;
mod sheet;
mod state;
mod story;
mod style;
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

pub(super) use style::SHEET as STYLE;
pub use timeline::{Timeline, TimelineError};
