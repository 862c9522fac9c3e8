//! The known_hosts files, parsed once and indexed by name.

mod authority;
mod index;
mod line;
mod names;

pub(crate) use index::{FileError, KeyVerdict, KnownHosts};
pub(crate) use names::{hashed, lookup_name};
