//! Anchors and aliases, up to a maximum size.

use std::collections::HashMap;

use super::{MAX_ALIASED, MAX_DEPTH};
use crate::tree::Node;

/// The anchored nodes of a file.
#[derive(Default)]
pub(super) struct Anchors<'a> {
    known: HashMap<usize, Anchored<'a>>,
    spent: usize,
}

struct Anchored<'a> {
    node: Node<'a>,
    size: usize,
    depth: usize,
}

/// Why an alias cannot be resolved.
pub(super) enum AliasError {
    /// It stands inside the value that it repeats.
    ToItself,
    /// The file would grow beyond its limit.
    TooMuch,
    /// The values would nest deeper than the limit.
    TooDeep,
}

impl<'a> Anchors<'a> {
    /// Stores a complete node. `false` if the file would grow beyond its limit.
    pub(super) fn define(&mut self, id: usize, node: &Node<'a>) -> bool {
        // Measured once, when it is complete: an alias that is used often would be counted again
        // each time.
        let (size, depth) = node.size();
        if !self.spend(size) {
            return false;
        }
        let node = node.clone();
        self.known.insert(id, Anchored { node, size, depth });
        true
    }

    /// Copies the node, for a position at nesting level `depth`.
    pub(super) fn resolve(&mut self, id: usize, depth: usize) -> Result<Node<'a>, AliasError> {
        let (size, deepest) = match self.known.get(&id) {
            Some(anchored) => (anchored.size, anchored.depth),
            None => return Err(AliasError::ToItself),
        };
        // The parser bounds what is written, not what aliases make of it; each level is a recursion
        // here.
        if depth + deepest > MAX_DEPTH {
            return Err(AliasError::TooDeep);
        }
        if !self.spend(size) {
            return Err(AliasError::TooMuch);
        }
        self.known
            .get(&id)
            .map(|anchored| anchored.node.clone())
            .ok_or(AliasError::ToItself)
    }

    fn spend(&mut self, size: usize) -> bool {
        self.spent = self.spent.saturating_add(size);
        self.spent <= MAX_ALIASED
    }
}
