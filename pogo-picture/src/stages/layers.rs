//! Where boxes stand: a lane for each sequence, and a layer for each step that must come before.

use indexmap::IndexMap;
use petgraph::Direction;
use petgraph::algo::toposort;
use petgraph::graph::NodeIndex;

use super::StageGraph;

/// A box's place, counted from the top left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) layer: usize,
    pub(super) lane: usize,
}

/// The place of each node, and the names of the lanes.
pub(super) fn places(stages: &StageGraph) -> (Vec<Place>, Vec<Option<String>>) {
    let graph = &stages.graph;
    // What has a cycle cannot come from a plan; it is drawn in the order of its nodes all the same.
    let order = toposort(graph, None).unwrap_or_else(|_| graph.node_indices().collect());
    let mut layers = vec![0; graph.node_count()];
    for node in order {
        let before = graph.neighbors_directed(node, Direction::Incoming);
        let layer = before
            .filter_map(|before| layers.get(before.index()))
            .map(|&layer| layer + 1)
            .max();
        if let Some(entry) = layers.get_mut(node.index()) {
            *entry = layer.unwrap_or(0);
        }
    }
    let mut lanes: IndexMap<Option<String>, ()> = IndexMap::new();
    let place = |node: NodeIndex| {
        let sequence = graph.node_weight(node).and_then(|node| node.sequence.clone());
        Place {
            layer: layers.get(node.index()).copied().unwrap_or(0),
            lane: lanes.insert_full(sequence, ()).0,
        }
    };
    let places = graph.node_indices().map(place).collect();
    (places, lanes.into_keys().collect())
}
