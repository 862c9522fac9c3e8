//! Gates: which stages of a job may begin.

use crate::Timestamp;
use crate::plan::{StageId, Stages};
use crate::saturating::saturating_u32;
use crate::scheduler::TaskState;

/// The gates of one job's stages, kept up to date as its tasks change state.
#[derive(Debug, Clone, PartialEq, Hash)]
#[repr(C)]
pub(crate) struct Gates {
    /// How many gates are closed for the hosts of each track. First, and empty where there are no stages, since each
    /// report asks it.
    closed: Vec<u32>,
    stages: Vec<Gate>,
    /// The tracks that pass through each stage.
    tracks_of: Vec<Vec<u32>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Gate {
    /// Hosts of the stage that have not ended.
    pending: u32,
    /// Hosts that ended badly and were not skipped.
    failed: u32,
    allowed: u32,
    open: bool,
    /// Since when it only waits for the bake time to pass.
    baking: Option<Timestamp>,
}

impl Gate {
    fn is_complete(&self) -> bool {
        self.pending == 0 && self.failed <= self.allowed
    }
}

/// How a gate changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GateChange {
    /// Hosts may enter this stage.
    Opened(StageId),
    /// Its bake time begins.
    Baking(StageId),
    /// A host that the stage had waited for is to run again.
    Closed,
}

impl Gates {
    pub(crate) fn new(stages: &Stages) -> Self {
        let gates = stages.stages().iter().map(|stage| Gate {
            pending: saturating_u32(stage.tasks.len()),
            failed: 0,
            allowed: stage.allowed_failures,
            open: stage.after.is_none(),
            baking: None,
        });
        let mut this = Self {
            closed: vec![],
            stages: gates.collect(),
            tracks_of: vec![vec![]; stages.stages().len()],
        };
        if this.stages.is_empty() {
            return this;
        }
        for (track, of) in (0..).zip(stages.tracks()) {
            this.closed.push(saturating_u32(
                of.iter().filter(|stage| !this.stages[stage.index()].open).count(),
            ));
            of.iter().for_each(|stage| this.tracks_of[stage.index()].push(track));
        }
        this
    }

    pub(crate) fn is_open(&self, stage: StageId) -> bool {
        self.stages[stage.index()].open
    }

    /// The stage that only waits for its bake time, and since when. Waves are one chain, so there is one at most.
    pub(crate) fn baking(&self) -> Option<(StageId, Timestamp)> {
        let baking = self.stages.iter().position(|gate| gate.baking.is_some())?;
        Some((StageId(u32::try_from(baking).ok()?), self.stages[baking].baking?))
    }

    /// Whether every host of the stage has ended, and no more of them badly than allowed.
    pub(crate) fn is_complete(&self, stage: StageId) -> bool {
        self.stages[stage.index()].is_complete()
    }

    /// Whether no gate holds back the hosts of this track.
    pub(crate) fn track_is_open(&self, track: u32) -> bool {
        self.closed.is_empty() || self.closed[track as usize] == 0
    }

    pub(crate) fn tracks_of(&self, stage: StageId) -> &[u32] {
        &self.tracks_of[stage.index()]
    }

    /// Takes note that a task of this track went from one state to another.
    pub(super) fn task_changed(
        &mut self,
        stages: &Stages,
        track: u32,
        (from, to): (TaskState, TaskState),
        at: Timestamp,
    ) -> Vec<GateChange> {
        let mut changes = Vec::new();
        let (from, to) = (weigh(from), weigh(to));
        // Waiting to running weighs the same, which is every start: half of all changes end here.
        if from == to || self.closed.is_empty() {
            return changes;
        }
        for &stage in stages.of_track(track) {
            let gate = &mut self.stages[stage.index()];
            let was = gate.is_complete();
            match from {
                // Never below zero: the task was counted when it entered the state that it leaves.
                Weight::Pending => gate.pending -= 1,
                Weight::Failed => gate.failed -= 1,
                Weight::Released => {}
            }
            match to {
                Weight::Pending => gate.pending += 1,
                Weight::Failed => gate.failed += 1,
                Weight::Released => {}
            }
            if was != gate.is_complete() {
                self.follow(stages, stage, at, &mut changes);
            }
        }
        changes
    }

    /// The waves may have another number of failures than before.
    pub(super) fn allow_in_waves(&mut self, stages: &Stages, at: Timestamp) {
        for (stage, allowed) in (0..).map(StageId).zip(stages.stages()) {
            let gate = &mut self.stages[stage.index()];
            let was = gate.is_complete();
            gate.allowed = allowed.allowed_failures;
            if was != gate.is_complete() {
                self.follow(stages, stage, at, &mut Vec::new());
            }
        }
    }

    /// The bake time of this stage is over, or an operator did not wait for it.
    pub(super) fn baked(&mut self, stages: &Stages, stage: StageId, at: Timestamp) -> Vec<GateChange> {
        let mut changes = Vec::new();
        if self.stages[stage.index()].baking.is_some() {
            self.set_open(stage, true, &mut changes);
            self.follow(stages, stage, at, &mut changes);
        }
        changes
    }

    /// A task of this track has succeeded, and no wave waits for its bake time.
    pub(in crate::scheduler) fn pass(&mut self, stages: &Stages, track: u32) {
        let moment = Timestamp::EPOCH;
        let mut changes = self.task_changed(stages, track, (TaskState::Running, TaskState::Succeeded), moment);
        while let Some(change) = changes.pop() {
            if let GateChange::Baking(stage) = change {
                changes.extend(self.baked(stages, stage, moment));
            }
        }
    }

    /// Waves that were open before the stages were compiled anew stay open, and those that were watched stay so since
    /// then, as far as the waves before them are still complete.
    pub(super) fn keep_waves(&mut self, stages: &Stages, old: &Self, old_stages: &Stages) {
        for (at, stage) in (0..).map(StageId).zip(stages.stages()) {
            let Some(before) = stage.wave.and_then(|wave| old_stages.wave(wave)) else {
                continue;
            };
            // In their order: a wave that is opened here lets the next one be watched.
            let (Some(now), Some(before)) = (self.stages[at.index()].baking, old.stages.get(before.index())) else {
                continue;
            };
            if before.open {
                self.baked(stages, at, now);
            } else if before.baking.is_some() {
                self.stages[at.index()].baking = before.baking;
            }
        }
    }

    /// Opens exactly these of the stages that bake, and watches this one since then. Says whether that can be: a stage
    /// that bakes is open or watched when what comes before it has passed, and only then.
    pub(in crate::scheduler) fn restore_waves(
        &mut self,
        stages: &Stages,
        open: &[StageId],
        baking: Option<(StageId, Timestamp)>,
    ) -> bool {
        for (at, stage) in (0..).map(StageId).zip(stages.stages()) {
            if stage.bakes {
                self.set_open(at, open.contains(&at), &mut Vec::new());
                self.stages[at.index()].baking = baking.filter(|&(stage, _)| stage == at).map(|(_, since)| since);
            }
        }
        let passed = |stage: StageId| self.stages[stage.index()].open && self.is_complete(stage);
        let mut waves = stages
            .stages()
            .iter()
            .zip(&self.stages)
            .filter(|(stage, _)| stage.bakes);
        // Open or watched where what comes before it has passed, and neither where not.
        waves.all(|(stage, gate)| (gate.open != gate.baking.is_some()) == stage.after.is_none_or(passed))
    }

    /// Opens or closes what comes after a stage.
    fn follow(&mut self, stages: &Stages, stage: StageId, now: Timestamp, changes: &mut Vec<GateChange>) {
        let mut at = stage;
        while let Some(next) = stages.next(at) {
            let before = self.stages[at.index()];
            let passed = before.open && before.is_complete();
            let gate = &mut self.stages[next.index()];
            if passed && !gate.open && stages.stage(next).bakes {
                if gate.baking.is_none() {
                    gate.baking = Some(now);
                    changes.push(GateChange::Baking(next));
                }
                return;
            }
            // Each sequence is a chain, so behind the first gate that stays as it was nothing changes.
            if gate.open == passed {
                gate.baking = None;
                return;
            }
            self.set_open(next, passed, changes);
            at = next;
        }
    }

    fn set_open(&mut self, stage: StageId, open: bool, changes: &mut Vec<GateChange>) {
        let gate = &mut self.stages[stage.index()];
        gate.baking = None;
        if gate.open == open {
            return;
        }
        gate.open = open;
        for &track in &self.tracks_of[stage.index()] {
            let closed = &mut self.closed[track as usize];
            *closed = if open { *closed - 1 } else { *closed + 1 };
        }
        changes.push(if open {
            GateChange::Opened(stage)
        } else {
            GateChange::Closed
        });
    }
}

/// What a host means for the stage after its own.
#[derive(PartialEq, Eq)]
enum Weight {
    /// It is waited for.
    Pending,
    /// It counts against the failures that the stage allows.
    Failed,
    /// It is not waited for.
    Released,
}

fn weigh(state: TaskState) -> Weight {
    match state {
        // A cancelled host was not done: what comes after it still waits, until it is retried or skipped.
        TaskState::Waiting | TaskState::Running | TaskState::Cancelled => Weight::Pending,
        TaskState::Failed | TaskState::InDoubt => Weight::Failed,
        TaskState::Succeeded | TaskState::Skipped => Weight::Released,
    }
}
