#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(feature = "client")]
mod client;
#[cfg(feature = "socket-path")]
mod socket_path;
pub mod wire;

#[cfg(feature = "client")]
pub use client::{Client, ClientError, NamespaceClient, Updates};
#[cfg(feature = "socket-path")]
pub use socket_path::SocketPath;
