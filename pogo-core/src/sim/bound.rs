//! How early a job could end at best.

use std::time::Duration;

use crate::fleet::{Fleet, HostName};
use crate::plan::{JobSpec, PlanError, Rules, StageId, Stages};
use crate::policy::Policy;

/// The earliest end that limits and sequences allow, and what sets it.
#[derive(Debug, Clone, PartialEq)]
pub struct LowerBound {
    /// No schedule is shorter, if every task takes the time given.
    pub makespan: Duration,
    /// What sets it: a bucket, a chain of stages, or the longest task.
    pub reason: String,
}

/// The earliest end of a job on an otherwise idle fleet, if each host takes the time that `time` says.
///
/// # Errors
/// The job does not compile.
pub fn lower_bound(
    fleet: &Fleet,
    policy: &Policy,
    spec: &JobSpec,
    time: impl Fn(&HostName) -> Duration,
) -> Result<LowerBound, PlanError> {
    let hosts = fleet.resolve(&spec.targets).map_err(PlanError::Targets)?;
    let rules = Rules::compile(fleet, policy)?;
    let (stages, _) = Stages::compile(fleet, policy, &hosts, spec)?;
    let millis = |task: usize| u64::try_from(time(fleet.name(hosts[task])).as_millis()).unwrap_or(u64::MAX);
    let times: Vec<u64> = (0..hosts.len()).map(millis).collect();

    let part = |tasks: &mut dyn Iterator<Item = usize>| {
        let mut work = vec![(0_u64, 0_u64); rules.buckets().len()];
        let mut longest = 0;
        for task in tasks {
            longest = longest.max(times[task]);
            for bucket in rules.buckets_of(hosts[task]) {
                let (sum, most) = &mut work[bucket.index()];
                *sum = sum.saturating_add(times[task]);
                *most = (*most).max(times[task]);
            }
        }
        let mut best = (longest, "the longest task".to_owned());
        for (bucket, (sum, most)) in rules.buckets().iter().zip(work) {
            // A frozen bucket has no bound that means anything.
            let bound = sum.div_ceil(u64::from(bucket.places.max(1))).max(most);
            if bound > best.0 {
                best = (bound, format!("{} on {}", bucket.rule, bucket.group));
            }
        }
        best
    };

    let mut best = part(&mut (0..hosts.len()));
    // Along a chain, each stage has to end before the next begins.
    let mut until: Vec<u64> = Vec::with_capacity(stages.stages().len());
    for stage in stages.stages() {
        let (own, _) = part(&mut stage.tasks.iter().map(|&task| task as usize));
        let before = stage.after.map_or(0, |StageId(before)| until[before as usize]);
        until.push(before.saturating_add(own));
        if before + own > best.0 {
            best = (
                before + own,
                format!("the stages of sequence {} up to {}", stage.sequence, stage.label),
            );
        }
    }
    Ok(LowerBound {
        makespan: Duration::from_millis(best.0),
        reason: best.1,
    })
}
