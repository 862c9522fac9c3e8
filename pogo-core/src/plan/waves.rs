//! Waves: a first part of the job goes ahead of the rest.

use petgraph::algo::toposort;

use super::cycle;
use super::job::JobSpec;
use super::problem::PlanError;
use super::stages::{JobStage, StageId, Stages};
use crate::policy::{Limit, Percent};
use crate::saturating::saturating_u32;

/// The most waves that a job may have.
const MAX_WAVES: usize = 1_000;

/// All hosts.
pub(super) const EVERYTHING: Limit = match Percent::from_hundredths(10_000) {
    Some(all) => Limit::Percent(all),
    None => Limit::Count(u32::MAX),
};

/// The sizes of all waves of so many hosts, counted from the start: those that are given, and then steps of the last
/// until no host is left.
pub(super) fn with_steps(given: &[Limit], total: u32) -> Result<Vec<Limit>, PlanError> {
    let Some(&step) = given.last() else { return Ok(vec![]) };
    let mut sizes = given.to_vec();
    if step.slots(total) >= total {
        return Ok(sizes);
    }
    if step.is_zero() {
        let message = "the last of the waves is 0, so that the other hosts would never start; end with the step to go \
                       on in (20%), or with 100% for all the rest at once";
        return Err(PlanError::Spec(message.to_owned()));
    }
    let mut taken = given.iter().map(|size| size.slots(total)).max().unwrap_or(0);
    // Multiples of the step and not sums of what was rounded: the last wave ends at the share that
    // the step says.
    for times in 2.. {
        let size = multiple(step, times);
        if size.slots(total) >= total {
            break;
        }
        // A small share of few hosts may come to the same number several times.
        if size.slots(total) > taken {
            taken = size.slots(total);
            sizes.push(size);
        }
        if sizes.len() >= MAX_WAVES {
            let message = format!("in steps of {step} these are more than {MAX_WAVES} waves; end with a larger step");
            return Err(PlanError::Spec(message));
        }
    }
    sizes.push(EVERYTHING);
    Ok(sizes)
}

fn multiple(step: Limit, times: u32) -> Limit {
    match step {
        Limit::Count(count) => Limit::Count(count.saturating_mul(times)),
        Limit::Percent(percent) => {
            let hundredths = u32::from(percent.hundredths()).saturating_mul(times).min(10_000);
            let share = u16::try_from(hundredths).ok().and_then(Percent::from_hundredths);
            share.map_or(EVERYTHING, Limit::Percent)
        }
    }
}

/// The stages of a job's waves, to stand behind those of its sequences.
///
/// A wave takes hosts of earlier stages before hosts of later ones, or it would wait for hosts that wait for it;
/// among equals it takes them evenly from the whole listed order.
pub(super) fn stages(stages: &Stages, spec: &JobSpec, tasks: usize) -> Vec<JobStage> {
    let total = saturating_u32(tasks);
    let order = spread(stages, total);
    let mut waves: Vec<JobStage> = Vec::new();
    let mut taken = 0;
    let last = spec.waves.len().saturating_sub(1);
    for (at, size) in spec.waves.iter().enumerate() {
        let upto = if at == last {
            total
        } else {
            size.slots(total).min(total)
        };
        // `[1, 1%]` of fifty hosts: a wave without hosts would only be a gate to wait at.
        if upto <= taken {
            continue;
        }
        let wave = saturating_u32(waves.len());
        let mut members = order[taken as usize..upto as usize].to_vec();
        // A stage has its tasks in listed order, whatever the order in which waves take them.
        members.sort_unstable();
        waves.push(JobStage {
            sequence: "waves".to_owned(),
            label: format!("wave {}", wave + 1),
            allowed_failures: spec.settings.allow_failures.unwrap_or_default().tolerated(upto - taken),
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
    StageId(saturating_u32(before).saturating_add(wave))
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
    // Circles were refused before, so it always has an order.
    for at in toposort(&graph, None).unwrap_or_default() {
        for next in graph.neighbors(at) {
            depths[next as usize] = depths[next as usize].max(depths[at as usize] + 1);
        }
    }
    depths
}
