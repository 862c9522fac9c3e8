//! What the grants allow somebody.

use std::sync::Arc;

use pogo_core::plan::JobSpec;

use super::{Grant, Grants, HostScope, Verb};
use crate::Identity;

impl Grants {
    /// Whether somebody may do this, on some hosts or by some recipe at least, in a namespace or in any.
    pub fn allow(&self, identity: &Identity, verb: Verb, namespace: Option<&str>) -> bool {
        self.applying(identity, verb, namespace).next().is_some()
    }

    /// The grants by which somebody may do this, each on its hosts and by its recipes.
    pub fn applying(&self, identity: &Identity, verb: Verb, namespace: Option<&str>) -> impl Iterator<Item = &Grant> {
        let groups = self.groups_of(identity);
        let name = Arc::clone(&identity.actor.name);
        let namespace = namespace.map(str::to_owned);
        self.grants.iter().filter(move |grant| {
            let is_meant = grant.who.iter().any(|who| who.is(&name, &groups));
            is_meant && grant.has(verb, namespace.as_deref())
        })
    }

    /// On which hosts somebody may do this, with a job that is described here. Grants for recipes have no part in it
    /// where it is not, or where the job is of none of them. `None` if nothing allows it.
    pub fn scope(&self, identity: &Identity, verb: Verb, namespace: &str, job: Option<&JobSpec>) -> Option<HostScope> {
        let mut targets = Vec::new();
        let mut is_unlimited = false;
        for grant in self.applying(identity, verb, Some(namespace)) {
            if !self.takes(grant, job) {
                continue;
            }
            match &grant.targets {
                Some(hosts) => targets.push(hosts.clone()),
                None => is_unlimited = true,
            }
        }
        match (is_unlimited, targets.is_empty()) {
            (true, _) => Some(HostScope::All),
            (false, true) => None,
            (false, false) => Some(HostScope::Of(targets)),
        }
    }

    fn groups_of(&self, identity: &Identity) -> Vec<Arc<str>> {
        let written = self.members.iter();
        let written = written.filter(|(_, members)| members.contains(&identity.actor.name));
        let written = written.map(|(group, _)| Arc::clone(group));
        identity.groups.iter().cloned().chain(written).collect()
    }
}
