//! Scenarios: a job in a world, for any number of runs.

use std::sync::Arc;

use super::CriticalPath;
use super::relax::{self, Relaxation};
use super::run::Run;
use super::tracker::Tracker;
use crate::plan::JobSpec;
use crate::saturating::saturating_u32;
use crate::scheduler::{InputError, JobId, Order};
use crate::sim::{History, LowerBound, World, lower_bound};

/// A job in a world: its hosts, rules, task times, faults and orders. Each seed is another run of it, and the same
/// seed is the same run.
#[derive(Debug, Clone)]
pub struct Scenario {
    world: World,
    spec: JobSpec,
}

/// One run that is to be made; on any thread.
#[derive(Debug, Clone)]
pub struct Trial {
    scenario: Arc<Scenario>,
    seed: u64,
}

impl Trial {
    pub(super) fn new(scenario: Arc<Scenario>, seed: u64) -> Self {
        Self { scenario, seed }
    }

    /// Makes the run.
    ///
    /// # Errors
    /// The scheduler refuses the job.
    pub fn run(&self) -> Result<Run, InputError> {
        self.scenario.run(self.seed)
    }
}

impl Scenario {
    /// The job in this world. The seed of each run replaces the world's own.
    pub fn new(world: World, spec: JobSpec) -> Self {
        Self { world, spec }
    }

    /// The world before the job is submitted.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The job.
    pub fn spec(&self) -> &JobSpec {
        &self.spec
    }

    /// Everything that happens in one run.
    ///
    /// ```
    /// use pogo_core::fleet::Fleet;
    /// use pogo_core::plan::{JobSpec, RemoteCommand};
    /// use pogo_core::policy::Policy;
    /// use pogo_core::sim::World;
    /// use pogo_core::sim::what_if::Scenario;
    ///
    /// let fleet = Fleet::builder().tagged("web", "web[1-4]").build()?;
    /// let spec = JobSpec::new("*".parse()?, RemoteCommand::shell("restart"));
    /// let scenario = Scenario::new(World::new(fleet, Policy::default())?, spec);
    /// assert_eq!(scenario.history(7)?.to_string(), "seed 7: 1 s; job-1 finished, 4 succeeded, 0 failed, 0 in doubt");
    /// assert_eq!(scenario.run(7)?.tally.succeeded, 4);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The scheduler refuses the job.
    pub fn history(&self, seed: u64) -> Result<History, InputError> {
        Ok(self.submitted(seed)?.0.run())
    }

    /// One run, in numbers.
    ///
    /// # Errors
    /// The scheduler refuses the job.
    pub fn run(&self, seed: u64) -> Result<Run, InputError> {
        let (world, job) = self.submitted(seed)?;
        let running = self.world.scheduler().attempts().len();
        let mut tracker = Tracker::new(job, saturating_u32(running));
        // Counted while it runs: the records of thousands of runs are never in memory together.
        let scheduler = world.run_watched(|scheduler, records| tracker.note(scheduler, records));
        Ok(tracker.finish(seed, &scheduler))
    }

    fn submitted(&self, seed: u64) -> Result<(World, JobId), InputError> {
        let mut world = self.world.clone().seed(seed);
        let job = world.submit(self.spec.clone())?;
        Ok((world, job))
    }

    /// How early the job could end at best with the task times of this seed, if nothing went wrong.
    ///
    /// # Errors
    /// The job does not compile.
    pub fn lower_bound(&self, seed: u64) -> Result<LowerBound, InputError> {
        let scheduler = self.world.scheduler();
        let times = &self.world.times;
        let bound = lower_bound(scheduler.fleet(), scheduler.policy(), &self.spec, |host| {
            times.of(seed, host)
        })?;
        Ok(bound)
    }

    /// This job with one rule relaxed, for each rule in turn: each limit with twice the slots and without it, each step
    /// of a sequence without the order, and the job's own limit and waves.
    ///
    /// # Errors
    /// A relaxed policy does not fit the fleet, although the whole one does.
    pub fn relaxed(&self) -> Result<Vec<(Relaxation, Self)>, InputError> {
        let (fleet, policy) = (self.world.scheduler().fleet(), self.world.scheduler().policy());
        let mut all = Vec::new();
        for (how, policy, spec) in relax::relaxations(policy, &self.spec) {
            let mut world = self.world.clone();
            let (fleet, policy) = (Arc::clone(fleet), Arc::new(policy));
            world.handle(Order::Configure { fleet, policy })?;
            all.push((how, Self { world, spec }));
        }
        Ok(all)
    }

    /// Host by host, what set the end of one run.
    pub(super) fn path(&self, seed: u64) -> Result<CriticalPath, InputError> {
        let (world, job) = self.submitted(seed)?;
        let history = world.run();
        let before = self.world.before.as_deref().cloned().unwrap_or_default();
        // The records come from a scheduler that runs, so they can be replayed.
        Ok(CriticalPath::since(before, &history.records, job).unwrap_or_default())
    }
}
