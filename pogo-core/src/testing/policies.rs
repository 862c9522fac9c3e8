//! Random policies.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::fleets::{COLOS, RACKS, ROLES};
use super::job_settings::job_settings;
use super::limits::limits;
use crate::fleet::Selector;
use crate::policy::{Constraint, JobSettings, Limit, Policy, Rule, Sequence};

/// Policies over the tags of [`fleets`](super::fleets): every kind of rule, nested groups, and sequences with scope,
/// `each` and `allow_failures`, and now and then defaults for jobs and jobs that retire early. Sequences may wait for
/// each other in a cycle; jobs are then refused.
pub fn policies() -> impl Strategy<Value = Arc<Policy>> {
    let sequences = prop_oneof![
        2 => Just(0_usize),
        5 => Just(1),
        3 => Just(2),
    ];
    let sequences = sequences.prop_flat_map(|count| prop::collection::vec(sequence(), count));
    let constraints = prop::collection::vec(constraint(), 0..4);
    let defaults = prop_oneof![2 => Just(JobSettings::new()), 1 => job_settings()];
    let retire_after =
        prop_oneof![3 => Just(None), 1 => (0..30_u64).prop_map(|seconds| Some(Duration::from_secs(seconds)))];
    let parts = (sequences, constraints, defaults, retire_after);
    parts.prop_map(|(sequences, constraints, defaults, retire_after)| {
        Arc::new(Policy {
            sequences,
            constraints,
            defaults,
            retire_after,
        })
    })
}

fn constraint() -> impl Strategy<Value = Constraint> {
    let rule = (0..6_u8, limits()).prop_map(|(kind, limit)| match kind {
        0 | 1 => Rule::MaxParallel(limit),
        2 => Rule::MaxParallelTotal(limit),
        3 => Rule::MinAvailable(limit),
        4 => Rule::MaxRunning(limit),
        _ => Rule::MaxFailures(limit),
    });
    (prop::collection::vec(group(), 1..=2), rule).prop_map(|(group, rule)| Constraint {
        group,
        rule,
        origin: None,
    })
}

fn sequence() -> impl Strategy<Value = Sequence> {
    let stages = prop::collection::vec(value(), 1..=3);
    let scope = prop::option::weighted(0.3, value());
    let each = prop::option::weighted(0.3, prop::sample::select(&["colo", "rack"][..]));
    let allowed = prop_oneof![3 => Just(Limit::Count(0)), 2 => limits()];
    (stages, scope, each, allowed).prop_map(|(stages, scope, each, allowed)| {
        let name = stages
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" then ");
        let mut sequence = Sequence::new(name, stages).allow_failures(allowed);
        sequence.scope = scope;
        sequence.each = each.map(|tag| tag.parse().expect("it is a tag"));
        sequence
    })
}

/// A whole dimension, or one value of it.
fn group() -> impl Strategy<Value = Selector> {
    let dimension = prop::sample::select(&["$colo", "$role", "$rack", "*"][..]).prop_map(parse);
    prop_oneof![dimension, value()]
}

/// One value of a dimension, or everything.
pub(super) fn value() -> impl Strategy<Value = Selector> {
    let values: Vec<String> = COLOS
        .iter()
        .chain(&ROLES)
        .chain(&RACKS)
        .map(|tag| format!("${tag}"))
        .collect();
    prop_oneof![
        8 => prop::sample::select(values).prop_map(|text| parse(&text)),
        1 => Just(Selector::All),
    ]
}

pub(super) fn parse(text: &str) -> Selector {
    text.parse().expect("it is a selector")
}
