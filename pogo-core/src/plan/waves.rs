//! Waves: a first part of the job goes ahead of the rest.

use petgraph::algo::toposort;

use super::cycle;
use super::job::JobSpec;
use super::stages::{Stage, StageId, Stages};

/// The stages of a job's waves, to stand behind those of its sequences.
///
/// A wave takes hosts of earlier stages before hosts of later ones, or it would wait for hosts that wait for it;
/// among equals it takes them evenly from the whole listed order.
pub(super) fn stages(stages: &Stages, spec: &JobSpec, tasks: usize) -> Vec<Stage> {
    let total = u32::try_from(tasks).unwrap_or(u32::MAX);
    let order = spread(stages, total);
    let mut waves: Vec<Stage> = Vec::new();
    let mut taken = 0;
    let last = spec.waves.len().saturating_sub(1);
    for (at, size) in spec.waves.iter().enumerate() {
        let upto = if at == last {
            total
        } else {
            size.places(total).min(total)
        };
        if upto <= taken {
            continue;
        }
        let wave = u32::try_from(waves.len()).unwrap_or(u32::MAX);
        let mut members = order[taken as usize..upto as usize].to_vec();
        members.sort_unstable();
        waves.push(Stage {
            sequence: "waves".to_owned(),
            label: format!("wave {}", wave + 1),
            allowed_failures: 0,
            after: wave.checked_sub(1).map(|before| id(stages.stages().len(), before)),
            wave: Some(wave),
            bakes: wave > 0,
            tasks: members,
        });
        taken = upto;
    }
    waves
}

fn id(before: usize, wave: u32) -> StageId {
    StageId(u32::try_from(before).unwrap_or(u32::MAX).saturating_add(wave))
}

/// All tasks: those that wait for nobody first, and evenly from the listed order among equals.
fn spread(stages: &Stages, total: u32) -> Vec<u32> {
    let depths = depths(stages);
    // A task waits for the stages before its own; that others of its stages wait for more is not its concern.
    let depth = |task: u32| {
        let before = stages.of(task).iter().filter_map(|&stage| stages.stage(stage).after);
        before.map(|before| depths[before.index()] + 1).max().unwrap_or(0)
    };
    // The bits of a position reversed: every prefix of that order is spread evenly over the positions.
    let mut order: Vec<u32> = (0..total).collect();
    order.sort_by_cached_key(|&task| (depth(task), task.reverse_bits()));
    order
}

/// How many stages, one after the other, some host of each stage waits for.
fn depths(stages: &Stages) -> Vec<u32> {
    let graph = cycle::graph(stages);
    let mut depths = vec![0; stages.stages().len()];
    for at in toposort(&graph, None).unwrap_or_default() {
        for next in graph.neighbors(at) {
            depths[next as usize] = depths[next as usize].max(depths[at as usize] + 1);
        }
    }
    depths
}
