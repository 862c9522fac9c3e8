#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(feature = "client"),
    allow(rustdoc::broken_intra_doc_links, reason = "the README is about the client")
)]

#[cfg(feature = "client")]
mod client;
#[cfg(feature = "openapi")]
mod openapi;
#[cfg(feature = "socket-path")]
mod socket_path;
mod takeover_sentence;
pub mod wire;

#[cfg(feature = "client")]
pub use client::{Client, ClientError, Condition, FollowItem, Followed, NamespaceClient, Revision, Updates};
/// The crate whose `Stream` the streams here implement.
#[cfg(feature = "client")]
pub use futures;
pub use secrecy::SecretString;
#[cfg(feature = "socket-path")]
pub use socket_path::SocketPath;
pub use takeover_sentence::TakeoverSentence;
