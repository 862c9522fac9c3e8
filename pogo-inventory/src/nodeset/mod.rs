//! Node sets: `web[01-10/2],db1!web05&@rack:r1`.

#[cfg(feature = "clustershell")]
mod expression;
#[cfg(feature = "genders")]
mod list;
mod ranges;

use indexmap::IndexSet;

#[cfg(feature = "clustershell")]
pub(crate) use expression::{Lookup, evaluate};
#[cfg(feature = "genders")]
pub(crate) use list::list;

/// Node names in the order of their first occurrence.
pub(crate) type NodeNames = IndexSet<String>;

/// The most nodes of one expression.
const MAX_NODES: usize = 1_000_000;

/// An error in an expression, with its byte offset.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NodeSetError {
    pub(crate) offset: usize,
    pub(crate) message: String,
}

impl NodeSetError {
    pub(crate) fn new(offset: usize, message: impl Into<String>) -> Self {
        Self {
            offset,
            message: message.into(),
        }
    }
}
