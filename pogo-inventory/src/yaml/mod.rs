//! YAML, with the span of every key and value.

mod anchors;
mod load;
mod map;
mod syntax;
#[cfg(test)]
mod tests;

pub(crate) use load::{load, load_with};

/// The deepest nesting of a file.
pub(crate) const MAX_DEPTH: usize = 64;

/// The most values that aliases may add to a file.
pub(crate) const MAX_ALIASED: usize = 1_000_000;
