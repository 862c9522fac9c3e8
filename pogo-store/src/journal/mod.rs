//! The journal of a namespace in files: segments of records, snapshots, content.

mod commit_lines;
mod compaction;
mod contents;
mod growth;
mod owned;
mod reader;
mod reserve;
mod segments;
mod snapshots;
mod store_journal;
mod writer;

pub(crate) use growth::Growth;
pub(crate) use reader::Reader;
pub(crate) use reserve::ReserveState;
pub use store_journal::StoreJournal;
