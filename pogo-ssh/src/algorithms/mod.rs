//! Which algorithms are spoken with a host: for the handshake, for its key, for logging in.

mod host_keys;
mod names;
mod offer;
mod user_keys;

pub(crate) use host_keys::{WeakHostKey, family};
pub(crate) use offer::{Algorithms, EmptyOffer, unknown_names};
pub(crate) use user_keys::BestHash;
