//! One grant.

use std::collections::BTreeSet;
use std::sync::Arc;

use pogo_core::fleet::{Selector, matches_pattern};
use pogo_core::policy::Origin;

use super::{Verb, Who};

/// *Who* may do *what*, in which namespaces, on which hosts, by which recipes: all of it at once. What is left out is
/// not limited.
///
/// ```
/// use pogo_web::{Grant, Verb, Who};
///
/// let grant = Grant::new([Who::Group("dba".into())], [Verb::Run, Verb::SteerOwn])
///     .namespaces(["prod-*"])
///     .targets("$db".parse()?);
/// # Ok::<(), pogo_core::fleet::SelectorError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Grant {
    /// Whom it is for: any of these.
    pub who: Vec<Who>,
    /// What they may do.
    pub verbs: BTreeSet<Verb>,
    /// The namespaces, in which `*` and `?` are wildcards; all if there are none.
    pub namespaces: Vec<String>,
    /// The hosts; all by default. It then has no verb that is [of a namespace](Verb::is_of_namespace).
    pub targets: Option<Selector>,
    /// The names of recipes; any command by default. It then has no verb that is [of a
    /// namespace](Verb::is_of_namespace).
    pub recipes: Option<Vec<Arc<str>>>,
    /// Where it was written.
    pub origin: Option<Origin>,
}

impl Grant {
    /// Lets them do this everywhere.
    pub fn new(who: impl IntoIterator<Item = Who>, verbs: impl IntoIterator<Item = Verb>) -> Self {
        Self {
            who: who.into_iter().collect(),
            verbs: verbs.into_iter().collect(),
            namespaces: Vec::new(),
            targets: None,
            recipes: None,
            origin: None,
        }
    }

    /// Limits it to these namespaces.
    #[must_use]
    pub fn namespaces(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.namespaces = names.into_iter().map(Into::into).collect();
        self
    }

    /// Limits it to these hosts. What an external resolver answers is no host of it.
    #[must_use]
    pub fn targets(mut self, hosts: Selector) -> Self {
        self.targets = Some(hosts);
        self
    }

    /// Limits it to jobs of these recipes.
    #[must_use]
    pub fn recipes(mut self, names: impl IntoIterator<Item = impl Into<Arc<str>>>) -> Self {
        self.recipes = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// Says where it was written.
    #[must_use]
    pub fn at(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self
    }

    /// Whether it lets somebody do this in a namespace, on some hosts at least.
    pub(super) fn has(&self, verb: Verb, namespace: Option<&str>) -> bool {
        let granted = self.verbs.iter().any(|granted| granted.includes(verb));
        granted && !(verb.is_of_namespace() && self.is_limited()) && namespace.is_none_or(|name| self.is_in(name))
    }

    /// Whether it is limited to hosts or recipes.
    pub(super) fn is_limited(&self) -> bool {
        self.targets.is_some() || self.recipes.is_some()
    }

    fn is_in(&self, namespace: &str) -> bool {
        let mut names = self.namespaces.iter();
        self.namespaces.is_empty() || names.any(|pattern| matches_pattern(pattern, namespace))
    }
}
