//! From the sequences of a policy, and the waves of a job, to its stages.

use super::JobSpec;
use super::cycle;
use super::groups::Groups;
use super::problem::{PlanError, PlanProblem, Warning};
use super::stages::{JobStage, StageId, Stages};
use super::waves;
use crate::fleet::{Fleet, HostId, Selector};
use crate::policy::{Policy, Sequence};
use crate::saturating::saturating_u32;

impl Stages {
    /// Compiles the policy's sequences and the job's waves for these hosts.
    ///
    /// # Errors
    /// Every sequence that does not resolve, at once; or the cycle, when sequences wait for each other.
    pub fn compile(
        fleet: &Fleet,
        policy: &Policy,
        hosts: &[HostId],
        spec: &JobSpec,
    ) -> Result<(Self, Vec<Warning>), PlanError> {
        let mut draft = StagesDraft::new(fleet, hosts);
        for sequence in &policy.sequences {
            draft.sequence(sequence);
        }
        if !draft.problems.is_empty() {
            return Err(PlanError::Policy {
                problems: draft.problems,
            });
        }
        let warnings = std::mem::take(&mut draft.warnings);
        let tasks = draft.tasks;
        let stages = Self::index(draft.stages, tasks);
        // Before the waves, which are cut along the order of the stages and so make no circle.
        cycle::check_acyclic(&stages)?;
        if spec.waves.is_empty() {
            return Ok((stages, warnings));
        }
        let waves = waves::stages(&stages, spec, tasks);
        Ok((Self::index([stages.stages, waves].concat(), tasks), warnings))
    }
}

const NOT_IN_JOB: u32 = u32::MAX;

struct StagesDraft<'a> {
    fleet: &'a Fleet,
    /// Position in the job of each host of the fleet.
    task_of: Vec<u32>,
    tasks: usize,
    stages: Vec<JobStage>,
    warnings: Vec<Warning>,
    problems: Vec<PlanProblem>,
}

impl<'a> StagesDraft<'a> {
    fn new(fleet: &'a Fleet, hosts: &[HostId]) -> Self {
        // By host and not by a map: each selector of each sequence looks up all its hosts here.
        let mut task_of = vec![NOT_IN_JOB; fleet.len()];
        for (task, host) in (0..).zip(hosts) {
            task_of[host.index()] = task;
        }
        Self {
            fleet,
            task_of,
            tasks: hosts.len(),
            stages: vec![],
            warnings: vec![],
            problems: vec![],
        }
    }

    fn sequence(&mut self, sequence: &Sequence) {
        let scope = sequence
            .scope
            .as_ref()
            .map(|scope| self.tasks_of(scope, sequence.origin.as_ref()));
        let stages: Vec<Vec<u32>> = sequence
            .stages
            .iter()
            .map(|stage| self.tasks_of(&stage.selector, stage.origin.as_ref().or(sequence.origin.as_ref())))
            .collect();
        let repeats = self.repeats(sequence);
        let stage_of = self.first_stage(&stages, scope.as_deref());
        match repeats {
            None => self.chain(sequence, sequence.name.clone(), &stages, |task| stage_of[task as usize]),
            Some(groups) => self.chains(sequence, &groups, &stages, &stage_of),
        }
    }

    /// The job's tasks that a selector names, in its order. Hosts outside the job do not count.
    fn tasks_of(&mut self, selector: &Selector, origin: Option<&crate::policy::Origin>) -> Vec<u32> {
        match self.fleet.resolve(selector) {
            Ok(hosts) => {
                if hosts.is_empty() {
                    let message = format!("`{selector}` of a sequence matches no host");
                    self.warnings.push(Warning::new(message, origin.cloned()));
                }
                hosts
                    .iter()
                    .map(|host| self.task_of[host.index()])
                    .filter(|&task| task != NOT_IN_JOB)
                    .collect()
            }
            Err(error) => {
                self.problems.push(PlanProblem::new(error.to_string(), origin.cloned()));
                vec![]
            }
        }
    }

    fn repeats(&mut self, sequence: &Sequence) -> Option<Groups> {
        let tag = sequence.each.as_ref()?;
        Groups::level(self.fleet, &Selector::Tag(tag.clone()), false)
            .map_err(|error| {
                self.problems
                    .push(PlanProblem::new(error.to_string(), sequence.origin.clone()))
            })
            .ok()
    }

    /// For each task the first stage that names it, or `NOT_IN_JOB`.
    fn first_stage(&self, stages: &[Vec<u32>], scope: Option<&[u32]>) -> Vec<u32> {
        let mut stage_of = vec![NOT_IN_JOB; self.tasks];
        for (stage, tasks) in (0..).zip(stages) {
            for &task in tasks {
                let entry = &mut stage_of[task as usize];
                *entry = (*entry).min(stage);
            }
        }
        // After the stages: whoever is outside of the scope is in none of them, whatever names it.
        if let Some(scope) = scope {
            let mut inside = vec![false; self.tasks];
            scope.iter().for_each(|&task| inside[task as usize] = true);
            stage_of
                .iter_mut()
                .zip(inside)
                .filter(|(_, inside)| !inside)
                .for_each(|(stage, _)| *stage = NOT_IN_JOB);
        }
        stage_of
    }

    /// A chain of its own for each value of the tag.
    fn chains(&mut self, sequence: &Sequence, groups: &Groups, stages: &[Vec<u32>], stage_of: &[u32]) {
        let mut members: Vec<Vec<u32>> = vec![vec![]; groups.labels.len()];
        for &(host, group) in &groups.rows {
            let task = self.task_of[host.index()];
            if task != NOT_IN_JOB && stage_of[task as usize] != NOT_IN_JOB {
                members[group as usize].push(task);
            }
        }
        for (label, mut tasks) in groups.labels.iter().zip(members) {
            tasks.sort_unstable();
            let mut split: Vec<Vec<u32>> = vec![vec![]; stages.len()];
            tasks
                .iter()
                .for_each(|&task| split[stage_of[task as usize] as usize].push(task));
            self.chain(sequence, format!("{} in {label}", sequence.name), &split, |task| {
                stage_of[task as usize]
            });
        }
    }

    fn chain(&mut self, sequence: &Sequence, name: String, stages: &[Vec<u32>], stage_of: impl Fn(u32) -> u32) {
        let mut after = None;
        for (position, (entry, tasks)) in (0..).zip(sequence.stages.iter().zip(stages)) {
            let tasks: Vec<u32> = tasks
                .iter()
                .copied()
                .filter(|&task| stage_of(task) == position)
                .collect();
            if tasks.is_empty() {
                // Order is kept across it: the next stage waits for the one before.
                continue;
            }
            let id = StageId(saturating_u32(self.stages.len()));
            self.stages.push(JobStage {
                sequence: name.clone(),
                label: entry.selector.to_string(),
                allowed_failures: sequence.allow_failures.tolerated(saturating_u32(tasks.len())),
                after,
                wave: None,
                bakes: false,
                tasks,
            });
            after = Some(id);
        }
    }
}
