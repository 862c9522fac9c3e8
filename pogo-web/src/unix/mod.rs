//! Serving on a Unix socket: whoever may open it is known by their account.

mod access;
mod accounts;
mod bind;
mod error;
mod peer;
mod serve;
mod socket;

pub use access::Access;
pub use accounts::PeerAccounts;
pub use error::SocketError;
pub use peer::Peer;
pub use serve::serve;
pub use socket::Socket;

pub use crate::serving::ServeOptions;
