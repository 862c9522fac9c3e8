//! Judges who holds a host, releases it, or waits for it.

use crate::finding::{Breach, BrokenRule, broken, unknown};
use crate::state::namespace::Namespace;
use pogo_core::fleet::{HostId, HostName};
use pogo_core::plan::HoldOwner;
use pogo_core::scheduler::HostEventKind;

impl Namespace {
    pub(crate) fn apply_hold_event(&mut self, host: &HostName, event: &HostEventKind) -> Result<(), Breach> {
        let holds = &mut self.holds;
        match event {
            HostEventKind::HoldWaiting { owner, .. } => {
                let holds_it = holds.in_force.get(host) == Some(owner);
                if holds_it || !holds.waiting.insert((host.clone(), owner.clone())) {
                    return broken(
                        BrokenRule::Log,
                        format!("{owner} waits for `{host}`, and held it or waited already"),
                    );
                }
                self.id(host).map(|_| ())
            }
            HostEventKind::Held { owner, waited, .. } => {
                let id = self.id(host)?;
                if self.holds.waiting.remove(&(host.clone(), owner.clone())) != *waited {
                    return broken(
                        BrokenRule::Log,
                        format!("{owner} holds `{host}`, and has waited for it or not"),
                    );
                }
                self.allow_hold(id)?;
                self.holds.in_force.insert(host.clone(), owner.clone());
                self.change(id, |host| host.held = true);
                Ok(())
            }
            HostEventKind::Released { owner, .. } => self.release(host, owner),
            _ => unknown(event),
        }
    }

    fn release(&mut self, host: &HostName, owner: &HoldOwner) -> Result<(), Breach> {
        let holds = &mut self.holds;
        if holds.in_force.get(host) == Some(owner) {
            holds.in_force.remove(host);
            // The host may have left the fleet while it was held: releasing it is then only
            // forgetting.
            if let Ok(id) = self.id(host) {
                self.change(id, |host| host.held = false);
            }
        } else if !holds.waiting.remove(&(host.clone(), owner.clone())) {
            let message = format!("`{host}` is released, and {owner} neither held it nor waited");
            return broken(BrokenRule::Log, message);
        }
        Ok(())
    }

    /// Whether this host may be held now: under the same limits as a start, but those of what runs.
    fn allow_hold(&self, id: HostId) -> Result<(), Breach> {
        let (name, host) = (self.fleet.name(id), self.host(id));
        if host.left_fleet || host.running.is_some() || host.held {
            return broken(
                BrokenRule::Held,
                format!("`{name}` is held, and it runs, has left the fleet or is held already"),
            );
        }
        if let Err((rule, message)) = self.freezes.allow_start(&self.fleet, id) {
            return broken(rule, message.replacen("starts", "is held", 1));
        }
        // A hold takes a host out of service without running anything, so limits on running hosts
        // do not apply.
        match self.limit_on_hold(id) {
            Some(message) => broken(BrokenRule::Available, message),
            None => Ok(()),
        }
    }

    /// Judges a moment when everything was decided that belongs to it: nobody waits for a host that could have been
    /// held.
    pub(crate) fn check_waiting_holds(&self) -> Result<(), Breach> {
        for (host, owner) in &self.holds.waiting {
            if self.id(host).is_ok_and(|id| self.allow_hold(id).is_ok()) {
                let message = format!("{owner} could have held `{host}`, and waits");
                return broken(BrokenRule::Idle, message);
            }
        }
        Ok(())
    }
}
