//! Freezes: groups of hosts on which nothing starts.

use std::fmt;

use fixedbitset::FixedBitSet;
use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::fleet::{Fleet, HostId, ResolveError, Selector};

/// An order to start nothing more on some hosts, in any job. Displays who ordered it, when and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Freeze {
    /// The hosts as a selector: hosts that match it later are frozen too.
    pub hosts: Selector,
    /// Who ordered it; empty where that is not known.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Since when it holds.
    pub since: Timestamp,
}

impl Freeze {
    /// A freeze of these hosts, ordered by somebody for a reason, that has held since then.
    pub fn new(hosts: Selector, by: impl Into<String>, reason: impl Into<String>, since: Timestamp) -> Self {
        Self {
            hosts,
            by: by.into(),
            reason: reason.into(),
            since,
        }
    }
}

impl fmt::Display for Freeze {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.by.is_empty() {
            write!(f, "by {} ", self.by)?;
        }
        write!(f, "since {}", self.since)?;
        match self.reason.as_str() {
            "" => Ok(()),
            reason => write!(f, " ({reason})"),
        }
    }
}

/// All freezes in force, in the order in which they were ordered.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Freezes {
    freezes: Vec<(Freeze, FixedBitSet)>,
    /// Hosts that any of them names. Empty without freezes, so that lookups are cheap.
    frozen: FixedBitSet,
}

impl Freezes {
    pub(crate) fn is_frozen(&self, host: HostId) -> bool {
        self.frozen.contains(host.index())
    }

    /// The freezes that hold this host.
    pub(crate) fn of(&self, host: HostId) -> impl Iterator<Item = &Freeze> {
        let of_host = self
            .freezes
            .iter()
            .filter(move |(_, hosts)| hosts.contains(host.index()));
        of_host.map(|(freeze, _)| freeze)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Freeze> {
        self.freezes.iter().map(|(freeze, _)| freeze)
    }

    /// The freeze that was ordered with this selector.
    pub(crate) fn get(&self, hosts: &Selector) -> Option<&Freeze> {
        self.iter().find(|freeze| freeze.hosts == *hosts)
    }

    pub(in crate::scheduler) fn add(&mut self, fleet: &Fleet, freeze: Freeze) -> Result<(), ResolveError> {
        let hosts = members(fleet, &freeze.hosts)?;
        self.frozen.grow(fleet.len());
        self.frozen.union_with(&hosts);
        self.freezes.push((freeze, hosts));
        Ok(())
    }

    pub(in crate::scheduler) fn remove(&mut self, hosts: &Selector) {
        self.freezes.retain(|(freeze, _)| freeze.hosts != *hosts);
        self.frozen = FixedBitSet::new();
        for (_, hosts) in &self.freezes {
            self.frozen.union_with(hosts);
        }
    }

    /// The freezes resolved in another fleet; or the first one that names something the fleet does not have.
    pub(in crate::scheduler) fn moved(&self, fleet: &Fleet) -> Result<Self, Box<(Freeze, ResolveError)>> {
        let mut moved = Self::default();
        for freeze in self.iter() {
            moved
                .add(fleet, freeze.clone())
                .map_err(|error| Box::new((freeze.clone(), error)))?;
        }
        Ok(moved)
    }
}

/// The hosts of a selector. A named host that has left the fleet is skipped: the others stay frozen.
fn members(fleet: &Fleet, selector: &Selector) -> Result<FixedBitSet, ResolveError> {
    let mut hosts = FixedBitSet::with_capacity(fleet.len());
    match selector {
        Selector::Hosts(range) if !range.has_wildcards() => {
            let known = range.expand().filter_map(|name| fleet.id(&name));
            known.for_each(|host| hosts.insert(host.index()));
        }
        Selector::Not(inner) => {
            hosts = members(fleet, inner)?;
            hosts.toggle_range(..);
        }
        Selector::Or(parts) => {
            for part in parts {
                hosts.union_with(&members(fleet, part)?);
            }
        }
        Selector::And(parts) => {
            hosts.insert_range(..);
            for part in parts {
                hosts.intersect_with(&members(fleet, part)?);
            }
        }
        leaf => {
            let named = fleet.resolve(leaf)?;
            named.iter().for_each(|host| hosts.insert(host.index()));
        }
    }
    Ok(hosts)
}
