//! Faults of loopback hosts.

use std::time::Duration;

/// A fault of a loopback host, active from its injection until it is healed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Connections are refused.
    Refuse,
    /// Connections are accepted, then nothing is ever sent.
    NoBanner,
    /// The banner is sent, then the handshake stalls.
    StallHandshake,
    /// It shows another host key than the one in the known_hosts file.
    ChangedHostKey,
    /// Every login is refused.
    RefuseLogin,
    /// A password is accepted only as the answer to a prompt, as servers with PAM often do, and no key.
    AsksForPassword,
    /// The connection breaks this long after a command was started. The command goes on, as with a real server.
    DropLink(Duration),
    /// Every command is accepted, and then nothing ever happens.
    Hang,
    /// A command first writes this many bytes of output.
    Flood(u64),
    /// A command is not run and ends with this status.
    FailWith(u32),
    /// A command is not run, writes one line and ends well, without a process: for measuring what clients cost.
    Answer,
    /// A forced command runs in place of every command and ends with this status.
    ForcedCommand(u32),
}
