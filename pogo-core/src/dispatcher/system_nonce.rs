//! Random numbers of the machine.

use crate::journal::{JournalError, Nonce};

/// A nonce that nobody else draws: the one random number that a dispatcher needs.
pub(super) fn system_nonce() -> Result<Nonce, JournalError> {
    // Drawn here at the edge, since the core has no random source; an unlucky process id or time
    // would repeat after a restore.
    let drawn = getrandom::u64().map(Nonce);
    drawn.map_err(|error| JournalError::Unavailable {
        message: format!("this machine gives no random number for the ownership: {error}"),
    })
}
