//! A job in a world, to be run as often as anybody likes.

use std::sync::Arc;

use super::relax::{self, Relaxation};
use super::run::Run;
use super::tracker::Tracker;
use super::{CriticalPath, WhatIf};
use crate::plan::JobSpec;
use crate::scheduler::{Input, InputError, JobId};
use crate::sim::{History, LowerBound, World, lower_bound};

/// A job in a world: its hosts, rules, task times, faults and orders. Each seed is another run of it, and the same
/// seed is the same run.
#[derive(Debug, Clone)]
pub struct Scenario {
    world: World,
    spec: JobSpec,
}

/// What to find out about a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Questions {
    /// The seed of the first run; each further run has the next.
    pub seed: u64,
    /// How many runs.
    pub runs: u32,
    /// In how many of these runs each rule is relaxed in turn, to see what it costs; 0 asks nothing of the kind.
    pub cost_runs: u32,
}

impl Questions {
    /// So many runs from this seed on, the first 20 of which are run again with each rule relaxed.
    pub fn new(seed: u64, runs: u32) -> Self {
        let runs = runs.max(1);
        let cost_runs = runs.min(20);
        Self { seed, runs, cost_runs }
    }

    /// The same with another number of runs for costs, at most all of them.
    pub fn cost_runs(mut self, runs: u32) -> Self {
        self.cost_runs = runs.min(self.runs);
        self
    }
}

/// One run that is to be made; on any thread.
#[derive(Debug, Clone)]
pub struct Trial {
    scenario: Arc<Scenario>,
    seed: u64,
}

impl Trial {
    /// Makes the run.
    ///
    /// # Errors
    /// The scheduler refuses the job.
    pub fn run(&self) -> Result<Run, InputError> {
        self.scenario.run(self.seed)
    }
}

impl Scenario {
    /// The job in this world. The world's own seed does not count.
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
    /// use pogo_core::plan::{Command, JobSpec};
    /// use pogo_core::policy::Policy;
    /// use pogo_core::sim::World;
    /// use pogo_core::sim::what_if::Scenario;
    ///
    /// let fleet = Fleet::builder().tagged("web", "web[1-4]").build()?;
    /// let spec = JobSpec::new("*".parse()?, Command::shell("restart"));
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
        let mut tracker = Tracker::new(job);
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

    /// The same job with one rule relaxed, for each rule in turn: each limit with twice the places and without it, each
    /// step of a sequence without the order, and the job's own limit and waves.
    ///
    /// # Errors
    /// A relaxed policy does not fit the fleet, although the whole one does.
    pub fn relaxed(&self) -> Result<Vec<(Relaxation, Self)>, InputError> {
        let (fleet, policy) = (self.world.scheduler().fleet(), self.world.scheduler().policy());
        let mut all = Vec::new();
        for (how, policy, spec) in relax::relaxations(policy, &self.spec) {
            let mut world = self.world.clone();
            let (fleet, policy) = (Arc::clone(fleet), Arc::new(policy));
            world.tell(Input::Configure { fleet, policy })?;
            all.push((how, Self { world, spec }));
        }
        Ok(all)
    }

    /// Finds out everything, one run after the other.
    ///
    /// # Errors
    /// The scheduler refuses the job.
    pub fn what_if(&self, questions: &Questions) -> Result<WhatIf, InputError> {
        self.what_if_by(questions, |trials| trials.iter().map(Trial::run).collect())
    }

    /// The same, where the caller makes the runs; on several threads, say. The results are to be in the order of the trials,
    /// and the answer is the same however they were made.
    ///
    /// ```
    /// use pogo_core::fleet::Fleet;
    /// use pogo_core::plan::{Command, JobSpec};
    /// use pogo_core::policy::Policy;
    /// use pogo_core::sim::World;
    /// use pogo_core::sim::what_if::{Questions, Scenario};
    ///
    /// let fleet = Fleet::builder().tagged("web", "web[1-4]").build()?;
    /// let spec = JobSpec::new("*".parse()?, Command::shell("restart"));
    /// let scenario = Scenario::new(World::new(fleet, Policy::default())?, spec);
    /// let answer = scenario.what_if_by(&Questions::new(1, 8), |trials| {
    ///     std::thread::scope(|scope| {
    ///         let (one, other) = trials.split_at(trials.len() / 2);
    ///         let other = scope.spawn(|| other.iter().map(|trial| trial.run()).collect::<Vec<_>>());
    ///         let mut runs: Vec<_> = one.iter().map(|trial| trial.run()).collect();
    ///         runs.extend(other.join().unwrap());
    ///         runs
    ///     })
    /// })?;
    /// assert_eq!(answer, scenario.what_if(&Questions::new(1, 8))?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The scheduler refuses the job.
    pub fn what_if_by(
        &self,
        questions: &Questions,
        mut make: impl FnMut(&[Trial]) -> Vec<Result<Run, InputError>>,
    ) -> Result<WhatIf, InputError> {
        let mut made = |scenario: Self, runs: u32| -> Result<Vec<Run>, InputError> {
            let scenario = Arc::new(scenario);
            let trial = |run: u32| Trial {
                scenario: Arc::clone(&scenario),
                seed: questions.seed.wrapping_add(run.into()),
            };
            make(&(0..runs).map(trial).collect::<Vec<_>>()).into_iter().collect()
        };
        let runs = made(self.clone(), questions.runs)?;
        let mut relaxed = Vec::new();
        if questions.cost_runs > 0 {
            for (how, scenario) in self.relaxed()? {
                relaxed.push((how, made(scenario, questions.cost_runs)?));
            }
        }
        WhatIf::of(self, &runs, relaxed)
    }

    /// Host by host, what set the end of one run.
    pub(super) fn path(&self, seed: u64) -> Result<CriticalPath, InputError> {
        let (world, job) = self.submitted(seed)?;
        let history = world.run();
        // The records come from a scheduler that runs, so they can be replayed.
        Ok(CriticalPath::of(&history.records, job).unwrap_or_default())
    }
}
