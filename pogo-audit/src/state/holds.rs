//! Hosts that somebody holds outside of any job, and those that somebody waits to hold.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Breach, BrokenRule, broken};
use pogo_core::fleet::HostName;
use pogo_core::plan::HoldOwner;

/// All holds, by the names of their hosts: who leaves the fleet and comes back is held as before.
#[derive(Default)]
pub(crate) struct Holds {
    pub(crate) in_force: BTreeMap<HostName, HoldOwner>,
    pub(crate) waiting: BTreeSet<(HostName, HoldOwner)>,
}

impl Holds {
    pub(crate) fn is_held(&self, host: &HostName) -> bool {
        self.in_force.contains_key(host)
    }

    /// Refuses the start of a job under this hold, if any, on a host that somebody else holds.
    pub(crate) fn allow_start(&self, under: Option<&HoldOwner>, host: &HostName) -> Result<(), Breach> {
        match self.in_force.get(host).filter(|&owner| under != Some(owner)) {
            Some(owner) => broken(BrokenRule::Held, format!("`{host}` starts although {owner} holds it")),
            None => Ok(()),
        }
    }
}
