//! The groups of each host, computed host by host: the scheduler computes them tag by tag.

use std::collections::BTreeMap;

use pogo_core::fleet::{Fleet, HostId, Selector};
use pogo_core::policy::{Constraint, Rule};

/// The groups of one rule, and for each host which of them it is in.
pub(crate) struct Groups {
    pub(crate) labels: Vec<String>,
    pub(crate) of_host: Vec<Vec<u32>>,
}

/// Each host's values of one selector: of a bare tag, the direct values it carries; else the selector, if it names the
/// host.
pub(crate) fn values(fleet: &Fleet, selector: &Selector, whole: bool) -> Vec<Vec<String>> {
    let mut of_host = vec![vec![]; fleet.len()];
    match selector {
        Selector::Tag(path) if !whole => {
            for host in fleet.ids() {
                let carried = fleet.tags_of(host).map(|tag| fleet.tag_path(tag));
                for tag in carried.filter(|tag| tag.is_within(path)) {
                    // In bounds and at a character's boundary: `is_within` says that the path is a
                    // prefix.
                    let below = tag.as_str()[path.as_str().len()..].trim_start_matches('.');
                    let label = match below.split('.').next().filter(|value| !value.is_empty()) {
                        Some(value) => format!("${path}.{value}"),
                        None => format!("${path}"),
                    };
                    // A host may carry two tags below one value, and counts once.
                    if !of_host[host.index()].contains(&label) {
                        of_host[host.index()].push(label);
                    }
                }
            }
        }
        other => {
            for host in named(fleet, other) {
                of_host[host.index()].push(other.to_string());
            }
        }
    }
    of_host
}

/// The hosts that a selector names; what does not resolve names none.
pub(crate) fn named(fleet: &Fleet, selector: &Selector) -> Vec<HostId> {
    fleet.resolve(selector).unwrap_or_default()
}

impl Groups {
    /// Every combination of values along the path of a constraint.
    pub(crate) fn of(fleet: &Fleet, constraint: &Constraint) -> Self {
        // A total limit takes what its last selector names for one group: all its values share the
        // slots.
        let total = matches!(constraint.rule, Rule::MaxParallelTotal(_));
        let mut labels: Vec<Vec<String>> = vec![vec![String::new()]; fleet.len()];
        for (depth, selector) in (1..).zip(&constraint.group) {
            let level = values(fleet, selector, total && depth == constraint.group.len());
            for (labels, values) in labels.iter_mut().zip(&level) {
                let joined = labels
                    .iter()
                    .flat_map(|outer| values.iter().map(move |value| join(outer, value)));
                *labels = joined.collect();
            }
        }
        let mut known: BTreeMap<String, u32> = BTreeMap::new();
        let mut all = Vec::new();
        let mut number = |label: String| {
            *known.entry(label.clone()).or_insert_with(|| {
                all.push(label);
                u32::try_from(all.len() - 1).unwrap_or(u32::MAX)
            })
        };
        let of_host = labels
            .into_iter()
            .map(|labels| labels.into_iter().map(&mut number).collect())
            .collect();
        Self { labels: all, of_host }
    }
}

fn join(outer: &str, inner: &str) -> String {
    if outer.is_empty() {
        inner.to_owned()
    } else {
        format!("{outer} & {inner}")
    }
}
