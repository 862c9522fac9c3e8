//! The way to a host: reach it, check who it is, log in.

mod agent;
mod auth;
mod clock;
mod connect;
mod credentials;
mod dial;
mod disagreement;
mod greeting;
mod handler;
mod handshake;
mod idle;
mod jump;
mod key_file;
mod key_text;
mod login;
mod offer;
mod pace;
mod pem;
mod places;
mod preface;
mod retry;
mod session;
mod signer;
mod try_keys;
mod try_password;

pub(crate) use connect::{Connector, Unconnected};
pub(crate) use credentials::Credentials;
pub(crate) use handshake::Link;
pub(crate) use pace::Pace;
pub(crate) use places::{TooFewFiles, room_for_connections};
pub(crate) use retry::pause_after;
