//! The other end of a connection.

use std::io;

use tokio::net::UnixStream;

/// The process at the other end of a connection to a Unix socket, as the system knows it. It is an extension of each
/// request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Peer {
    /// Its account.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Its number, where the system tells it. Another process may have it by now: nothing is decided by it.
    pub pid: Option<i32>,
}

impl Peer {
    /// A process of this account and group.
    pub fn new(uid: u32, gid: u32) -> Self {
        Self { uid, gid, pid: None }
    }

    pub(super) fn of(stream: &UnixStream) -> io::Result<Self> {
        let credentials = stream.peer_cred()?;
        Ok(Self {
            uid: credentials.uid(),
            gid: credentials.gid(),
            pid: credentials.pid(),
        })
    }
}
