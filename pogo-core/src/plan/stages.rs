//! Sequences, compiled for one job: which of its hosts wait for which.

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;
use serde::Serialize;

use super::JobSpec;
use super::cycle;
use super::gather::Gathered;
use super::groups::Groups;
use super::problem::{PlanError, Problem, Warning};
use super::waves;
use crate::fleet::{Fleet, HostId, Selector};
use crate::policy::{Limit, Policy, Sequence};

/// A stage's position among the [`Stages`] of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct StageId(pub(crate) u32);

impl StageId {
    /// The position, for indexing.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The job's hosts of one entry of a sequence; never empty.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stage {
    /// The sequence it belongs to, with the value it is repeated for.
    pub sequence: String,
    /// The entry, as in `$colo.north_america`.
    pub label: String,
    /// How many of its hosts may fail without holding back the next stage.
    pub allowed_failures: u32,
    /// The stage before it, of the same sequence.
    pub after: Option<StageId>,
    /// The wave it is, counting from 0, when it comes from the job's waves and not from a sequence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wave: Option<u32>,
    /// Its gate opens some time after the stage before it is complete, and by an event of its own.
    pub bakes: bool,
    /// Positions in the job's listed order.
    #[serde(skip)]
    pub(crate) tasks: Vec<u32>,
}

impl Stage {
    /// Its hosts, as positions in the job's listed order.
    pub fn tasks(&self) -> &[u32] {
        &self.tasks
    }
}

/// The stages of one job: a directed graph without cycles, made of one chain per sequence.
#[derive(Debug, Clone, PartialEq)]
pub struct Stages {
    stages: Vec<Stage>,
    /// Distinct sets of stages that hosts belong to.
    tracks: Vec<Box<[StageId]>>,
    track_of: Vec<u32>,
}

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
        let mut draft = Draft::new(fleet, hosts);
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
        cycle::refuse(&stages)?;
        if spec.waves.is_empty() {
            return Ok((stages, warnings));
        }
        let waves = waves::stages(&stages, spec, tasks);
        Ok((Self::index([stages.stages, waves].concat(), tasks), warnings))
    }

    /// No stages, for that many hosts.
    pub(crate) fn none(tasks: usize) -> Self {
        Self::index(vec![], tasks)
    }

    /// Sorts tasks into tracks: the distinct sets of stages that they are in.
    fn index(stages: Vec<Stage>, tasks: usize) -> Self {
        let in_stage = (0..)
            .zip(&stages)
            .flat_map(|(id, stage)| stage.tasks.iter().map(move |&task| (task, id)));
        let stages_of = Gathered::new(tasks, in_stage);
        let mut tracks: IndexSet<Box<[u32]>, FxBuildHasher> = IndexSet::default();
        let mut track_of = Vec::with_capacity(tasks);
        for task in 0..tasks {
            let track = stages_of.of(task);
            let known = tracks.get_index_of(track);
            let at = known.unwrap_or_else(|| tracks.insert_full(track.into()).0);
            track_of.push(u32::try_from(at).unwrap_or(u32::MAX));
        }
        let tracks = tracks
            .into_iter()
            .map(|track| track.iter().copied().map(StageId).collect());
        Self {
            stages,
            tracks: tracks.collect(),
            track_of,
        }
    }

    /// Lets so many hosts of each wave fail without holding back the next.
    pub(crate) fn allow_in_waves(&mut self, failures: Limit) {
        for stage in self.stages.iter_mut().filter(|stage| stage.wave.is_some()) {
            stage.allowed_failures = failures.tolerated(u32::try_from(stage.tasks.len()).unwrap_or(u32::MAX));
        }
    }

    /// The stage that is this wave.
    pub(crate) fn wave(&self, wave: u32) -> Option<StageId> {
        let at = self.stages.iter().position(|stage| stage.wave == Some(wave))?;
        u32::try_from(at).ok().map(StageId)
    }

    /// All stages; each comes after those it waits for in its own sequence.
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    pub(crate) fn stage(&self, stage: StageId) -> &Stage {
        &self.stages[stage.index()]
    }

    /// The stage after this one in its sequence.
    pub(crate) fn next(&self, stage: StageId) -> Option<StageId> {
        let next = StageId(stage.0 + 1);
        (self.stages.get(next.index())?.after == Some(stage)).then_some(next)
    }

    pub(crate) fn tracks(&self) -> &[Box<[StageId]>] {
        &self.tracks
    }

    pub(crate) fn track_of(&self, task: u32) -> u32 {
        self.track_of[task as usize]
    }

    /// The stages that a task is in, one of each sequence that it is part of.
    pub(crate) fn of(&self, task: u32) -> &[StageId] {
        self.of_track(self.track_of(task))
    }

    /// The stages that the tasks of a track are in.
    pub(crate) fn of_track(&self, track: u32) -> &[StageId] {
        &self.tracks[track as usize]
    }
}

const NOT_IN_JOB: u32 = u32::MAX;

struct Draft<'a> {
    fleet: &'a Fleet,
    /// Position in the job of each host of the fleet.
    task_of: Vec<u32>,
    tasks: usize,
    stages: Vec<Stage>,
    warnings: Vec<Warning>,
    problems: Vec<Problem>,
}

impl<'a> Draft<'a> {
    fn new(fleet: &'a Fleet, hosts: &[HostId]) -> Self {
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
                self.problems.push(Problem::new(error.to_string(), origin.cloned()));
                vec![]
            }
        }
    }

    fn repeats(&mut self, sequence: &Sequence) -> Option<Groups> {
        let tag = sequence.each.as_ref()?;
        Groups::level(self.fleet, &Selector::Tag(tag.clone()), false)
            .map_err(|error| {
                self.problems
                    .push(Problem::new(error.to_string(), sequence.origin.clone()))
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
            let id = StageId(u32::try_from(self.stages.len()).unwrap_or(u32::MAX));
            self.stages.push(Stage {
                sequence: name.clone(),
                label: entry.selector.to_string(),
                allowed_failures: sequence
                    .allow_failures
                    .tolerated(u32::try_from(tasks.len()).unwrap_or(u32::MAX)),
                after,
                wave: None,
                bakes: false,
                tasks,
            });
            after = Some(id);
        }
    }
}
