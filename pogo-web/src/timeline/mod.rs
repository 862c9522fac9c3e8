//! What the page draws of jobs: kept up to date by following each namespace once, so that a request costs what it
//! shows, not what has happened.

mod attempts;
mod bands;
mod bars;
mod causes;
mod charts;
mod follow;
mod job;
mod known;
mod limits;
mod orders;
mod outlook;
mod overview;
mod past;
mod preview;
mod reasons;
mod sections;
mod spans;
mod takeover;
mod timelines;
mod touched;
mod touched_list;
mod window;

pub(crate) use bars::Bars;
pub(crate) use known::Known;
pub(crate) use overview::Overview;
pub(crate) use preview::Preview;
pub(crate) use reasons::Reasons;
pub(crate) use timelines::Timelines;
pub(crate) use touched::TouchedBy;
pub(crate) use window::Window;
