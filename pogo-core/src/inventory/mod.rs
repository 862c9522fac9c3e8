//! WHERE FROM: sources of hosts, what they list, and what is wrong with them.
//!
//! [`Inventory`] is the trait of a source: a file, a database, a script, a cloud. It gives a [`Listing`], or an
//! [`InventoryError`] that lists every problem as a [`Diagnostic`].

mod diagnostic;
mod error;
mod fleet_diff;
mod listing;
mod origins;
mod source;

pub use diagnostic::{Diagnostic, Excerpt, LineSpan};
pub use error::InventoryError;
pub use fleet_diff::{FleetDiff, HostChange};
pub use listing::Listing;
pub use origins::Origins;
pub use source::Inventory;
