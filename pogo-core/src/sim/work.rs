//! The work of a job, and the least time in which limits let it pass.

use crate::fleet::HostId;
use crate::plan::{Bucket, Rules};

/// Tasks, their times and the limits they are under.
pub(super) struct Work<'a> {
    pub(super) rules: &'a Rules,
    pub(super) hosts: Vec<HostId>,
    /// Of each task, in milliseconds.
    pub(super) times: Vec<u64>,
    pub(super) job_slots: Option<u32>,
}

/// What sets the bound of some tasks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cause<'a> {
    /// One task alone takes that long.
    Task(usize),
    /// So many slots for the tasks of a limit.
    Bucket(&'a Bucket),
    /// So many slots for all tasks of the job.
    Job(u32),
}

impl<'a> Work<'a> {
    pub(super) fn time(&self, task: usize) -> u64 {
        self.times.get(task).copied().unwrap_or(0)
    }

    /// The least time in which these tasks can pass through all limits, and what sets it.
    pub(super) fn part(&self, tasks: impl Iterator<Item = usize>) -> (u64, Cause<'a>) {
        let mut held: Vec<Vec<u64>> = vec![vec![]; self.rules.buckets().len()];
        let mut all = Vec::new();
        let mut best = (0, Cause::Task(0));
        for (task, &host) in tasks.filter_map(|task| Some((task, self.hosts.get(task)?))) {
            let time = self.time(task);
            if time > best.0 {
                best = (time, Cause::Task(task));
            }
            for bucket in self.rules.buckets_of(host) {
                if let Some(held) = held.get_mut(bucket.index()) {
                    // A host counts in each of its limits: the one through which its work passes
                    // slowest is the bound.
                    held.push(time);
                }
            }
            all.push(time);
        }
        if let Some(slots) = self.job_slots {
            let bound = through(&mut all, slots);
            if bound > best.0 {
                best = (bound, Cause::Job(slots));
            }
        }
        for (bucket, mut times) in self.rules.buckets().iter().zip(held) {
            let bound = through(&mut times, bucket.slots);
            if bound > best.0 {
                best = (bound, Cause::Bucket(bucket));
            }
        }
        best
    }
}

/// The least time in which tasks of these times can pass through so many slots.
fn through(times: &mut [u64], slots: u32) -> u64 {
    // A frozen bucket lets nothing pass; one slot keeps the bound finite.
    let slots = u64::from(slots.max(1));
    let sum = times.iter().fold(0, |sum: u64, &time| sum.saturating_add(time));
    // Some slot takes at least this many tasks, at best the shortest.
    let rounds = u64::try_from(times.len()).unwrap_or(u64::MAX).div_ceil(slots);
    let rounds = usize::try_from(rounds).unwrap_or(usize::MAX).min(times.len());
    if rounds > 0 && rounds < times.len() {
        // The shortest in any order, which takes linear time; only their sum is wanted.
        times.select_nth_unstable(rounds);
    }
    let shortest = times
        .iter()
        .take(rounds)
        .fold(0, |sum: u64, &time| sum.saturating_add(time));
    sum.div_ceil(slots).max(shortest)
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
