//! A limit on the hosts that no other limit counts.

use super::{Constraint, Limit, Policy, Rule};
use crate::fleet::Selector;

impl Policy {
    /// How many hosts that no limit counts the `pogo` program runs at once by default.
    pub const GUARD: Limit = Limit::Count(64);

    /// Adds a limit on how many of the hosts run at once that no limit of the policy counts. Failed hosts hold nothing
    /// of it, and hosts that a limit counts are left to that. A budget of failures is no such limit.
    ///
    /// ```
    /// use pogo_core::policy::{Constraint, Policy, Rule};
    ///
    /// let limit = Constraint::new("$web".parse()?, Rule::MaxParallel("2".parse()?));
    /// let policy = Policy::new().constraint(limit).guarded(Policy::GUARD);
    /// let guard = &policy.constraints[1];
    /// assert_eq!((guard.group[0].to_string(), guard.rule.to_string()), ("!$web".into(), "max_running: 64".into()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn guarded(mut self, limit: Limit) -> Self {
        let rest = self.beyond_limits();
        self.constraints.push(Constraint::new(rest, Rule::MaxRunning(limit)));
        self
    }

    /// The hosts that no limit counts.
    fn beyond_limits(&self) -> Selector {
        let limits = self.constraints.iter();
        let limits = limits.filter(|constraint| !matches!(constraint.rule, Rule::MaxFailures(_)));
        let mut groups: Vec<Selector> = Vec::new();
        for constraint in limits {
            let group = one_or(constraint.group.clone(), Selector::And);
            // Policies limit one group by several rules: named twice, it would be looked up twice.
            if !groups.contains(&group) {
                groups.push(group);
            }
        }
        match groups.is_empty() {
            true => Selector::All,
            false => Selector::Not(Box::new(one_or(groups, Selector::Or))),
        }
    }
}

/// The only one, or all together.
fn one_or(mut selectors: Vec<Selector>, together: fn(Vec<Selector>) -> Selector) -> Selector {
    match selectors.len() {
        1 => selectors.swap_remove(0),
        _ => together(selectors),
    }
}
