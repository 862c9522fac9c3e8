//! The changes of a new fleet and policy.

use std::fmt;

use crate::fleet::Fleet;
use crate::inventory::FleetDiff;

/// The changes made by [`Handle::configure`](super::Handle::configure). Displays as lines.
///
/// ```
/// # use pogo_core::dispatcher::NamespaceDiff;
/// assert_eq!(NamespaceDiff::default().to_string(), "nothing has changed\n");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamespaceDiff {
    /// Hosts that were added, removed, or have other tags or settings.
    pub fleet: FleetDiff,
    /// Whether the policy changed.
    pub policy_changed: bool,
    /// Whether fleet and policy were applied, and so written to the journal: not if both are unchanged. Some changes
    /// are written and not listed here: another order of hosts, a tag without hosts, another answer of a tag resolver.
    pub written: bool,
}

impl NamespaceDiff {
    /// What changes where a fleet is taken that differs from the one before.
    pub(super) fn between(before: Option<&Fleet>, after: &Fleet, policy_changed: bool) -> Self {
        let none = Fleet::default();
        Self {
            fleet: FleetDiff::between(before.unwrap_or(&none), after),
            policy_changed,
            written: true,
        }
    }
}

impl fmt::Display for NamespaceDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.fleet)?;
        if self.policy_changed {
            f.write_str("the policy has changed\n")?;
        }
        match (self.written, self.policy_changed || !self.fleet.is_empty()) {
            (false, _) => f.write_str("nothing has changed\n"),
            (true, false) => {
                f.write_str("the order of hosts, a tag without hosts or an answer of a tag resolver has changed\n")
            }
            (true, true) => Ok(()),
        }
    }
}
