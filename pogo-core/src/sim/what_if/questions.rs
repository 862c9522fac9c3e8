//! What-if questions about a scenario.

use std::sync::Arc;

use super::WhatIf;
use super::run::Run;
use super::scenario::{Scenario, Trial};
use crate::scheduler::InputError;

/// What to find out about a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Questions {
    /// The seed of the first run; each further run has the next.
    pub seed: u64,
    /// How many runs.
    pub runs: u32,
    /// In how many of these runs each rule is relaxed in turn, to see what it costs; 0 skips costs.
    pub cost_runs: u32,
}

impl Questions {
    /// So many runs from this seed on, the first 20 of which are run again with each rule relaxed.
    pub fn new(seed: u64, runs: u32) -> Self {
        let runs = runs.max(1);
        // Each rule is that many runs more, and what a rule costs shows in few of them.
        let cost_runs = runs.min(20);
        Self { seed, runs, cost_runs }
    }

    /// Sets in how many runs costs are looked for, at most all of them.
    pub fn cost_runs(mut self, runs: u32) -> Self {
        self.cost_runs = runs.min(self.runs);
        self
    }
}

impl Scenario {
    /// Makes all runs, one after the other, and sums them up.
    ///
    /// # Errors
    /// The scheduler refuses the job.
    pub fn what_if(&self, questions: &Questions) -> Result<WhatIf, InputError> {
        self.what_if_by(questions, |trials| trials.iter().map(Trial::run).collect())
    }

    /// Sums up runs that the caller makes, on several threads, say. The results must be in the order of the trials,
    /// and the answer is the same however they were made.
    ///
    /// ```
    /// use pogo_core::fleet::Fleet;
    /// use pogo_core::plan::{JobSpec, RemoteCommand};
    /// use pogo_core::policy::Policy;
    /// use pogo_core::sim::World;
    /// use pogo_core::sim::what_if::{Questions, Scenario};
    ///
    /// let fleet = Fleet::builder().tagged("web", "web[1-4]").build()?;
    /// let spec = JobSpec::new("*".parse()?, RemoteCommand::shell("restart"));
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
            let seed = |run: u32| questions.seed.wrapping_add(run.into());
            let trial = |run: u32| Trial::new(Arc::clone(&scenario), seed(run));
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
}
