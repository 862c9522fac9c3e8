//! WHO: hosts, tags, host ranges and selectors.
//!
//! A [`Fleet`] is built once, with [`Fleet::builder`], and never changes. [`Selector`]s name hosts in it, by name
//! ([`HostRange`]) and by tag ([`TagPath`]); [`fold`] turns a list of names back into a short text.

#![expect(clippy::module_inception, reason = "the fleet itself has a file of its own")]

mod builder;
mod builder_connections;
mod connections;
mod error;
mod fleet;
mod fold;
mod host;
pub(crate) mod host_list;
mod names;
mod near;
mod origin;
mod origins;
mod parse;
mod pattern;
mod range;
mod resolve;
mod selector;
mod selector_error;
mod stored;
mod tag;
mod tree;
mod visible;

pub use builder::FleetBuilder;
pub use error::FleetError;
pub use fleet::{Fleet, TagId};
pub use fold::{Folded, fold};
pub use host::{Connection, Host, HostId, HostName, NameError};
pub(crate) use host_list::{fold_in_order, unfold};
pub(crate) use near::near;
pub use origin::Origin;
pub use pattern::{matches_char_pattern, matches_pattern};
pub use range::HostRange;
pub use resolve::ResolveError;
pub use selector::Selector;
pub use selector_error::SelectorError;
pub use tag::{TagError, TagPath};
pub(crate) use visible::Escaped;
pub use visible::is_invisible;
