#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod authenticator;
mod body;
mod closing;
mod handlers;
mod history;
mod json;
mod limits;
mod output_feed;
#[cfg(feature = "page")]
mod page;
mod parameters;
mod questions;
mod refusal;
mod request;
mod revision;
mod routes;
#[cfg(any(feature = "tcp", feature = "unix"))]
mod serving;
mod state;
#[cfg(feature = "tcp")]
pub mod tcp;
mod timeline;
mod tokens;
#[cfg(feature = "unix")]
pub mod unix;

pub use authenticator::{AuthError, Authenticator, Identity};
pub use limits::Limits;
pub use output_feed::OutputFeed;
pub use questions::Questions;
pub use routes::{Route, router, routes};
pub use state::{Activity, Namespace, RouterState, RouterStateBuilder, SecretsKeeper};
pub use tokens::Tokens;
#[cfg(feature = "unix")]
pub use unix::{Peer, PeerAccounts};
