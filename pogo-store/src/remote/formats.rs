//! In which format records are written, so that machines of different versions have one store.

#[cfg(any(feature = "postgres", feature = "zookeeper"))]
use pogo_core::journal::JournalError;
use pogo_core::journal::OwnerId;

/// The newest format of records that this version writes, and reads with all before it.
///
/// A new one is for records that a version before it would not read, or would take for others. Its number is written to
/// the store by whoever owns the namespace, once everybody who is alive says that they read it; never a lower one after
/// it.
#[cfg(any(feature = "postgres", feature = "zookeeper"))]
pub(crate) const NEWEST: u32 = 1;

/// The format in which a namespace is written, and who reads up to which. The default is that of a namespace that
/// nobody ever owned.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RemoteFormats {
    /// The format that its owner writes: the newest that all who are alive read, or the one that it was written in
    /// before. 0 if nobody ever owned it.
    pub written: u32,
    /// The newest format that each of those reads who are alive: the owner, if there is one, who waits, and who
    /// follows it without ever taking over.
    pub read: Vec<(OwnerId, u32)>,
}

/// Refuses a namespace whose records this version does not read.
#[cfg(any(feature = "postgres", feature = "zookeeper"))]
pub(crate) fn check_format(written: u32) -> Result<(), JournalError> {
    match written > NEWEST {
        true => Err(JournalError::UnknownFormat { written, reads: NEWEST }),
        false => Ok(()),
    }
}
