//! YAML as a tree in which every key and value knows its place.
//!
//! Values are kept as they are written: host names such as `08` or `1e3` are text here, never numbers.

mod anchors;
pub(crate) mod expect;
pub(crate) mod keys;
mod load;
mod map;
mod node;
mod syntax;
#[cfg(test)]
mod tests;

pub(crate) use load::load;
pub(crate) use node::{Entry, Key, Node, Value};

/// Levels of nesting that a file may have.
pub(crate) const MAX_DEPTH: usize = 64;

/// Values that a file may gain by repeating parts of itself through aliases.
pub(crate) const MAX_ALIASED: usize = 1_000_000;
