//! State shared by the servers of all hosts.

use std::sync::Arc;

use russh::keys::{PrivateKey, PublicKey};
use secrecy::SecretString;

use super::gauge::Gauge;
use super::processes::Processes;

/// State shared by the servers of all hosts.
#[derive(Debug)]
pub(super) struct FleetShared {
    /// The key that can log in.
    pub(super) client_key: PublicKey,
    /// The password that can log in.
    pub(super) password: SecretString,
    /// The host key that hosts with `Fault::ChangedHostKey` show.
    pub(super) other_key: PrivateKey,
    pub(super) processes: Processes,
    /// Hosts on which something runs.
    pub(super) busy: Arc<Gauge>,
    /// Clients in a handshake or login.
    pub(super) handshakes: Arc<Gauge>,
}
