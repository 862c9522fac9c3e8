//! The waves of a job, and when the next may open.

use std::time::Duration;

use super::namespace::Namespace;
use super::stages::Stage;
use crate::finding::{Breach, BrokenRule, broken};
use pogo_core::Timestamp;
use pogo_core::fleet::HostId;
use pogo_core::plan::{JobSpec, Stages};
use pogo_core::policy::JobSettings;
use pogo_core::scheduler::TaskState;

#[derive(Default)]
pub(crate) struct Waves {
    waves: Vec<Wave>,
    /// By position in the job.
    wave_of: Vec<usize>,
    bake: Duration,
    /// Whether `watched` is exact. After a change of fleet or policy it is not, and the bake time is not judged.
    timed: bool,
}

#[derive(Clone, Default)]
struct Wave {
    stage: Stage,
    hosts: u32,
    open: bool,
    /// Since when all waves before it are complete, while it is not open.
    watched: Option<Timestamp>,
}

impl Waves {
    pub(crate) fn new(namespace: &Namespace, spec: &JobSpec, hosts: &[HostId], now: Timestamp) -> Self {
        let mut this = Self {
            wave_of: vec![0; hosts.len()],
            timed: true,
            ..Self::default()
        };
        if spec.waves.is_empty() {
            return this;
        }
        // Compiled by the plan's own code: which host is in which wave is what operators approve.
        // When a wave may open is judged here.
        let Ok((stages, _)) = Stages::compile(&namespace.fleet, &namespace.policy, hosts, spec) else {
            return this;
        };
        for stage in stages.stages().iter().filter(|stage| stage.wave.is_some()) {
            stage
                .tasks()
                .iter()
                .for_each(|&task| this.wave_of[task as usize] = this.waves.len());
            this.waves.push(Wave {
                stage: Stage::named(stage.label.clone()),
                hosts: u32::try_from(stage.tasks().len()).unwrap_or(u32::MAX),
                // No record opens the first one.
                open: this.waves.is_empty(),
                watched: None,
            });
        }
        this.alter(&spec.settings);
        this.follow(now);
        this
    }

    /// Sets the bake time, and how many hosts of each wave may fail.
    pub(crate) fn alter(&mut self, settings: &JobSettings) {
        self.bake = settings.bake.unwrap_or_default();
        let failures = settings.allow_failures.unwrap_or_default();
        for wave in &mut self.waves {
            wave.stage.allowed = failures.tolerated(wave.hosts);
        }
    }

    /// Carries the waves over to another fleet or policy: open waves stay open while those before them are complete.
    pub(crate) fn after(mut self, before: &Self, now: Timestamp) -> Self {
        for (wave, before) in self.waves.iter_mut().zip(&before.waves) {
            wave.open |= before.open;
            wave.watched = before.watched;
        }
        self.timed = false;
        self.follow(now);
        self
    }

    pub(crate) fn count(&mut self, task: usize, state: TaskState, entered: bool) {
        if let Some(wave) = self.wave_of.get(task).and_then(|&wave| self.waves.get_mut(wave)) {
            wave.stage.count(state, entered);
        }
    }

    /// Closes waves behind one that is no longer complete, and watches the one behind those that are.
    pub(crate) fn follow(&mut self, now: Timestamp) {
        let mut passed = true;
        for (at, wave) in self.waves.iter_mut().enumerate() {
            // A retry in an earlier wave closes those after it again, and their bake time starts
            // anew.
            if at > 0 && !passed {
                (wave.open, wave.watched) = (false, None);
            } else if !wave.open && wave.watched.is_none() {
                wave.watched = Some(now);
            }
            passed = wave.open && wave.stage.is_complete();
        }
    }

    /// Opens a wave: after the bake time, or on an operator's order before it.
    pub(crate) fn open(&mut self, wave: u32, ordered: bool, now: Timestamp) -> Result<(), Breach> {
        let (bake, timed) = (self.bake, self.timed && !ordered);
        let Some(wave) = self.waves.get_mut(wave as usize) else {
            return broken(BrokenRule::Log, format!("the job has no wave {}", u64::from(wave) + 1));
        };
        let label = &wave.stage.label;
        match wave.watched {
            Some(since) if !timed || now - since >= bake => {}
            Some(_) => {
                return broken(
                    BrokenRule::Order,
                    format!("{label} opens before the bake time has passed"),
                );
            }
            None => {
                return broken(
                    BrokenRule::Order,
                    format!("{label} opens before those ahead of it are complete"),
                );
            }
        }
        (wave.open, wave.watched) = (true, None);
        self.follow(now);
        Ok(())
    }

    /// The position of this task's wave.
    pub(crate) fn of(&self, task: usize) -> usize {
        self.wave_of.get(task).copied().unwrap_or(0)
    }

    /// The wave of this task, if it is not open.
    pub(crate) fn closed(&self, task: usize) -> Option<&Stage> {
        let wave = self.wave_of.get(task).and_then(|&wave| self.waves.get(wave))?;
        (!wave.open).then_some(&wave.stage)
    }
}
