//! The client.

mod alive;
#[allow(
    clippy::module_inception,
    reason = "the module is named for what it is about, its file for what it holds"
)]
mod client;
mod condition;
mod connection;
mod endpoint;
mod error;
mod event_parser;
mod exchange;
mod follow_item;
mod following;
mod namespace;
mod options;
mod patience;
mod servers;
mod starter;
#[cfg(feature = "tls")]
mod tls;
mod updates;

pub use client::Client;
pub use condition::{Condition, Revision};
pub use error::ClientError;
pub use follow_item::FollowItem;
pub use namespace::NamespaceClient;
pub use updates::{Followed, Updates};
