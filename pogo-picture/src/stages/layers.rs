//! The positions of boxes: a lane for each sequence, and a layer for each step that must come before.

use indexmap::IndexMap;
use petgraph::Direction;
use petgraph::algo::toposort;
use petgraph::graph::NodeIndex;

use super::graph::Stages;

/// The position of a box, counted from the top left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BoxPosition {
    pub(super) layer: usize,
    pub(super) lane: usize,
}

/// The position of each node, and the names of the lanes.
pub(super) fn positions(graph: &Stages) -> (Vec<BoxPosition>, Vec<Option<String>>) {
    // A plan has no cycle. If one had, its stages would be drawn in the order of the plan.
    let order = toposort(graph, None).unwrap_or_else(|_| graph.node_indices().collect());
    let mut layers = vec![0; graph.node_count()];
    for node in order {
        let before = graph.neighbors_directed(node, Direction::Incoming);
        let layer = before
            .filter_map(|before| layers.get(before.index()))
            .map(|&layer| layer + 1)
            // The longest way, so that every arrow leads to the right.
            .max();
        if let Some(entry) = layers.get_mut(node.index()) {
            *entry = layer.unwrap_or(0);
        }
    }
    // In order of appearance, which is the policy's: sorted by name, lanes would move when one is
    // renamed.
    let mut lanes: IndexMap<Option<String>, ()> = IndexMap::new();
    let position = |node: NodeIndex| {
        let sequence = graph.node_weight(node).and_then(|node| node.sequence.clone());
        BoxPosition {
            layer: layers.get(node.index()).copied().unwrap_or(0),
            lane: lanes.insert_full(sequence, ()).0,
        }
    };
    let positions = graph.node_indices().map(position).collect();
    (positions, lanes.into_keys().collect())
}
