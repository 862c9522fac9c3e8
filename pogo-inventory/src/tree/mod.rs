//! What a file holds, as a tree in which every key and value knows its place.
//!
//! Values are kept as they are written: host names such as `08` or `1e3` are text here, never numbers.

pub(crate) mod expect;
pub(crate) mod keys;
mod node;

pub(crate) use node::{Entry, Key, Node, Value};
