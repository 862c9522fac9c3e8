//! SURVIVE: what is written down before anything acts on it.
//!
//! A journal is the namespace's state: whoever owns it counts the capacity, and replaying it gives exactly the state
//! that wrote it. A [`Snapshot`] spares replaying what came before it. The `Journal` trait says what a store must
//! promise; `MemoryJournal` keeps it for tests and for jobs that need not survive their process.

mod clock_skew;
#[cfg(feature = "async")]
mod content;
#[cfg(feature = "async")]
mod error;
mod format;
#[cfg(feature = "async")]
mod memory;
mod owner;
mod position;
mod replay;
mod restored;
#[cfg(feature = "async")]
mod shortened;
#[cfg(feature = "async")]
mod store;
#[cfg(feature = "async")]
mod stored_len;

pub use crate::scheduler::{Epoch, OwnerId, RestoreError, Snapshot};
pub use clock_skew::ClockSkew;
#[cfg(feature = "async")]
pub use content::ContentLoader;
#[cfg(all(feature = "async", feature = "testing"))]
pub(crate) use content::load_from;
#[cfg(feature = "async")]
pub(crate) use content::{NamedContent, StoredContent, committed_len, holds_content};
#[cfg(feature = "async")]
pub use error::JournalError;
pub use format::{Commit, FORMAT_VERSION};
#[cfg(feature = "async")]
pub use memory::MemoryJournal;
pub use owner::{Acquire, Nonce, Owner};
pub use position::Seq;
pub use replay::{ReplayError, replay};
pub use restored::RestoredStore;
#[cfg(feature = "async")]
pub(crate) use shortened::{shorten_answer, shorten_outcome, shorten_record};
#[cfg(feature = "async")]
pub use store::{Journal, OwnedJournal, Page};
#[cfg(feature = "async")]
pub use stored_len::stored_len;
