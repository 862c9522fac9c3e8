//! Whether somebody may do something, asked apart from any request.

use std::sync::Arc;

use pogo_core::fleet::{Fleet, ResolveError, Selector};
use pogo_core::plan::JobSpec;
use pogo_core::policy::Origin;
use pogo_core::scheduler::Actor;

use super::{Grants, HostScope, Uncovered, Verb};
use crate::Identity;

/// Whether somebody may do something: for tests of grants, and for people who want to know.
///
/// ```
/// use pogo_web::{Decision, Grant, Grants, AccessQuestion, Verb, Who};
///
/// let grants = Grants::new().grant(Grant::new([Who::Anybody], [Verb::Run]).targets("$db".parse()?));
/// let question = AccessQuestion::new("alice", Verb::Run).on("$db.east".parse()?);
/// assert!(matches!(grants.decide(&question, None), Decision::Allowed { .. }));
/// assert!(matches!(grants.decide(&AccessQuestion::new("alice", Verb::View), None), Decision::NoGrant));
/// # Ok::<(), pogo_core::fleet::SelectorError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AccessQuestion {
    /// Who.
    pub name: Arc<str>,
    /// In which groups, besides those of the grants.
    pub groups: Vec<Arc<str>>,
    /// What.
    pub verb: Verb,
    /// In which namespace.
    pub namespace: String,
    /// On which hosts; by default on all.
    pub on: Option<Selector>,
    /// By which recipe; by default with any command.
    pub recipe: Option<Arc<str>>,
}

/// What grants say to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// It is allowed.
    Allowed {
        /// Where grants that have a part in it were written.
        by: Vec<Origin>,
    },
    /// No grant has this for them, in this namespace and by this recipe.
    NoGrant,
    /// Grants have it for them, and not on all of these hosts.
    NotOnHosts(Uncovered),
    /// Grants have it for them on some hosts, and whether those that are asked for are among them is not told by their
    /// names alone.
    NeedsFleet,
    /// The fleet does not have the hosts that are asked for.
    UnknownHosts(ResolveError),
    /// There is no such recipe.
    UnknownRecipe,
}

impl AccessQuestion {
    /// Whether somebody of this name may do this in the namespace `default`, on all hosts and with any command.
    pub fn new(name: impl Into<Arc<str>>, verb: Verb) -> Self {
        Self {
            name: name.into(),
            groups: Vec::new(),
            verb,
            namespace: "default".to_owned(),
            on: None,
            recipe: None,
        }
    }

    /// Asks of somebody who is in these groups.
    #[must_use]
    pub fn in_groups(mut self, groups: impl IntoIterator<Item = impl Into<Arc<str>>>) -> Self {
        self.groups = groups.into_iter().map(Into::into).collect();
        self
    }

    /// Asks of this namespace.
    #[must_use]
    pub fn namespace(mut self, name: impl Into<String>) -> Self {
        self.namespace = name.into();
        self
    }

    /// Asks of these hosts.
    #[must_use]
    pub fn on(mut self, hosts: Selector) -> Self {
        self.on = Some(hosts);
        self
    }

    /// Asks of this recipe.
    #[must_use]
    pub fn recipe(mut self, name: impl Into<Arc<str>>) -> Self {
        self.recipe = Some(name.into());
        self
    }

    /// Who asks.
    pub fn identity(&self) -> Identity {
        Identity::new(Actor::new(Arc::clone(&self.name))).in_groups(self.groups.iter().cloned())
    }
}

impl Grants {
    /// What the grants say to a question. Without a fleet it is answered from the words of selectors alone, as far as
    /// that goes.
    pub fn decide(&self, question: &AccessQuestion, fleet: Option<&Fleet>) -> Decision {
        let identity = question.identity();
        let hosts = question.on.clone().unwrap_or(Selector::All);
        let job = match &question.recipe {
            None => None,
            Some(name) => match self.recipes().find(|recipe| recipe.name == *name) {
                None => return Decision::UnknownRecipe,
                Some(recipe) => Some(recipe.job(hosts.clone())),
            },
        };
        let Some(scope) = self.scope(&identity, question.verb, &question.namespace, job.as_ref()) else {
            return Decision::NoGrant;
        };
        match self.reaches(&scope, &hosts, fleet) {
            None => Decision::Allowed {
                by: self.origins(&identity, question, job.as_ref()),
            },
            Some(refused) => refused,
        }
    }

    /// Why a scope does not reach these hosts; `None` if it does.
    fn reaches(&self, scope: &HostScope, hosts: &Selector, fleet: Option<&Fleet>) -> Option<Decision> {
        if scope.includes(hosts) {
            return None;
        }
        let Some(fleet) = fleet else {
            return Some(Decision::NeedsFleet);
        };
        match fleet.resolve(hosts) {
            Err(error) => Some(Decision::UnknownHosts(error)),
            Ok(found) => {
                let names = found.iter().map(|&host| fleet.name(host));
                scope.check(fleet, names).err().map(Decision::NotOnHosts)
            }
        }
    }

    fn origins(&self, identity: &Identity, question: &AccessQuestion, job: Option<&JobSpec>) -> Vec<Origin> {
        let applying = self.applying(identity, question.verb, Some(&question.namespace));
        let applying = applying.filter(|grant| self.takes(grant, job));
        applying.filter_map(|grant| grant.origin.clone()).collect()
    }
}
