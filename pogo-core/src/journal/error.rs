//! Errors of journals, by their meaning for the owner.

use super::{Epoch, OwnerId, Seq};
use crate::scheduler::RestoreCause;
use crate::{Digest, Timestamp};

/// An error of a journal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// Another dispatcher owns the journal. Nothing has changed.
    #[error(
        "the journal is owned by {owner} ({epoch}, since {since}); stop that dispatcher, wait for its end, or take \
         over by force where the store allows it"
    )]
    Held {
        /// The owner.
        owner: OwnerId,
        /// Its epoch.
        epoch: Epoch,
        /// Since when, by its own clock.
        since: Timestamp,
    },
    /// Another dispatcher owns the journal now. The former owner stops at once: it may no longer start anything.
    #[error("another dispatcher has taken over the journal; this one must stop")]
    Fenced,
    /// The journal is not as its last owner left it: what ran since is not in it. Nothing has changed.
    #[error(
        "{cause}, so that what ran since then is not recorded; see that nobody goes on with the other one, and accept \
         the restore with a reason, which pauses every job and leaves in doubt what had not ended"
    )]
    Restored {
        /// What happened to it.
        cause: RestoreCause,
    },
    /// The commit's position is not the journal's end. Nothing was appended.
    #[error("the journal stands at {at}, which is not where the commit belongs; replay it first")]
    Conflict {
        /// The journal's end.
        at: Seq,
    },
    /// It is unknown whether the commit was stored. Append the same commit again: that is harmless if it was.
    #[error("it is not known whether the commit was stored: {message}")]
    Unknown {
        /// What was seen.
        message: String,
    },
    /// The commit is larger than the store accepts. Nothing was appended.
    #[error("the commit is larger than {max} bytes; split it")]
    TooLarge {
        /// The most bytes of one commit.
        max: usize,
    },
    /// The requested records were compacted; a snapshot replaces them.
    #[error("the journal no longer has records before {first}; begin with its latest snapshot")]
    Compacted {
        /// The first record that it still has.
        first: Seq,
    },
    /// The stored data is damaged.
    #[error("the journal is damaged at record {at}: {message}; restore it from a copy")]
    Corrupt {
        /// The first record that is damaged.
        at: Seq,
        /// The damage.
        message: String,
    },
    /// The store has no content of this digest.
    #[error("the journal has no content {digest}, which its records name; restore it from a copy")]
    NoContent {
        /// The digest.
        digest: Digest,
    },
    /// Bytes that were to be put do not have the digest that was named. Nothing was stored.
    #[error("what was to be stored as content {digest} has another digest; nothing was stored")]
    WrongContent {
        /// The digest that was named.
        digest: Digest,
    },
    /// The bytes that the store has under this digest are no longer those that were put.
    #[error("the content that the journal has as {digest} is damaged: its digest is another; restore it from a copy")]
    DamagedContent {
        /// The digest.
        digest: Digest,
    },
    /// The content is what was stored, and cannot be read.
    #[error("content {digest} cannot be read: {message}; a newer version of pogo may have written it")]
    UnknownContent {
        /// The digest.
        digest: Digest,
        /// Why not.
        message: String,
    },
    /// The records are written in a format that this version does not read. Nothing has changed.
    #[error(
        "the records are written in format {written}, and this version of pogo reads up to format {reads}; install the \
         version that their owner has"
    )]
    UnknownFormat {
        /// The format that they are written in.
        written: u32,
        /// The newest that this version reads.
        reads: u32,
    },
    /// The store cannot be reached. Nothing was appended; trying again may help.
    #[error("the journal cannot be reached: {message}")]
    Unavailable {
        /// What was seen.
        message: String,
    },
}
