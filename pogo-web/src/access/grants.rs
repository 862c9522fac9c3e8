//! All grants of a server.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use pogo_core::plan::JobSpec;

use super::{Grant, Recipe};

/// All grants of a server: what none of them allows is refused.
///
/// ```
/// use pogo_core::scheduler::Actor;
/// use pogo_web::{Grant, Grants, Identity, Verb, Who};
///
/// let grants = Grants::new()
///     .member("dba", "alice")
///     .grant(Grant::new([Who::Group("dba".into())], [Verb::Run]).namespaces(["prod"]));
/// let alice = Identity::new(Actor::new("alice"));
/// assert!(grants.allow(&alice, Verb::Run, Some("prod")));
/// assert!(!grants.allow(&alice, Verb::Run, Some("test")));
/// assert!(!grants.allow(&alice, Verb::View, Some("prod")));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    pub(super) grants: Vec<Grant>,
    pub(super) members: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
    recipes: BTreeMap<Arc<str>, Recipe>,
    trusts_scopes: bool,
}

impl Grants {
    /// Nothing is granted: only the [owner](crate::Identity::as_owner) may do anything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Grants of a server that nobody has written any for: its owner may do everything, and whoever comes with a
    /// [scope](crate::Identity::with_scope), such as that of a token, what the scope says. It is the owner who gave it.
    pub fn of_owner() -> Self {
        Self {
            trusts_scopes: true,
            ..Self::default()
        }
    }

    /// Adds a grant.
    #[must_use]
    pub fn grant(mut self, grant: Grant) -> Self {
        self.grants.push(grant);
        self
    }

    /// Puts somebody of this name into a group, besides those groups that their login says.
    #[must_use]
    pub fn member(mut self, group: impl Into<Arc<str>>, name: impl Into<Arc<str>>) -> Self {
        self.members.entry(group.into()).or_default().insert(name.into());
        self
    }

    /// Adds a recipe, in place of the one of its name.
    #[must_use]
    pub fn recipe(mut self, recipe: Recipe) -> Self {
        self.recipes.insert(Arc::clone(&recipe.name), recipe);
        self
    }

    /// The recipes.
    pub fn recipes(&self) -> impl Iterator<Item = &Recipe> {
        self.recipes.values()
    }

    /// The grants, in order.
    pub fn grants(&self) -> &[Grant] {
        &self.grants
    }

    pub(super) fn takes(&self, grant: &Grant, job: Option<&JobSpec>) -> bool {
        let Some(names) = &grant.recipes else { return true };
        let mut recipes = names.iter().filter_map(|name| self.recipes.get(name));
        job.is_some_and(|job| recipes.any(|recipe| recipe.is_of(job)))
    }

    pub(super) fn trusts_scopes(&self) -> bool {
        self.trusts_scopes
    }
}

/// Grants that may be replaced while they are in use. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct SharedGrants(Arc<RwLock<Arc<Grants>>>);

impl SharedGrants {
    /// These, until others take their place.
    pub fn new(grants: Grants) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(grants))))
    }

    /// Puts others in their place. Requests that come from now on are held against them; streams that are open go on.
    pub fn replace(&self, grants: Grants) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(grants);
    }

    /// Those in force.
    pub fn get(&self) -> Arc<Grants> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl From<Grants> for SharedGrants {
    fn from(grants: Grants) -> Self {
        Self::new(grants)
    }
}
