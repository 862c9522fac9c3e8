//! Hosts on which nothing may start until somebody thaws them.

use std::collections::BTreeSet;

use super::groups::named;
use crate::finding::{Breach, BrokenRule, broken};
use pogo_core::fleet::{Fleet, HostId, Selector};

/// The freezes in force.
#[derive(Default)]
pub(crate) struct Freezes(Vec<Freeze>);

/// A freeze, and for each host of the fleet whether it is frozen by it.
struct Freeze {
    selector: Selector,
    by: String,
    holds: Vec<bool>,
}

impl Freezes {
    pub(crate) fn freeze(&mut self, fleet: &Fleet, hosts: &Selector, by: &str) -> Result<(), Breach> {
        if self.0.iter().any(|freeze| freeze.selector == *hosts) {
            return broken(BrokenRule::Log, format!("`{hosts}` is frozen, and was frozen already"));
        }
        self.0.push(Freeze {
            selector: hosts.clone(),
            by: by.to_owned(),
            holds: holds(fleet, hosts),
        });
        Ok(())
    }

    pub(crate) fn thaw(&mut self, hosts: &Selector) -> Result<(), Breach> {
        let Some(at) = self.0.iter().position(|freeze| freeze.selector == *hosts) else {
            return broken(BrokenRule::Log, format!("`{hosts}` is thawed, and was not frozen"));
        };
        self.0.remove(at);
        Ok(())
    }

    /// Resolves the selectors again, in another fleet: a freeze holds for hosts that join its group later, too.
    pub(crate) fn resolve(&mut self, fleet: &Fleet) {
        for freeze in &mut self.0 {
            freeze.holds = holds(fleet, &freeze.selector);
        }
    }

    /// Whether no freeze stops this host.
    pub(crate) fn allow_start(&self, fleet: &Fleet, host: HostId) -> Result<(), Breach> {
        match self.0.iter().find(|freeze| freeze.holds[host.index()]) {
            Some(Freeze { selector, by, .. }) => {
                let name = fleet.name(host);
                broken(
                    BrokenRule::Frozen,
                    format!("`{name}` starts although {by} has frozen `{selector}`"),
                )
            }
            None => Ok(()),
        }
    }
}

/// Of each host whether a selector names it; a name that the fleet does not have names nobody.
fn holds(fleet: &Fleet, selector: &Selector) -> Vec<bool> {
    // Not by `Fleet::resolve` as a whole, which refuses names that it does not know: a freeze
    // outlives hosts that it names.
    let both = |parts: &[Selector], start: bool, join: fn(bool, bool) -> bool| {
        parts.iter().fold(vec![start; fleet.len()], |so_far, part| {
            so_far
                .into_iter()
                .zip(holds(fleet, part))
                .map(|(one, other)| join(one, other))
                .collect()
        })
    };
    match selector {
        Selector::Hosts(range) if !range.has_wildcards() => {
            let names: BTreeSet<String> = range.expand().collect();
            fleet
                .ids()
                .map(|host| names.contains(fleet.name(host).as_str()))
                .collect()
        }
        Selector::Not(inner) => holds(fleet, inner).into_iter().map(|named| !named).collect(),
        Selector::Or(parts) => both(parts, false, |one, other| one || other),
        Selector::And(parts) => both(parts, true, |one, other| one && other),
        leaf => {
            let members = named(fleet, leaf);
            let mut holds = vec![false; fleet.len()];
            members.iter().for_each(|host| holds[host.index()] = true);
            holds
        }
    }
}
