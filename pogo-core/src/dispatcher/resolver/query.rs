//! Queries to external resolvers.

use std::collections::BTreeMap;
use std::fmt;

use crate::fleet::Selector;
use crate::plan::JobSpec;
use crate::policy::{Origin, Policy};

/// One `$resolver(args)`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResolverQuery {
    /// The resolver's name.
    pub resolver: String,
    /// The arguments.
    pub args: String,
    /// Its first position, if known.
    pub origin: Option<Origin>,
}

impl fmt::Display for ResolverQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}({})", self.resolver, self.args)
    }
}

/// The distinct queries of policies and targets to external resolvers.
///
/// ```
/// use pogo_core::dispatcher::ResolverQueries;
/// use pogo_core::policy::{Constraint, Policy, Rule};
///
/// let limit = Constraint::new("$rolesdb(mysql)".parse()?, Rule::MaxParallel("1".parse()?));
/// let policy = Policy::new().constraint(limit);
/// let queries = ResolverQueries::of(&policy).and(&"$rolesdb(mysql) & $rack(r7)".parse()?);
/// let written: Vec<String> = queries.iter().map(|query| query.to_string()).collect();
/// assert_eq!(written, ["$rack(r7)", "$rolesdb(mysql)"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResolverQueries(BTreeMap<String, BTreeMap<String, Option<Origin>>>);

impl ResolverQueries {
    /// The queries of a policy's sequences and constraints.
    pub fn of(policy: &Policy) -> Self {
        let mut queries = Self::default();
        for (selector, origin) in policy.selectors() {
            queries.add(selector, origin);
        }
        queries
    }

    /// Adds the queries of targets.
    pub fn and(mut self, targets: &Selector) -> Self {
        self.add(targets, None);
        self
    }

    /// Adds the queries of a job: its targets, and the hosts of its expected times.
    pub fn and_job(mut self, spec: &JobSpec) -> Self {
        self.add(&spec.targets, None);
        spec.expected
            .iter()
            .for_each(|expected| self.add(&expected.hosts, None));
        self
    }

    /// Whether there are no queries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every query, sorted by resolver.
    pub fn iter(&self) -> impl Iterator<Item = ResolverQuery> {
        self.by_resolver().flat_map(|(_, queries)| queries)
    }

    /// The queries of each resolver.
    pub(super) fn by_resolver(&self) -> impl Iterator<Item = (&str, Vec<ResolverQuery>)> {
        self.0.iter().map(|(resolver, origins)| {
            let query = |(args, origin): (&String, &Option<Origin>)| ResolverQuery {
                resolver: resolver.clone(),
                args: args.clone(),
                origin: origin.clone(),
            };
            (resolver.as_str(), origins.iter().map(query).collect())
        })
    }

    fn add(&mut self, selector: &Selector, origin: Option<&Origin>) {
        for (resolver, args) in selector.externals() {
            let origins = self.0.entry(resolver.to_owned()).or_default();
            let first = origins.entry(args.to_owned()).or_default();
            // The first position: an error names one line, and the first is where the reader looks.
            *first = first.take().or_else(|| origin.cloned());
        }
    }
}
