//! Scratch: what could still start, and which jobs may have another status than before.

#[allow(
    clippy::module_inception,
    reason = "the module is named for what it is about, its file for what it holds"
)]
mod outlook;
mod prospects;

pub(crate) use outlook::Outlook;
pub(crate) use prospects::Prospects;
