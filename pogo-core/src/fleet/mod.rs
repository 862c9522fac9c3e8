//! WHO: hosts, tags, host ranges and selectors.

mod builder;
mod host;
mod inventory;
mod selector;
mod tag;

pub use builder::FleetBuilder;
pub use host::{Connection, Host, HostId, HostName, NameError};
pub use inventory::Fleet;
pub use selector::Selector;
pub use tag::TagPath;
