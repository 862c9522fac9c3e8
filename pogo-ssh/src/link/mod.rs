//! Connects to a host: dial, verify the host key, log in.

mod agent;
mod agent_forwarding;
mod auth;
mod await_greeting;
mod backoff;
mod clock;
mod connect;
mod connection;
mod credentials;
mod current_key_file;
mod dial;
mod error;
mod file_limit;
mod greeting;
mod handler;
mod handshake;
mod handshake_error;
mod idle_connections;
mod jump;
mod key_file;
mod key_text;
mod login;
mod offer;
mod peeked_stream;
mod pem;
mod rate_limiter;
mod signer;
mod try_keys;
mod try_password;

pub(crate) use backoff::pause_after;
pub(crate) use connect::Connector;
pub(crate) use connection::Link;
pub(crate) use credentials::Credentials;
pub(crate) use error::ConnectError;
pub(crate) use file_limit::{TooFewFiles, room_for_connections};
pub(crate) use rate_limiter::RateLimiter;
