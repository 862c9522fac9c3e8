//! Sequences, compiled for one job: which of its hosts wait for which.

use indexmap::IndexSet;
use rustc_hash::FxBuildHasher;
use serde::Serialize;

use super::counting_sort::SortedByKey;
use crate::policy::Limit;
use crate::saturating::saturating_u32;

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
#[non_exhaustive]
pub struct JobStage {
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

impl JobStage {
    /// Its hosts, as positions in the job's listed order.
    pub fn tasks(&self) -> &[u32] {
        &self.tasks
    }
}

/// The stages of one job: a directed graph without cycles, made of one chain per sequence.
#[derive(Debug, Clone, PartialEq)]
pub struct Stages {
    pub(super) stages: Vec<JobStage>,
    /// Distinct sets of stages that hosts belong to.
    tracks: Vec<Box<[StageId]>>,
    track_of: Vec<u32>,
}

impl Stages {
    /// No stages, for that many hosts.
    pub(crate) fn none(tasks: usize) -> Self {
        Self::index(vec![], tasks)
    }

    /// Sorts tasks into tracks: the distinct sets of stages that they are in.
    pub(super) fn index(stages: Vec<JobStage>, tasks: usize) -> Self {
        let in_stage = (0..)
            .zip(&stages)
            .flat_map(|(id, stage)| stage.tasks.iter().map(move |&task| (task, id)));
        let stages_of = SortedByKey::new(tasks, in_stage);
        let mut tracks: IndexSet<Box<[u32]>, FxBuildHasher> = IndexSet::default();
        let mut track_of = Vec::with_capacity(tasks);
        for task in 0..tasks {
            let track = stages_of.of(task);
            // Looked up before it is boxed: most tasks are of a track that is known.
            let known = tracks.get_index_of(track);
            let at = known.unwrap_or_else(|| tracks.insert_full(track.into()).0);
            track_of.push(saturating_u32(at));
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
            stage.allowed_failures = failures.tolerated(saturating_u32(stage.tasks.len()));
        }
    }

    /// The stage that is this wave.
    pub(crate) fn wave(&self, wave: u32) -> Option<StageId> {
        let at = self.stages.iter().position(|stage| stage.wave == Some(wave))?;
        u32::try_from(at).ok().map(StageId)
    }

    /// All stages; each comes after those it waits for in its own sequence.
    pub fn stages(&self) -> &[JobStage] {
        &self.stages
    }

    pub(crate) fn stage(&self, stage: StageId) -> &JobStage {
        &self.stages[stage.index()]
    }

    /// The stage after this one in its sequence.
    pub(crate) fn next(&self, stage: StageId) -> Option<StageId> {
        // The stages of a sequence stand one behind the other.
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
