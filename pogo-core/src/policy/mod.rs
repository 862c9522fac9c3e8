//! RULES: sequences, constraints and limits, as the policy file says them, before they meet hosts.
//!
//! A [`Policy`] is plain data: adapter crates read it from files, tests build it in a line.
//! Whether its tags exist and its groups match hosts is judged when it meets a fleet, in [`crate::plan`].

mod constraint;
mod guard;
mod job_settings;
mod limit;
mod on_doubt;
mod resolved_settings;
mod sequence;
mod stored_settings;
mod wave_gate;

pub use crate::fleet::Origin;
pub use constraint::{Constraint, Rule};
pub(crate) use job_settings::each_setting;
pub use job_settings::{JobSettings, Setting, SettingReader};
pub use limit::{Limit, LimitError, Percent};
pub use on_doubt::OnDoubt;
pub use resolved_settings::{ResolvedLimit, ResolvedSettings};
pub use sequence::{Sequence, Stage};
pub(crate) use stored_settings::{bare_counts, nested_hooks};
pub use wave_gate::WaveGate;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::fleet::Selector;

/// The rules of a namespace: the order of its groups, the limits on them, and the defaults of its jobs.
///
/// ```
/// use pogo_core::policy::{Constraint, Policy, Rule, Sequence};
///
/// let order = Sequence::new("by colo", ["$colo.na".parse()?, "$colo.sea".parse()?]);
/// let limit = Constraint::new("$colo".parse()?, Rule::MaxParallel("2".parse()?));
/// let policy = Policy::new().sequence(order).constraint(limit);
/// assert_eq!(policy.sequences[0].stages.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Policy {
    /// Which groups come before which.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sequences: Vec<Sequence>,
    /// How many hosts of a group may run, be unavailable or fail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<Constraint>,
    /// Settings of jobs that do not set them.
    #[serde(default)]
    pub defaults: JobSettings,
    /// How long a job can be looked at and retried once it is finished, before it retires: it leaves the scheduler, and
    /// hosts that it left failed keep their slots. [`RETIRE_AFTER`](Self::RETIRE_AFTER) by default.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::time::millis::option"
    )]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    pub retire_after: Option<Duration>,
}

impl Policy {
    /// No sequence, no constraint, and pogo's own defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a sequence.
    #[must_use]
    pub fn sequence(mut self, sequence: Sequence) -> Self {
        self.sequences.push(sequence);
        self
    }

    /// Replaces all sequences.
    #[must_use]
    pub fn sequences(mut self, sequences: impl IntoIterator<Item = Sequence>) -> Self {
        self.sequences = sequences.into_iter().collect();
        self
    }

    /// Adds a constraint.
    #[must_use]
    pub fn constraint(mut self, constraint: Constraint) -> Self {
        self.constraints.push(constraint);
        self
    }

    /// Replaces all constraints.
    #[must_use]
    pub fn constraints(mut self, constraints: impl IntoIterator<Item = Constraint>) -> Self {
        self.constraints = constraints.into_iter().collect();
        self
    }

    /// Replaces the defaults of jobs.
    #[must_use]
    pub fn defaults(mut self, defaults: JobSettings) -> Self {
        self.defaults = defaults;
        self
    }

    /// Sets how long a finished job stays in the scheduler.
    #[must_use]
    pub fn retire_after(mut self, time: Duration) -> Self {
        self.retire_after = Some(time);
        self
    }

    /// How long a finished job stays in the scheduler where the policy does not say.
    pub const RETIRE_AFTER: Duration = Duration::from_secs(600);

    /// Every selector of the policy, and where it was written.
    pub fn selectors(&self) -> impl Iterator<Item = (&Selector, Option<&Origin>)> {
        let sequences = self.sequences.iter().flat_map(|sequence| {
            let scope = sequence.scope.iter().map(|scope| (scope, sequence.origin.as_ref()));
            let stages = sequence.stages.iter();
            scope.chain(stages.map(|stage| (&stage.selector, stage.origin.as_ref())))
        });
        let constraints = self.constraints.iter().flat_map(|constraint| {
            let groups = constraint.group.iter();
            groups.map(|group| (group, constraint.origin.as_ref()))
        });
        sequences.chain(constraints)
    }
}
