//! Which hosts a rule refers to, worked out host by host.

use std::collections::{BTreeMap, BTreeSet};

use pogo_core::fleet::{Fleet, HostName, Selector};
use pogo_core::policy::{Limit, Policy, Rule, Sequence};

pub(crate) type Group = BTreeSet<HostName>;

/// What a policy says of a fleet, worked out once: each start asks for all of it.
#[derive(Default)]
pub(super) struct Rules {
    pub(super) buckets: Vec<(Group, Rule)>,
    pub(super) budgets: Vec<(Group, Limit)>,
    pub(super) sequences: Vec<Stages>,
}

/// The hosts of a sequence.
pub(super) struct Stages {
    pub(super) scope: Option<Group>,
    /// The hosts of each repetition of it.
    pub(super) repeats: Vec<Group>,
    pub(super) stages: Vec<Group>,
    pub(super) allow_failures: Limit,
}

impl Rules {
    pub(super) fn of(fleet: &Fleet, policy: &Policy) -> Self {
        let stages = |sequence: &Sequence| Stages {
            scope: sequence.scope.as_ref().map(|scope| select(fleet, scope)),
            repeats: match &sequence.each {
                None => vec![select(fleet, &Selector::All)],
                Some(tag) => values(fleet, &Selector::Tag(tag.clone())),
            },
            stages: sequence
                .stages
                .iter()
                .map(|stage| select(fleet, &stage.selector))
                .collect(),
            allow_failures: sequence.allow_failures,
        };
        Self {
            buckets: buckets(fleet, policy),
            budgets: budgets(fleet, policy),
            sequences: policy.sequences.iter().map(stages).collect(),
        }
    }
}

pub(crate) fn size(len: usize) -> u32 {
    u32::try_from(len).unwrap()
}

pub(crate) fn select(fleet: &Fleet, selector: &Selector) -> Group {
    let hosts = fleet.resolve(selector).unwrap();
    hosts.into_iter().map(|host| fleet.name(host).clone()).collect()
}

/// Of a bare tag, the hosts of each direct value and those that carry the tag itself; else all that the selector names.
fn values(fleet: &Fleet, selector: &Selector) -> Vec<Group> {
    let Selector::Tag(path) = selector else {
        return vec![select(fleet, selector)];
    };
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for host in fleet.ids() {
        for tag in fleet
            .tags_of(host)
            .map(|tag| fleet.tag_path(tag))
            .filter(|tag| tag.is_within(path))
        {
            let below = tag.as_str()[path.as_str().len()..].trim_start_matches('.');
            let value = below.split('.').next().unwrap_or_default().to_owned();
            groups.entry(value).or_default().insert(fleet.name(host).clone());
        }
    }
    groups.into_values().collect()
}

/// Every group of a constraint with its rule.
fn groups(fleet: &Fleet, policy: &Policy) -> Vec<(Group, Rule)> {
    let mut all = Vec::new();
    for constraint in &policy.constraints {
        let mut groups = vec![select(fleet, &Selector::All)];
        for (depth, selector) in (1..).zip(&constraint.group) {
            let whole = matches!(constraint.rule, Rule::MaxParallelTotal(_)) && depth == constraint.group.len();
            let inner = if whole {
                vec![select(fleet, selector)]
            } else {
                values(fleet, selector)
            };
            groups = groups
                .iter()
                .flat_map(|outer| inner.iter().map(move |inner| outer & inner))
                .filter(|group| !group.is_empty())
                .collect();
        }
        all.extend(groups.into_iter().map(|group| (group, constraint.rule)));
    }
    all
}

fn buckets(fleet: &Fleet, policy: &Policy) -> Vec<(Group, Rule)> {
    let mut all = groups(fleet, policy);
    all.retain(|(_, rule)| !matches!(rule, Rule::MaxFailures(_)));
    all
}

fn budgets(fleet: &Fleet, policy: &Policy) -> Vec<(Group, Limit)> {
    let all = groups(fleet, policy).into_iter();
    all.filter_map(|(group, rule)| match rule {
        Rule::MaxFailures(limit) => Some((group, limit)),
        _ => None,
    })
    .collect()
}
