//! The longest path through the stages of a job.

use super::work::Work;
use crate::plan::{JobStage, StageId, Stages};

/// Stages that come one after the other, also from one sequence to another by the hosts they share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StagePath {
    /// The earliest end of the last of them, in milliseconds.
    pub(super) until: u64,
    /// First to last.
    pub(super) stages: Vec<String>,
}

/// The earliest time at which a stage can be complete.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Complete {
    at: u64,
    /// The stage whose completion it had to wait for.
    after: Option<StageId>,
}

impl StagePath {
    /// The path that sets how early all stages can be complete; `None` without stages.
    pub(super) fn longest(stages: &Stages, bake: u64, work: &Work<'_>) -> Option<Self> {
        let own: Vec<u64> = stages.stages().iter().map(|stage| work.part(tasks(stage)).0).collect();
        let mut longest = vec![0_u64; stages.tracks().len()];
        for stage in stages.stages() {
            for task in &stage.tasks {
                let track = &mut longest[stages.track_of(*task) as usize];
                // The longest of each track is enough: a host in several stages ends in none of
                // them before it has ended.
                *track = (*track).max(work.time(*task as usize));
            }
        }
        let mut complete = vec![Complete::default(); own.len()];
        // Each pass settles at least one more stage along every path, so there are no more passes than stages.
        for _ in 0..own.len() {
            let before = complete.clone();
            for (at, stage) in stages.stages().iter().enumerate() {
                let (release, after) = release(stage, bake, &complete);
                raise(&mut complete[at], release.saturating_add(own[at]), after);
            }
            for (track, &time) in stages.tracks().iter().zip(&longest) {
                let releases = track.iter().map(|&of| release(stages.stage(of), bake, &complete));
                let Some((release, after)) = releases.max_by_key(|(at, _)| *at) else {
                    continue;
                };
                for of in track {
                    raise(&mut complete[of.index()], release.saturating_add(time), after);
                }
            }
            if complete == before {
                break;
            }
        }
        let last = (0..complete.len()).max_by_key(|&at| complete[at].at)?;
        Some(Self {
            until: complete[last].at,
            stages: path(stages.stages(), &complete, last),
        })
    }
}

fn tasks(stage: &JobStage) -> impl Iterator<Item = usize> {
    stage.tasks.iter().map(|&task| task as usize)
}

/// When a stage can begin at best, and after which.
fn release(stage: &JobStage, bake: u64, complete: &[Complete]) -> (u64, Option<StageId>) {
    let Some(after) = stage.after else { return (0, None) };
    let bake = if stage.bakes { bake } else { 0 };
    (complete[after.index()].at.saturating_add(bake), Some(after))
}

fn raise(complete: &mut Complete, at: u64, after: Option<StageId>) {
    if at > complete.at {
        *complete = Complete { at, after };
    }
}

fn path(stages: &[JobStage], complete: &[Complete], last: usize) -> Vec<String> {
    let mut path = Vec::new();
    let mut next = Some(last);
    // Stages have no cycle, but the bound keeps a defect elsewhere from hanging a simulation.
    while let Some(at) = next.filter(|_| path.len() <= stages.len()) {
        path.push(format!("{} ({})", stages[at].label, stages[at].sequence));
        next = complete[at].after.map(StageId::index);
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::fleet::Fleet;
    use crate::plan::{JobSpec, RemoteCommand};
    use crate::policy::{Policy, Sequence};
    use crate::sim::lower_bound;

    #[test]
    fn a_path_goes_from_sequence_to_sequence_by_shared_hosts() {
        let fleet = Fleet::builder()
            .host("a")
            .host("b")
            .host("c")
            .host("d")
            .build()
            .unwrap();
        let order = |name: &str, stages: [&str; 2]| Sequence::new(name, stages.map(|stage| stage.parse().unwrap()));
        let policy = Policy::new()
            .sequence(order("one", ["c", "d"]))
            .sequence(order("two", ["b", "c"]))
            .sequence(order("three", ["a", "b"]));
        let spec = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true"));
        let bound = lower_bound(&fleet, &policy, &spec, |_| Duration::from_secs(10)).unwrap();
        assert_eq!(bound.makespan, Duration::from_secs(40));
        assert_eq!(
            bound.reason.to_string(),
            "the order a (three), then b (two), then c (one), then d (one)"
        );
    }
}
