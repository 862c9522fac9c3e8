//! Why a host waits, as plain data and as a sentence: obstacles, who holds the slots, and the orders that help.

mod brief;
mod cure;
mod holder;
#[allow(
    clippy::module_inception,
    reason = "the module is named for what it is about, its file for what it holds"
)]
mod obstacle;
mod sentence;

pub use cure::{Cure, CureOrder};
pub use holder::{Holder, HolderReason};
pub use obstacle::{Blocker, Obstacle};
pub use sentence::FormatTime;
