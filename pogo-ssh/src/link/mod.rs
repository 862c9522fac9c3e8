//! The way to a host: reach it, check who it is, log in.

mod agent;
mod auth;
mod connect;
mod credentials;
mod dial;
mod disagreement;
mod handler;
mod handshake;
mod idle;
mod jump;
mod key_file;
mod login;
mod pace;
mod places;
mod preface;
mod retry;
mod try_keys;
mod try_password;

pub(crate) use connect::{Connector, Unconnected};
pub(crate) use credentials::Credentials;
pub(crate) use handshake::Link;
pub(crate) use key_file::KeyFileError;
pub(crate) use pace::Pace;
pub(crate) use places::{TooFewFiles, room_for_connections};
pub(crate) use retry::pause_after;
