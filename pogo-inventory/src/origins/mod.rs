//! Which line of a source gave each host, tag and setting.

mod host_run;
mod setting_names;
mod source_position;
mod table;

#[cfg(feature = "ansible")]
pub(crate) use source_position::SourceNumber;
pub(crate) use source_position::SourcePosition;
pub(crate) use table::OriginTable;
