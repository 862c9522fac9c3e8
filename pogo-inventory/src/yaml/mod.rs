//! YAML, with the span of every key and value.

mod anchors;
mod load;
mod map;
mod syntax;
#[cfg(test)]
mod tests;

pub(crate) use load::{load, load_with};

/// Levels of nesting that a file may have.
pub(crate) const MAX_DEPTH: usize = 64;

/// Values that a file may gain by repeating parts of itself through aliases.
pub(crate) const MAX_ALIASED: usize = 1_000_000;
