//! What is said of a whole namespace: the fleets and policies that records name, and its restores.

mod content;
mod restoration;

pub use content::{Content, ContentNotLoaded};
pub use restoration::{Restoration, RestoreCause, RestoreId, RestoreIdError};
