//! Algorithms negotiated with a host: key exchange, host keys, user keys.

mod host_keys;
mod names;
mod offer;
mod user_keys;

pub(crate) use host_keys::{WeakHostKey, family};
pub(crate) use offer::{Algorithms, EmptyOffer, unknown_names};
pub(crate) use user_keys::BestHash;
