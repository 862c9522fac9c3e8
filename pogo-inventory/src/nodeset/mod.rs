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

/// Names of nodes in the order in which they were first mentioned.
pub(crate) type NodeNames = IndexSet<String>;

/// Nodes that one expression may name.
const MAX_NODES: usize = 1_000_000;

/// What is wrong with an expression, and where, in bytes.
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
