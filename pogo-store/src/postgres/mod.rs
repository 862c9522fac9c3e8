//! Stores in PostgreSQL: for several machines, of which one takes over from another.

mod acquire;
mod address;
mod clock;
mod commits;
mod compaction;
mod contents;
mod error;
mod fence;
mod heartbeat;
mod history;
mod hold;
mod holder;
mod journal;
mod migration;
mod namespace;
mod output;
mod owned;
mod partitions;
mod place;
mod pool;
mod runtime;
mod session;
mod snapshots;
mod store;
mod watch;

pub use address::PostgresAddress;
pub use error::PostgresError;
pub use heartbeat::Pace;
pub use journal::PostgresJournal;
pub use migration::Migrated;
pub use namespace::PostgresNamespace;
pub use output::PostgresOutput;
pub use store::PostgresStore;
