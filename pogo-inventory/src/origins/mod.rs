//! The origin of each host, tag and setting: the line of a source.

mod host_run;
mod setting_names;
mod source_position;
mod table;

#[cfg(feature = "ansible")]
pub(crate) use source_position::SourceNumber;
pub(crate) use source_position::SourcePosition;
pub(crate) use table::OriginTable;
