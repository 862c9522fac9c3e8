//! The graph of a plan's stages, drawn in two forms.

use super::graph::{Stages, stages};
use super::{dot, svg};
use pogo_core::plan::Plan;

/// The stages of a plan as a dependency graph.
///
/// Solid arrows lead from each stage to the next of its sequence. A dashed arrow leads from a stage to one of another
/// sequence that cannot complete before it, because the two share later hosts. Redundant arrows are
/// omitted.
///
/// ```
/// use pogo_core::fleet::Fleet;
/// use pogo_picture::StageGraph;
/// use pogo_core::plan::{JobSpec, Plan, RemoteCommand};
/// use pogo_core::policy::{Policy, Sequence};
///
/// let fleet = Fleet::builder().tagged("cache", "c[1-2]").tagged("front", "f[1-9]").build()?;
/// let order = Sequence::new("caches first", ["$cache".parse()?, "$front".parse()?]);
/// let policy = Policy::new().sequence(order);
/// let plan = Plan::compile(&fleet, &policy, &JobSpec::new("*".parse()?, RemoteCommand::shell("restart")))?;
///
/// let graph = StageGraph::of(&plan);
/// assert!(graph.dot().starts_with("digraph {"));
/// assert!(graph.svg().contains("f[1-9]"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct StageGraph {
    stages: Stages,
}

impl StageGraph {
    /// The graph of a plan.
    pub fn of(plan: &Plan) -> Self {
        Self { stages: stages(plan) }
    }

    /// The graph in the language of Graphviz.
    pub fn dot(&self) -> String {
        dot::draw(&self.stages)
    }

    /// A self-contained SVG file: a row for each sequence, from left to right.
    pub fn svg(&self) -> String {
        svg::draw(&self.stages)
    }
}
