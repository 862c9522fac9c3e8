//! Whether a host has a record of an attempt.

use pogo_core::dispatcher::Attempt;

/// Why nobody is asked about an attempt that began without the host's lock. The lock's record does not know of it: one
/// that was made since says of any attempt that it never began, or that a later one has taken its place.
pub(crate) const WITHOUT_LOCK: &str = "the attempt began without the lock of its host, which has no record of it";

/// Whether the host's record knows of an attempt of an earlier time.
pub(super) fn has_record(attempt: &Attempt) -> bool {
    !attempt.resumed || attempt.host_lock
}
