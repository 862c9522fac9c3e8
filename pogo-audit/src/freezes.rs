//! Hosts on which nothing may start until somebody thaws them.

use std::collections::BTreeSet;

use super::auditor::Auditor;
use super::finding::{Breach, Broken, broken};
use super::namespace::Namespace;
use pogo_core::fleet::{Fleet, HostId, Selector};

/// A freeze in force, and for each host of the fleet whether it holds it.
pub(super) struct Freeze {
    selector: Selector,
    by: String,
    holds: Vec<bool>,
}

impl Auditor {
    pub(super) fn freeze(&mut self, hosts: &Selector, by: &str) -> Result<(), Breach> {
        let freezes = &mut self.namespace.freezes;
        if freezes.iter().any(|freeze| freeze.selector == *hosts) {
            return broken(Broken::Log, format!("`{hosts}` is frozen, and was frozen already"));
        }
        freezes.push(Freeze {
            selector: hosts.clone(),
            by: by.to_owned(),
            holds: holds(&self.namespace.fleet, hosts),
        });
        Ok(())
    }

    pub(super) fn thaw(&mut self, hosts: &Selector) -> Result<(), Breach> {
        let freezes = &mut self.namespace.freezes;
        let Some(at) = freezes.iter().position(|freeze| freeze.selector == *hosts) else {
            return broken(Broken::Log, format!("`{hosts}` is thawed, and was not frozen"));
        };
        freezes.remove(at);
        Ok(())
    }
}

impl Namespace {
    /// The fleet has changed, and with it the members of groups.
    pub(super) fn freeze_anew(&mut self) {
        for freeze in &mut self.freezes {
            freeze.holds = holds(&self.fleet, &freeze.selector);
        }
    }

    pub(super) fn not_frozen(&self, host: HostId) -> Result<(), Breach> {
        match self.freezes.iter().find(|freeze| freeze.holds[host.index()]) {
            Some(Freeze { selector, by, .. }) => {
                let name = self.fleet.name(host);
                broken(
                    Broken::Frozen,
                    format!("`{name}` starts although {by} has frozen `{selector}`"),
                )
            }
            None => Ok(()),
        }
    }
}

/// Of each host whether a selector names it; a name that the fleet does not have names nobody.
fn holds(fleet: &Fleet, selector: &Selector) -> Vec<bool> {
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
            let mut named = vec![false; fleet.len()];
            super::groups::named(fleet, leaf)
                .iter()
                .for_each(|host| named[host.index()] = true);
            named
        }
    }
}
