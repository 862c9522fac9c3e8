//! Policies with one rule relaxed: doubled or removed.

use std::fmt;

use serde::Serialize;

use crate::fleet::Selector;
use crate::plan::JobSpec;
use crate::policy::{Constraint, Limit, Origin, Percent, Policy, Rule, Sequence};

/// One rule that is relaxed. Prints as `without max_parallel: 25% on $web`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Relaxation {
    /// The rule, as in `max_parallel: 25% on $frontend & $colo`.
    pub rule: String,
    /// What is done to it.
    pub change: Change,
    /// Where it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// What is done to a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "change", content = "to", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// Twice as many hosts may be unavailable, or fail: the limit becomes this.
    Doubled(Limit),
    /// The rule is left out.
    Removed,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Doubled(to) => write!(f, "{to}"),
            Self::Removed => f.write_str("gone"),
        }
    }
}

impl fmt::Display for Relaxation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.change {
            Change::Doubled(to) => write!(f, "{to} in {}", self.rule),
            Change::Removed => write!(f, "without {}", self.rule),
        }
    }
}

/// Every way to relax one rule of a policy or of a job.
pub(super) fn relaxations(policy: &Policy, spec: &JobSpec) -> Vec<(Relaxation, Policy, JobSpec)> {
    let mut all = Vec::new();
    let without = |rule: String, origin: &Option<Origin>| Relaxation {
        rule,
        change: Change::Removed,
        origin: origin.clone(),
    };
    // An override of all constraints leaves nothing to relax but the job's own settings.
    let in_force = spec.override_constraints.is_none();
    for (at, constraint) in policy.constraints.iter().enumerate().filter(|_| in_force) {
        if let Some(rule) = doubled(constraint.rule) {
            let mut relaxed = policy.clone();
            relaxed.constraints[at].rule = rule;
            let change = Change::Doubled(rule.limit());
            let how = Relaxation {
                change,
                ..without(named(constraint), &constraint.origin)
            };
            all.push((how, relaxed, spec.clone()));
        }
        let mut relaxed = policy.clone();
        relaxed.constraints.remove(at);
        all.push((without(named(constraint), &constraint.origin), relaxed, spec.clone()));
    }
    for (at, sequence) in policy.sequences.iter().enumerate().filter(|_| in_force) {
        // Each step by itself: which of several orders costs time is what is asked.
        for edge in 1..sequence.stages.len() {
            let mut relaxed = policy.clone();
            let (first, then) = split(sequence, edge);
            relaxed.sequences.splice(at..=at, [first, then]);
            let stages = (&sequence.stages[edge - 1].selector, &sequence.stages[edge].selector);
            let rule = format!("{} before {} ({})", stages.0, stages.1, sequence.name);
            all.push((without(rule, &sequence.origin), relaxed, spec.clone()));
        }
    }
    all.extend(of_job(policy, spec));
    all
}

fn of_job(policy: &Policy, spec: &JobSpec) -> Vec<(Relaxation, Policy, JobSpec)> {
    let mut all = Vec::new();
    let mut add = |rule: String, change: Change, policy: Policy, spec: JobSpec| {
        let origin = None;
        all.push((Relaxation { rule, change, origin }, policy, spec));
    };
    if let Some(limit) = spec.settings.max_parallel.or(policy.defaults.max_parallel) {
        let rule = format!("max_parallel: {limit} of the job");
        if let Some(twice) = twice(limit) {
            let mut relaxed = spec.clone();
            relaxed.settings.max_parallel = Some(twice);
            add(rule.clone(), Change::Doubled(twice), policy.clone(), relaxed);
        }
        let (mut unlimited, mut relaxed) = (policy.clone(), spec.clone());
        (unlimited.defaults.max_parallel, relaxed.settings.max_parallel) = (None, None);
        add(rule, Change::Removed, unlimited, relaxed);
    }
    if !spec.waves.is_empty() {
        let mut relaxed = spec.clone();
        relaxed.waves.clear();
        // What is between waves goes with them.
        relaxed.settings.bake = None;
        add(
            "the waves of the job".to_owned(),
            Change::Removed,
            policy.clone(),
            relaxed,
        );
    }
    all
}

fn named(constraint: &Constraint) -> String {
    let group: Vec<String> = constraint.group.iter().map(ToString::to_string).collect();
    format!("{} on {}", constraint.rule, group.join(" & "))
}

/// The sequence cut in two before this stage: the parts no longer wait for each other. A host in stages of both stays
/// in the first alone, as it did before.
fn split(sequence: &Sequence, edge: usize) -> (Sequence, Sequence) {
    let (mut first, mut then) = (sequence.clone(), sequence.clone());
    then.stages = first.stages.split_off(edge);
    let mut taken: Vec<Selector> = first.stages.iter().map(|stage| stage.selector.clone()).collect();
    let taken = if taken.len() == 1 {
        taken.swap_remove(0)
    } else {
        Selector::Or(taken)
    };
    let rest = Selector::Not(Box::new(taken));
    then.scope = Some(match then.scope {
        Some(scope) => Selector::And(vec![scope, rest]),
        None => rest,
    });
    (first, then)
}

fn doubled(rule: Rule) -> Option<Rule> {
    Some(match rule {
        Rule::MaxParallel(limit) => Rule::MaxParallel(twice(limit)?),
        Rule::MaxParallelTotal(limit) => Rule::MaxParallelTotal(twice(limit)?),
        Rule::MaxRunning(limit) => Rule::MaxRunning(twice(limit)?),
        Rule::MaxFailures(limit) => Rule::MaxFailures(twice(limit)?),
        // The slots of a count depend on the size of the group, which is unknown before the policy meets a fleet.
        Rule::MinAvailable(Limit::Count(_)) => return None,
        Rule::MinAvailable(Limit::Percent(percent)) => {
            let away = 10_000 - percent.hundredths();
            let stay = 10_000_u16.saturating_sub(away.checked_mul(2)?);
            (away > 0).then(|| {
                Percent::from_hundredths(stay)
                    .map(Limit::Percent)
                    .map(Rule::MinAvailable)
            })??
        }
    })
}

fn twice(limit: Limit) -> Option<Limit> {
    match limit {
        Limit::Count(0) => None,
        Limit::Count(count) => count.checked_mul(2).map(Limit::Count),
        Limit::Percent(percent) => {
            let more = percent.hundredths().saturating_mul(2).min(10_000);
            (more > percent.hundredths()).then(|| Percent::from_hundredths(more).map(Limit::Percent))?
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::RemoteCommand;

    #[test]
    fn every_rule_of_policy_and_job_is_relaxed_in_turn() {
        let limit = |text: &str| text.parse::<Limit>().unwrap();
        let policy = Policy::new()
            .constraint(Constraint::new(
                "$web".parse().unwrap(),
                Rule::MaxParallel(limit("25%")),
            ))
            .constraint(Constraint::new(
                "$web".parse().unwrap(),
                Rule::MinAvailable(limit("80%")),
            ))
            .constraint(Constraint::new(
                "$db".parse().unwrap(),
                Rule::MaxParallelTotal(limit("100%")),
            ))
            .sequence(Sequence::new(
                "tiers",
                ["$db", "$cache", "$web"].map(|tag| tag.parse().unwrap()),
            ));
        let mut spec = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true"));
        (spec.settings.max_parallel, spec.waves) = (Some(limit("3")), vec![limit("1")]);
        let said: Vec<String> = relaxations(&policy, &spec)
            .iter()
            .map(|(how, ..)| how.to_string())
            .collect();
        let wanted = [
            "50% in max_parallel: 25% on $web",
            "without max_parallel: 25% on $web",
            "60% in min_available: 80% on $web",
            "without min_available: 80% on $web",
            "without max_parallel_total: 100% on $db",
            "without $db before $cache (tiers)",
            "without $cache before $web (tiers)",
            "6 in max_parallel: 3 of the job",
            "without max_parallel: 3 of the job",
            "without the waves of the job",
        ];
        assert_eq!(said, wanted);
    }

    #[test]
    fn a_host_of_both_parts_of_a_cut_sequence_stays_in_the_first() {
        let canary_first = Sequence::new("careful", ["$canary", "$web"].map(|tag| tag.parse().unwrap()));
        let (first, then) = split(&canary_first, 1);
        assert_eq!((first.stages.len(), first.scope), (1, None));
        assert_eq!(then.scope.unwrap().to_string(), "!$canary");
    }
}
