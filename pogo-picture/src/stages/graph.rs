//! The graph of stages, reduced to the edges that matter.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::toposort;
use petgraph::algo::tred::{dag_to_toposorted_adjacency_list, dag_transitive_reduction_closure};
use petgraph::graph::{DiGraph, NodeIndex};

use pogo_core::fleet::{HostName, fold};
use pogo_core::plan::Plan;

pub(super) type Stages = DiGraph<Node, Edge>;

/// A stage, or the hosts without one.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Its sequence; `None` for hosts without one.
    pub(super) sequence: Option<String>,
    pub(super) label: String,
    pub(super) hosts: usize,
    pub(super) names: String,
    /// Further lines: accepted failures, bake time.
    pub(super) remarks: Vec<String>,
}

/// Why a stage waits for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// It is the next stage of the sequence.
    Next,
    /// They share hosts with a later stage.
    Across,
}

/// With more stages than this all arrows are drawn, as finding redundant ones takes quadratic time.
const MOST_REDUCED: usize = 500;

/// The stages of a plan.
pub(super) fn stages(plan: &Plan) -> Stages {
    let mut graph = DiGraph::new();
    let nodes: Vec<NodeIndex> = plan
        .stages
        .iter()
        .map(|planned| graph.add_node(node(planned)))
        .collect();
    let mut stages_of: BTreeMap<&HostName, Vec<usize>> = BTreeMap::new();
    for (at, planned) in plan.stages.iter().enumerate() {
        for host in &planned.hosts {
            stages_of.entry(host).or_default().push(at);
        }
    }
    let free: Vec<&HostName> = plan.hosts.iter().filter(|host| !stages_of.contains_key(host)).collect();
    // Hosts with the same stages add the same edges: a set of tracks is small even for ten thousand
    // hosts.
    let tracks = stages_of.into_values().collect();
    for ((before, stage), edge) in edges(plan, &tracks) {
        if let (Some(&before), Some(&stage)) = (nodes.get(before), nodes.get(stage)) {
            graph.add_edge(before, stage, edge);
        }
    }
    if !free.is_empty() {
        graph.add_node(Node {
            sequence: None,
            label: "in no sequence".to_owned(),
            hosts: free.len(),
            names: fold(&free).to_string(),
            remarks: vec!["start at once".to_owned()],
        });
    }
    reduce(&mut graph);
    graph
}

/// Removes redundant dashed arrows.
fn reduce(graph: &mut Stages) {
    if graph.node_count() > MOST_REDUCED {
        return;
    }
    let Ok(order) = toposort(&*graph, None) else { return };
    let (list, position_of) = dag_to_toposorted_adjacency_list::<_, u32>(&*graph, &order);
    let (reduced, _) = dag_transitive_reduction_closure(&list);
    graph.retain_edges(|graph, edge| {
        let Some((from, to)) = graph.edge_endpoints(edge) else {
            return true;
        };
        let positions = position_of.get(from.index()).zip(position_of.get(to.index()));
        graph.edge_weight(edge) == Some(&Edge::Next)
            // Solid arrows always stay: they are the sequence that the operator wrote, even where
            // others imply them.
            || positions.is_none_or(|(&from, &to)| reduced.contains_edge(from, to))
    });
}

/// The dependencies of stages, for hosts in these sets of stages.
fn edges(plan: &Plan, tracks: &BTreeSet<Vec<usize>>) -> BTreeMap<(usize, usize), Edge> {
    let mut edges = BTreeMap::new();
    for track in tracks {
        let after = |&at: &usize| Some((at, plan.stages.get(at)?.stage.after?.index()));
        for (waiting, before) in track.iter().filter_map(after) {
            for &stage in track {
                let edge = if stage == waiting { Edge::Next } else { Edge::Across };
                // Two stages may be connected both ways; the sequence's own arrow is what a reader looks for.
                let entry = edges.entry((before, stage)).or_insert(edge);
                if edge == Edge::Next {
                    *entry = edge;
                }
            }
        }
    }
    edges
}

fn node(planned: &pogo_core::plan::PlannedStage) -> Node {
    let stage = &planned.stage;
    let mut remarks = vec![];
    if stage.allowed_failures > 0 {
        remarks.push(format!("{} may fail", stage.allowed_failures));
    }
    if stage.bakes {
        remarks.push("after a bake time".to_owned());
    }
    Node {
        sequence: Some(stage.sequence.clone()),
        label: stage.label.clone(),
        hosts: planned.hosts.len(),
        names: fold(&planned.hosts).to_string(),
        remarks,
    }
}
