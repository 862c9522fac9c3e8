//! What happens to hosts outside of jobs: marks and holds.

use pogo_core::fleet::HostName;
use pogo_core::plan::HoldOwner;
use pogo_core::scheduler::{HostEvent, HostEventKind};

use super::Oracle;
use super::groups::select;

impl Oracle {
    pub(super) fn take_of_host(&mut self, HostEvent { host, kind, .. }: &HostEvent) -> Result<(), String> {
        let named = |owner: &HoldOwner| (host.clone(), owner.clone());
        match kind {
            HostEventKind::MarkedDown { .. } => _ = self.down.insert(host.clone()),
            HostEventKind::FenceForced { .. } => self.unfenced.retain(|(unfenced, _), _| unfenced != host),
            HostEventKind::MarkedUp { .. } => {
                let mut bad = self.bad.iter().filter(|(bad, _)| bad == host);
                bad.try_for_each(|bad| self.is_fenced(bad))?;
                self.bad.retain(|(bad, _)| bad != host);
                self.down.remove(host);
            }
            HostEventKind::HoldWaiting { owner, .. } => {
                if self.held.get(host) == Some(owner) || !self.awaited.insert(named(owner)) {
                    return Err(format!("{owner} waits twice for {host}, or holds it"));
                }
            }
            HostEventKind::Held { owner, waited, .. } => {
                self.may_be_held(host)?;
                if self.awaited.remove(&named(owner)) != *waited {
                    return Err(format!("{owner} holds {host} and has waited or not"));
                }
                self.held.insert(host.clone(), owner.clone());
            }
            HostEventKind::Released { owner, by, .. } => {
                if self.held.get(host) == Some(owner) {
                    self.held.remove(host);
                } else if !self.awaited.remove(&named(owner)) {
                    return Err(format!("{by:?} releases {host} of {owner}, who does not hold it"));
                }
            }
            _ => return Err(format!("{kind:?} is new")),
        }
        Ok(())
    }

    /// Whether somebody may take this host out of service now.
    pub(super) fn may_be_held(&self, host: &HostName) -> Result<(), String> {
        let refuse = |rule: &str| Err(format!("{host} may not be held: {rule}"));
        if self.fleet.id(host.as_str()).is_none() {
            return refuse("it has left the fleet");
        }
        if self.running.contains_key(host) || self.held.contains_key(host) {
            return refuse("it runs or is held");
        }
        if self
            .freezes
            .iter()
            .any(|frozen| select(&self.fleet, frozen).contains(host))
        {
            return refuse("it is frozen");
        }
        match self.is_away(host) {
            true => Ok(()),
            false => self.has_place(host, false),
        }
    }

    /// Whether a host is unavailable.
    pub(super) fn is_away(&self, host: &HostName) -> bool {
        let is_bad = self.bad.iter().any(|(bad, _)| bad == host);
        is_bad || self.running.contains_key(host) || self.down.contains(host) || self.held.contains_key(host)
    }
}
