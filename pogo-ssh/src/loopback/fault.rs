//! What can go wrong with a host.

use std::time::Duration;

/// What goes wrong with a loopback host, from the moment it is set until it is healed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Connections are refused.
    Refuse,
    /// Connections are accepted, then nothing is ever said.
    NoBanner,
    /// The banner comes, then the handshake stalls.
    StallHandshake,
    /// It shows another host key than the one in the known_hosts file.
    ChangedHostKey,
    /// Nobody can log in.
    RefuseLogin,
    /// It takes a password only as the answer to a question, as servers with PAM often do, and no key.
    AsksForPassword,
    /// The connection breaks this long after a command was started. The command goes on, as with a real server.
    DropLink(Duration),
    /// Whatever it is asked to run is accepted, and then nothing ever happens.
    Hang,
    /// A command is preceded by this many bytes of output.
    Flood(u64),
    /// A command is not run, and ends with this status.
    FailWith(u32),
    /// Something of its own runs in place of whatever it is asked to run, and ends with this status.
    ForcedCommand(u32),
}
