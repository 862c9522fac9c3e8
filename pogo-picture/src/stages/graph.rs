//! The graph: stages, and which waits for which.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::algo::toposort;
use petgraph::algo::tred::{dag_to_toposorted_adjacency_list, dag_transitive_reduction_closure};
use petgraph::graph::{DiGraph, NodeIndex};

use super::{dot, sheet};
use pogo_core::fleet::{HostName, fold};
use pogo_core::plan::Plan;

/// The stages of a plan, drawn as what waits for what.
///
/// Solid arrows lead from each stage to the next of its sequence. A dashed arrow leads from a stage to one of another
/// sequence that cannot complete before it, because the two share hosts further on. What follows from other arrows is
/// left out.
///
/// ```
/// use pogo_core::fleet::Fleet;
/// use pogo_picture::StageGraph;
/// use pogo_core::plan::{Command, JobSpec, Plan};
/// use pogo_core::policy::{Policy, Sequence};
///
/// let fleet = Fleet::builder().tagged("cache", "c[1-2]").tagged("front", "f[1-9]").build()?;
/// let order = Sequence::new("caches first", ["$cache".parse()?, "$front".parse()?]);
/// let policy = Policy { sequences: vec![order], ..Policy::default() };
/// let plan = Plan::compile(&fleet, &policy, &JobSpec::new("*".parse()?, Command::shell("restart")))?;
///
/// let graph = StageGraph::of(&plan);
/// assert!(graph.dot().starts_with("digraph {"));
/// assert!(graph.svg().contains("f[1-9]"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct StageGraph {
    pub(super) graph: DiGraph<Node, Edge>,
}

/// A stage, or the hosts that are in none.
#[derive(Debug, Clone)]
pub(super) struct Node {
    /// Its sequence; `None` for hosts without one.
    pub(super) sequence: Option<String>,
    pub(super) label: String,
    pub(super) hosts: usize,
    pub(super) names: String,
    /// What else there is to know.
    pub(super) remarks: Vec<String>,
}

/// Why a stage waits for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// It comes next in the sequence.
    Next,
    /// They share hosts with a stage that does.
    Across,
}

/// Of more stages than this all arrows are drawn: finding out which follow from others takes the square.
const REDUCED: usize = 500;

impl StageGraph {
    /// The graph of a plan.
    pub fn of(plan: &Plan) -> Self {
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
        let mut graph = Self { graph };
        graph.reduce();
        graph
    }

    /// Leaves out dashed arrows that follow from others.
    fn reduce(&mut self) {
        if self.graph.node_count() > REDUCED {
            return;
        }
        let Ok(order) = toposort(&self.graph, None) else { return };
        let (list, place) = dag_to_toposorted_adjacency_list::<_, u32>(&self.graph, &order);
        let (reduced, _) = dag_transitive_reduction_closure(&list);
        self.graph.retain_edges(|graph, edge| {
            let Some((from, to)) = graph.edge_endpoints(edge) else {
                return true;
            };
            let places = place.get(from.index()).zip(place.get(to.index()));
            graph.edge_weight(edge) == Some(&Edge::Next)
                || places.is_none_or(|(&from, &to)| reduced.contains_edge(from, to))
        });
    }

    /// The graph in the language of Graphviz.
    pub fn dot(&self) -> String {
        dot::draw(self)
    }

    /// An SVG file that needs nothing else: a line for each sequence, from left to right.
    pub fn svg(&self) -> String {
        sheet::draw(self)
    }
}

/// Which stages wait for which, for hosts that are in these sets of stages.
fn edges(plan: &Plan, tracks: &BTreeSet<Vec<usize>>) -> BTreeMap<(usize, usize), Edge> {
    let mut edges = BTreeMap::new();
    for track in tracks {
        let after = |&at: &usize| Some((at, plan.stages.get(at)?.stage.after?.index()));
        for (waiting, before) in track.iter().filter_map(after) {
            for &stage in track {
                let edge = if stage == waiting { Edge::Next } else { Edge::Across };
                // The next of its own sequence is what a reader looks for.
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
