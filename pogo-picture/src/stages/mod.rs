//! A plan's stages as a graph.

mod dot;
mod graph;
mod layers;
mod stage_graph;
mod svg;

pub use stage_graph::StageGraph;
