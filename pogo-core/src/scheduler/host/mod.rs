//! What is ordered of hosts outside of any job: freezes and holds.

mod freeze;
mod hold;

pub use freeze::Freeze;
pub(crate) use freeze::Freezes;
pub(crate) use hold::Holds;
pub use hold::{Hold, HoldView};
