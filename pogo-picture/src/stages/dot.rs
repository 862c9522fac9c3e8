//! The graph for Graphviz.

use petgraph::dot::{Config, Dot, RankDir};
use petgraph::graph::DiGraph;

use super::graph::{Edge, Node, Stages};
use crate::markup::shorten;

/// Longer lists of hosts are shortened to so many characters.
const NAMES: usize = 60;

pub(super) fn draw(stages: &Stages) -> String {
    let labels: DiGraph<String, &str> = stages.map(|_, node| label(node), |_, edge| style(*edge));
    let config = [Config::EdgeNoLabel, Config::RankDir(RankDir::LR)];
    let edge = |_, edge: petgraph::graph::EdgeReference<'_, &str>| (*edge.weight()).to_owned();
    let node = |_, _| "shape = box".to_owned();
    Dot::with_attr_getters(&labels, &config, &edge, &node).to_string()
}

fn style(edge: Edge) -> &'static str {
    match edge {
        Edge::Next => "",
        Edge::Across => "style = dashed",
    }
}

fn label(node: &Node) -> String {
    let plural = if node.hosts == 1 { "" } else { "s" };
    let mut lines: Vec<String> = node.sequence.iter().cloned().collect();
    lines.push(node.label.clone());
    lines.push(format!("{} host{plural}: {}", node.hosts, shorten(&node.names, NAMES)));
    lines.extend(node.remarks.iter().cloned());
    // Graphviz aligns a line to the left if it ends with a line break.
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}
