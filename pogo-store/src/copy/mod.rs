//! Copies of stores: a backup, or a store that moves to another machine.

mod copy_mark;
mod copy_store;

pub use copy_mark::CopyMark;
pub(crate) use copy_mark::{read_mark, remove_mark};
pub use copy_store::Copied;
pub(crate) use copy_store::copy_store;
