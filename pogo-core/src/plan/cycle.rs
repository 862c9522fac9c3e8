//! Sequences that wait for each other.

use petgraph::algo::tarjan_scc;
use petgraph::graphmap::DiGraphMap;

use super::problem::PlanError;
use super::stages::{StageId, Stages};
use crate::saturating::saturating_u32;

/// The stages as a graph: an edge from each stage to every stage that cannot complete before it has.
///
/// Within a sequence that is the next stage. Across sequences, a host that is in two stages can only run when the
/// gates of both are open, so each of the two waits for what comes before the other.
pub(super) fn graph(stages: &Stages) -> DiGraphMap<u32, ()> {
    let mut graph = DiGraphMap::new();
    for id in 0..stages.stages().len() {
        graph.add_node(saturating_u32(id));
    }
    for track in stages.tracks() {
        for before in track.iter().filter_map(|&stage| stages.stage(stage).after) {
            for &stage in track {
                graph.add_edge(before.0, stage.0, ());
            }
        }
    }
    graph
}

/// Refuses stages that wait for themselves.
pub(super) fn check_acyclic(stages: &Stages) -> Result<(), PlanError> {
    let graph = graph(stages);
    let component = tarjan_scc(&graph)
        .into_iter()
        .find(|component| match component.as_slice() {
            [only] => graph.contains_edge(*only, *only),
            _ => true,
        });
    let Some(component) = component else { return Ok(()) };
    // Of all hosts of a component that wait for each other, the shortest way is what a person can
    // check by hand.
    let cycle = shortest_through(&graph, &component);
    let name = |&id: &u32| {
        let stage = stages.stage(StageId(id));
        format!("`{}` of `{}`", stage.label, stage.sequence)
    };
    Err(PlanError::Cycle {
        cycle: cycle.iter().map(name).collect(),
    })
}

/// The shortest way from the first stage of a component back to itself, both ends included.
fn shortest_through(graph: &DiGraphMap<u32, ()>, component: &[u32]) -> Vec<u32> {
    let Some(&start) = component.iter().min() else {
        return vec![];
    };
    let mut from = std::collections::BTreeMap::new();
    let mut queue = std::collections::VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for next in graph.neighbors(at) {
            if next == start {
                let mut cycle = vec![start];
                let mut back = at;
                while back != start {
                    cycle.push(back);
                    match from.get(&back) {
                        Some(&earlier) => back = earlier,
                        None => break,
                    }
                }
                cycle.push(start);
                cycle.reverse();
                return cycle;
            }
            // A search through a list, but only once something is wrong.
            if component.contains(&next) && !from.contains_key(&next) {
                from.insert(next, at);
                queue.push_back(next);
            }
        }
    }
    vec![start]
}
