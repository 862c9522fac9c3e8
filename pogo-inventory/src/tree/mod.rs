//! The content of a file as a tree, with the span of every key and value.
//!
//! Values are kept as written: host names such as `08` or `1e3` are texts, never numbers.

pub(crate) mod expect;
pub(crate) mod keys;
mod node;

pub(crate) use node::{Entry, Key, Node, Value};
