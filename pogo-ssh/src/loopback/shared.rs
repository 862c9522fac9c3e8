//! What the servers of all hosts share.

use std::sync::Arc;

use russh::keys::{PrivateKey, PublicKey};
use secrecy::SecretString;

use super::gauge::Gauge;
use super::processes::Processes;

/// What the servers of all hosts share.
#[derive(Debug)]
pub(super) struct Shared {
    /// The key that may log in.
    pub(super) client_key: PublicKey,
    /// The password that may log in.
    pub(super) password: SecretString,
    /// The host key of impostors.
    pub(super) other_key: PrivateKey,
    pub(super) processes: Processes,
    /// How many hosts run something.
    pub(super) busy: Arc<Gauge>,
    /// How many clients are on their way in.
    pub(super) handshakes: Arc<Gauge>,
}
