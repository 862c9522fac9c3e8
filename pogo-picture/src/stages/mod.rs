//! A plan's stages as a graph.

mod dot;
mod graph;
mod layers;
mod sheet;

pub use graph::StageGraph;
