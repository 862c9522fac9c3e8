//! In which order a small job ends sooner, found by going through both before it begins.
//!
//! To start hosts of the fullest bucket first is a rule of thumb: among a few hosts, listed order may happen to fit
//! their limits better. Other rules of thumb (ties broken by the second fullest bucket, or by all of them) are behind
//! it in other fleets.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::Load;
use crate::fleet::HostId;
use crate::plan::{BucketId, HostOrder, JobSpec, Stages};
use crate::saturating::saturating_u32;
use crate::scheduler::state::{Compiled, Gates, State};

/// Larger jobs are not rehearsed: what that costs grows with the square of their hosts, and listed order is not known
/// to be ahead among so many.
const MOST: usize = 64;

/// The order that a job asks for; for balanced order, listed order where the job ends sooner in it, if it has all
/// limits to itself and its tasks take as long as it expects.
pub(in crate::scheduler) fn rehearsed_order(state: &State, spec: &JobSpec, compiled: &Compiled) -> HostOrder {
    let is_small = (2..=MOST).contains(&compiled.tasks.len());
    if spec.order != HostOrder::Balanced
        || spec.override_constraints.is_some()
        || !is_small
        || are_alike(spec, compiled)
    {
        return spec.order;
    }
    let job = Rehearsal::new(state, spec, compiled);
    match (job.makespan(HostOrder::Balanced), job.makespan(HostOrder::Listed)) {
        (Some(balanced), Some(listed)) if listed < balanced => HostOrder::Listed,
        _ => HostOrder::Balanced,
    }
}

/// Whether both orders are the same: nothing distinguishes its hosts from each other.
fn are_alike(spec: &JobSpec, compiled: &Compiled) -> bool {
    let kinds = compiled
        .tasks
        .iter()
        .map(|task| (task.target.profile, task.target.track));
    spec.expected.is_empty() && kinds.clone().zip(kinds.skip(1)).all(|(one, next)| one == next)
}

/// A job with nothing beside it.
struct Rehearsal<'a> {
    stages: &'a Stages,
    tasks: Vec<RehearsedTask>,
    /// The slots of each bucket that any of its hosts is in.
    slots: Vec<u32>,
    max_parallel: usize,
}

/// One of its tasks.
struct RehearsedTask {
    /// Milliseconds that it is expected to take, and those for which it holds its slots.
    work: u32,
    time: u64,
    track: u32,
    buckets: Vec<usize>,
}

impl<'a> Rehearsal<'a> {
    fn new(state: &State, spec: &JobSpec, compiled: &'a Compiled) -> Self {
        let hosts = saturating_u32(compiled.tasks.len());
        let settings = spec.settings.resolve(hosts);
        // A settling host keeps its slots, so the time counts as the task's own.
        let settle = u64::try_from(settings.settle.as_millis()).unwrap_or(u64::MAX);
        let expected = expected(state, spec, compiled);
        // Numbered anew from 0: a namespace has many buckets, and a small job is in few of them.
        let mut known: BTreeMap<BucketId, usize> = BTreeMap::new();
        let mut slots = Vec::new();
        let tasks = compiled.tasks.iter().map(|task| {
            let buckets = state.rules.profile(task.target.profile).buckets.iter();
            let buckets = buckets.map(|&bucket| {
                *known.entry(bucket).or_insert_with(|| {
                    slots.push(state.usage[bucket.index()].limit.slots);
                    slots.len() - 1
                })
            });
            let work = expected.get(&task.target.host).copied().unwrap_or(Load::UNKNOWN);
            RehearsedTask {
                work,
                time: u64::from(work).saturating_add(settle),
                track: task.target.track,
                buckets: buckets.collect(),
            }
        });
        Self {
            stages: &compiled.stages,
            tasks: tasks.collect(),
            slots,
            max_parallel: settings.max_parallel.map_or(usize::MAX, |most| most.hosts as usize),
        }
    }

    /// Milliseconds from the first start to the last end; `None` if some host can never start.
    fn makespan(&self, order: HostOrder) -> Option<u64> {
        let mut progress = RehearsalProgress::new(self);
        let mut now: u64 = 0;
        loop {
            while let Some(at) = progress.next(self, order) {
                let task = progress.waiting.remove(at);
                progress.take(self, task);
                let rehearsed = &self.tasks[task];
                progress
                    .running
                    .push(Reverse((now.saturating_add(rehearsed.time), progress.started, task)));
            }
            let Some(Reverse((end, _, task))) = progress.running.pop() else {
                // Nothing runs and nothing starts: a limit of 0, perhaps, of which no order makes
                // more.
                return progress.waiting.is_empty().then_some(now);
            };
            now = end;
            let rehearsed = &self.tasks[task];
            rehearsed.buckets.iter().for_each(|&bucket| progress.free[bucket] += 1);
            progress.gates.pass(self.stages, rehearsed.track);
        }
    }
}

/// How far a rehearsal is.
struct RehearsalProgress {
    gates: Gates,
    free: Vec<u32>,
    /// Of each bucket, the work that was not begun, and what that is for each slot.
    work: Vec<u64>,
    level: Vec<u16>,
    /// In listed order.
    waiting: Vec<usize>,
    /// By end, those of one moment by start.
    running: BinaryHeap<Reverse<(u64, usize, usize)>>,
    started: usize,
}

impl RehearsalProgress {
    fn new(job: &Rehearsal) -> Self {
        let mut progress = Self {
            gates: Gates::new(job.stages),
            free: job.slots.clone(),
            work: vec![0; job.slots.len()],
            level: vec![0; job.slots.len()],
            waiting: (0..job.tasks.len()).collect(),
            running: BinaryHeap::new(),
            started: 0,
        };
        for rehearsed in &job.tasks {
            rehearsed
                .buckets
                .iter()
                .for_each(|&bucket| progress.work[bucket] += u64::from(rehearsed.work));
        }
        (0..job.slots.len()).for_each(|bucket| progress.weigh(job, bucket));
        progress
    }

    fn weigh(&mut self, job: &Rehearsal, bucket: usize) {
        self.level[bucket] = Load::per_slot(self.work[bucket], job.slots[bucket]);
    }

    /// Which of the waiting tasks starts next, if any can.
    fn next(&self, job: &Rehearsal, order: HostOrder) -> Option<usize> {
        if self.running.len() >= job.max_parallel {
            return None;
        }
        let mut startable = (0..self.waiting.len()).filter(|&at| {
            let rehearsed = &job.tasks[self.waiting[at]];
            self.gates.track_is_open(rehearsed.track) && rehearsed.buckets.iter().all(|&bucket| self.free[bucket] > 0)
        });
        if order == HostOrder::Listed {
            return startable.next();
        }
        startable.max_by_key(|&at| {
            let rehearsed = &job.tasks[self.waiting[at]];
            let load = rehearsed.buckets.iter().map(|&bucket| self.level[bucket]).max();
            // The same order as keys of queues have, without which the rehearsal would foretell
            // another job.
            (load, rehearsed.work, Reverse(at))
        })
    }

    fn take(&mut self, job: &Rehearsal, task: usize) {
        let rehearsed = &job.tasks[task];
        self.started += 1;
        for &bucket in &rehearsed.buckets {
            self.free[bucket] -= 1;
            self.work[bucket] -= u64::from(rehearsed.work);
            self.weigh(job, bucket);
        }
    }
}

/// Expected milliseconds of the hosts of which the job says something.
fn expected(state: &State, spec: &JobSpec, compiled: &Compiled) -> BTreeMap<HostId, u32> {
    let mut expected = BTreeMap::new();
    if spec.expected.is_empty() {
        return expected;
    }
    for task in &compiled.tasks {
        expected.insert(task.target.host, Load::UNKNOWN);
    }
    for expectation in &spec.expected {
        let millis = saturating_u32(expectation.time.as_millis());
        for host in state.fleet.resolve(&expectation.hosts).unwrap_or_default() {
            expected.entry(host).and_modify(|known| *known = millis);
        }
    }
    expected
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::RemoteCommand;
    use crate::scheduler::state::{AttemptTimes, Target, Task, TaskRecord};
    use crate::scheduler::{AttemptId, TaskState};

    fn compiled(profiles: &[u32]) -> Compiled {
        let task = |(at, &profile): (u32, &u32)| Task {
            target: Target {
                name: format!("h{at}").parse().unwrap(),
                host: HostId::new(at),
                profile,
                track: 0,
            },
            record: TaskRecord {
                state: TaskState::Waiting,
                retries: 0,
                never_began: 0,
                connect_retries: 0,
                tries: 0,
            },
            attempt: AttemptId::NONE,
            times: AttemptTimes::UNKNOWN,
        };
        let tasks: Vec<Task> = (0..).zip(profiles).map(task).collect();
        Compiled {
            names: tasks.iter().map(|task| task.target.name.clone()).collect(),
            stages: Stages::none(tasks.len()),
            budgets: BTreeMap::new(),
            fleet_len: tasks.len(),
            fits: true,
            tasks,
        }
    }

    #[test]
    fn hosts_are_alike_under_the_same_limits_alone() {
        let spec = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true"));
        assert!(are_alike(&spec, &compiled(&[3, 3, 3])));
        assert!(!are_alike(&spec, &compiled(&[0, 1, 2])));
        assert!(!are_alike(&spec, &compiled(&[0, 0, 1])));
    }

    #[test]
    fn what_has_begun_is_no_longer_work_that_waits() {
        let stages = Stages::none(2);
        let rehearsed = || RehearsedTask {
            work: 10,
            time: 10,
            track: 0,
            buckets: vec![0],
        };
        let job = Rehearsal {
            stages: &stages,
            tasks: vec![rehearsed(), rehearsed()],
            slots: vec![2],
            max_parallel: usize::MAX,
        };
        let mut progress = RehearsalProgress::new(&job);
        progress.take(&job, 0);
        assert_eq!((progress.work[0], progress.free[0], progress.started), (10, 1, 1));
        progress.take(&job, 1);
        assert_eq!((progress.work[0], progress.free[0], progress.started), (0, 0, 2));
    }
}
