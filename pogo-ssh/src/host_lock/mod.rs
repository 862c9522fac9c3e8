//! The host's lock, and the record of the last attempt that it keeps beside it.

mod key;
mod messages;
mod scripts;

pub(crate) use key::{LockKey, restore_suffix};
pub(crate) use messages::{BusyHost, busy_host, never_message};
pub(crate) use scripts::{BEGIN, BORN, GROUP_LIVES, HELD, RECORD, TAKE, TIDY, WAIT};
