//! Constraints: how many hosts of a group may run or be unavailable at once, and how many may fail.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Limit, Origin};
use crate::fleet::Selector;

/// One rule on one group.
///
/// The group is a path of selectors, outermost first, that intersect: `[$frontend, $colo]` is what the file
/// nests as `$frontend: { $colo: … }`. Each selector that is a bare tag stands for each of its values, so the
/// path names one group per combination of values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Constraint {
    /// The selectors that intersect, outermost first; never empty.
    pub group: Vec<Selector>,
    /// What holds for each such group.
    pub rule: Rule,
    /// Where it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

impl Constraint {
    /// A rule on the group that one selector names.
    pub fn new(group: Selector, rule: Rule) -> Self {
        Self {
            group: vec![group],
            rule,
            origin: None,
        }
    }

    /// Narrows the rule to the intersection with a further selector, as nesting does in the file.
    pub fn within(mut self, group: Selector) -> Self {
        self.group.push(group);
        self
    }

    /// Sets where the rule was written.
    pub fn at(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self
    }
}

/// As in `$frontend & $colo: max_parallel: 25%`.
impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, selector) in self.group.iter().enumerate() {
            write!(f, "{}{selector}", if at == 0 { "" } else { " & " })?;
        }
        write!(f, ": {}", self.rule)
    }
}

/// What a constraint demands of its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rule {
    /// For each direct value of the tag: at most this many run, and at most this many are unavailable.
    MaxParallel(Limit),
    /// For the whole group together: at most this many run, and at most this many are unavailable.
    MaxParallelTotal(Limit),
    /// For each direct value of the tag: at least this many stay available. Repairing what is down is always allowed.
    MinAvailable(Limit),
    /// For each direct value of the tag: at most this many run at once. Hosts that failed, are in doubt or are down
    /// take no slot: it protects what the hosts share, and guarantees nothing about how many are available.
    MaxRunning(Limit),
    /// For each direct value of the tag: once more than this many of a job's hosts have failed, the job starts no more
    /// there.
    MaxFailures(Limit),
}

impl Rule {
    /// The number or share in the rule.
    pub fn limit(self) -> Limit {
        match self {
            Self::MaxParallel(limit)
            | Self::MaxParallelTotal(limit)
            | Self::MinAvailable(limit)
            | Self::MaxRunning(limit)
            | Self::MaxFailures(limit) => limit,
        }
    }

    /// Whether unavailable hosts take its slots without running.
    pub fn counts_unavailable(self) -> bool {
        !matches!(self, Self::MaxRunning(_))
    }

    /// The rule's key in a policy file.
    pub fn key(self) -> &'static str {
        match self {
            Self::MaxParallel(_) => "max_parallel",
            Self::MaxParallelTotal(_) => "max_parallel_total",
            Self::MinAvailable(_) => "min_available",
            Self::MaxRunning(_) => "max_running",
            Self::MaxFailures(_) => "max_failures",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key(), self.limit())
    }
}
