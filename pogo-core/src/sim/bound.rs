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
        let mut held: Vec<Vec<u64>> = vec![vec![]; rules.buckets().len()];
        let mut longest = 0;
        for task in tasks {
            longest = longest.max(times[task]);
            for bucket in rules.buckets_of(hosts[task]) {
                held[bucket.index()].push(times[task]);
            }
        }
        let mut best = (longest, "the longest task".to_owned());
        for (bucket, mut times) in rules.buckets().iter().zip(held) {
            let bound = through(&mut times, bucket.places);
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

/// The least time in which tasks of these times can pass through so many places.
fn through(times: &mut [u64], places: u32) -> u64 {
    // A frozen bucket has no bound that means anything.
    let places = u64::from(places.max(1));
    let sum = times.iter().fold(0, |sum: u64, &time| sum.saturating_add(time));
    // Some place takes at least this many tasks, at best the shortest.
    let rounds = u64::try_from(times.len()).unwrap_or(u64::MAX).div_ceil(places);
    let rounds = usize::try_from(rounds).unwrap_or(usize::MAX).min(times.len());
    if rounds > 0 && rounds < times.len() {
        times.select_nth_unstable(rounds);
    }
    let shortest = times
        .iter()
        .take(rounds)
        .fold(0, |sum: u64, &time| sum.saturating_add(time));
    sum.div_ceil(places).max(shortest)
}

#[cfg(test)]
mod tests {
    use super::through;

    #[test]
    fn equal_tasks_go_in_whole_rounds() {
        assert_eq!(through(&mut [10; 7], 3), 30);
        assert_eq!(through(&mut [10; 6], 3), 20);
    }

    #[test]
    fn work_is_shared_among_places_at_best() {
        assert_eq!(through(&mut [1, 1, 28], 2), 15);
        assert_eq!(through(&mut [], 2), 0);
    }
}
