//! Which of a job's hosts come before which.

use std::collections::BTreeMap;

use super::groups::{named, values};
use super::namespace::Namespace;
use pogo_core::fleet::{HostId, Selector};
use pogo_core::policy::Sequence;
use pogo_core::scheduler::TaskState;

/// How many hosts of one stage are still to be done, and how many failed.
#[derive(Clone, Default)]
pub(crate) struct Stage {
    pub(crate) label: String,
    pub(crate) pending: u32,
    pub(crate) failed: u32,
    pub(crate) allowed: u32,
}

impl Stage {
    pub(crate) fn named(label: String) -> Self {
        Self {
            label,
            ..Self::default()
        }
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.pending == 0 && self.failed <= self.allowed
    }

    /// Counts a host of the stage that has entered this state, or has left it.
    pub(crate) fn count(&mut self, state: TaskState, entered: bool) {
        let counter = match state {
            TaskState::Failed | TaskState::InDoubt => &mut self.failed,
            TaskState::Succeeded | TaskState::Skipped => return,
            // A state that is not known here completes nothing.
            _ => &mut self.pending,
        };
        *counter = if entered {
            *counter + 1
        } else {
            counter.saturating_sub(1)
        };
    }
}

/// The sequences as they apply to one job.
#[derive(Default)]
pub(crate) struct JobSequences {
    chains: Vec<Vec<Stage>>,
    /// For each host of the fleet, its stage in each chain that it is in.
    of_host: BTreeMap<HostId, Vec<(usize, usize)>>,
}

impl JobSequences {
    pub(crate) fn new(namespace: &Namespace, hosts: &[HostId]) -> Self {
        let mut this = Self::default();
        for sequence in &namespace.policy.sequences {
            this.sequence(namespace, hosts, sequence);
        }
        this
    }

    fn sequence(&mut self, namespace: &Namespace, hosts: &[HostId], sequence: &Sequence) {
        let fleet = &namespace.fleet;
        let mut stage_of: Vec<Option<usize>> = vec![None; fleet.len()];
        // Backwards, so that the earliest stage wins for a host that is named by several.
        for (at, stage) in sequence.stages.iter().enumerate().rev() {
            for host in named(fleet, &stage.selector) {
                stage_of[host.index()] = Some(at);
            }
        }
        if let Some(scope) = &sequence.scope {
            let mut inside = vec![false; fleet.len()];
            named(fleet, scope)
                .into_iter()
                .for_each(|host| inside[host.index()] = true);
            stage_of
                .iter_mut()
                .zip(inside)
                .filter(|(_, inside)| !inside)
                .for_each(|(stage, _)| *stage = None);
        }
        let repeats = sequence
            .each
            .as_ref()
            .map(|tag| values(fleet, &Selector::Tag(tag.clone()), false));
        let mut chain_of: BTreeMap<String, usize> = BTreeMap::new();
        for &host in hosts {
            let Some(stage) = stage_of[host.index()] else { continue };
            let once = [String::new()];
            let repeats: &[String] = repeats.as_ref().map_or(&once, |values| &values[host.index()]);
            // A host without a value of the tag is in no chain: it waits for nobody, and nobody for
            // it.
            for repeat in repeats {
                let known = self.chains.len();
                let chain = *chain_of.entry(repeat.clone()).or_insert(known);
                if chain == known {
                    let labels = sequence.stages.iter().map(|stage| stage.selector.to_string());
                    self.chains.push(labels.map(Stage::named).collect());
                }
                // The number of hosts for now: a share of it is taken once all are counted.
                self.chains[chain][stage].allowed += 1;
                self.of_host.entry(host).or_default().push((chain, stage));
            }
        }
        for chain in chain_of.into_values() {
            for stage in &mut self.chains[chain] {
                stage.allowed = sequence.allow_failures.tolerated(stage.allowed);
            }
        }
    }

    /// The stages of a host, as positions of chains and in them.
    pub(crate) fn of(&self, host: HostId) -> &[(usize, usize)] {
        self.of_host.get(&host).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a stage of this host is complete.
    pub(crate) fn any_is_complete(&self, host: HostId) -> bool {
        let mut stages = self.of(host).iter();
        stages.any(|&(chain, stage)| self.chains[chain][stage].is_complete())
    }

    /// Counts a host that has entered this state, or has left it.
    pub(crate) fn count(&mut self, host: HostId, state: TaskState, entered: bool) {
        for &(chain, stage) in self.of_host.get(&host).into_iter().flatten() {
            self.chains[chain][stage].count(state, entered);
        }
    }

    /// The first stage that this host should have waited for.
    pub(crate) fn before(&self, host: HostId) -> Option<&Stage> {
        let of_host = self.of_host.get(&host).into_iter().flatten();
        let mut before = of_host.flat_map(|&(chain, stage)| &self.chains[chain][..stage]);
        before.find(|stage| !stage.is_complete())
    }
}
