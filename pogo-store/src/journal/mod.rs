//! The journal of a namespace in files: segments of records, snapshots, content.

mod commit_lines;
mod compaction;
mod contents;
mod growth;
mod owned;
mod reader;
mod recent;
mod recent_content;
mod reserve;
mod segments;
mod snapshots;
mod store_journal;
mod writer;

pub(crate) use commit_lines::EncodedCommit;
pub(crate) use commit_lines::line_alone;
pub(crate) use contents::put_content;
pub(crate) use contents::{content_file, list_content, read_content};
pub(crate) use growth::Growth;
pub(crate) use reader::JournalReader;
pub(crate) use recent::RecentCommits;
#[cfg(any(feature = "postgres", feature = "zookeeper"))]
pub(crate) use recent_content::RecentContent;
pub(crate) use reserve::Reserve;
pub(crate) use reserve::ReserveState;
pub(crate) use segments::{Mark, list_segments, scan, segment_file};
#[cfg(any(feature = "postgres", feature = "zookeeper"))]
pub(crate) use snapshots::check_end;
pub(crate) use snapshots::write_snapshot;
pub(crate) use snapshots::{list_snapshots, read_snapshot, snapshot_file};
pub use store_journal::StoreJournal;
pub(crate) use writer::Writer;
pub(crate) use writer::broken_off;
