//! WHO: hosts, tags, host ranges and selectors.
//!
//! A [`Fleet`] is built once, with [`Fleet::builder`], and never changes. [`Selector`]s name hosts in it, by name
//! ([`HostRange`]) and by tag ([`TagPath`]); [`fold`] turns a list of names back into a short text.

mod builder;
mod builder_connections;
mod connections;
mod data;
mod error;
mod fold;
mod host;
mod members;
mod names;
mod near;
mod parse;
mod pattern;
mod range;
mod resolve;
mod selector;
mod selector_error;
mod tag;
mod tree;
mod visible;

pub use builder::FleetBuilder;
pub(crate) use data::{runs, unfold};
pub use error::FleetError;
pub use fold::{Folded, fold};
pub use host::{Connection, Host, HostId, HostName, NameError};
pub use members::{Fleet, TagId};
pub(crate) use near::near;
pub use pattern::matches_pattern;
pub use range::HostRange;
pub use resolve::ResolveError;
pub use selector::Selector;
pub use selector_error::SelectorError;
pub use tag::{TagError, TagPath};
pub use visible::is_invisible;
