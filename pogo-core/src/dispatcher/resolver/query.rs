//! What external resolvers are asked.

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
    /// What it is asked.
    pub args: String,
    /// Where it is written first, if that is known.
    pub origin: Option<Origin>,
}

impl fmt::Display for ResolverQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}({})", self.resolver, self.args)
    }
}

/// What policies and targets ask of external resolvers, each query once.
///
/// ```
/// use pogo_core::dispatcher::ResolverQueries;
/// use pogo_core::policy::{Constraint, Policy, Rule};
///
/// let limit = Constraint::new("$rolesdb(mysql)".parse()?, Rule::MaxParallel("1".parse()?));
/// let policy = Policy::new().constraint(limit);
/// let questions = ResolverQueries::of(&policy).and(&"$rolesdb(mysql) & $rack(r7)".parse()?);
/// let written: Vec<String> = questions.iter().map(|question| question.to_string()).collect();
/// assert_eq!(written, ["$rack(r7)", "$rolesdb(mysql)"]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResolverQueries(BTreeMap<String, BTreeMap<String, Option<Origin>>>);

impl ResolverQueries {
    /// Everything that the policy's sequences and constraints ask.
    pub fn of(policy: &Policy) -> Self {
        let mut questions = Self::default();
        for (selector, origin) in policy.selectors() {
            questions.add(selector, origin);
        }
        questions
    }

    /// Adds what a job's targets ask.
    pub fn and(mut self, targets: &Selector) -> Self {
        self.add(targets, None);
        self
    }

    /// Adds what a job asks: its targets, and the hosts of which it says how long they take.
    pub fn and_job(mut self, spec: &JobSpec) -> Self {
        self.add(&spec.targets, None);
        spec.expected
            .iter()
            .for_each(|expected| self.add(&expected.hosts, None));
        self
    }

    /// Whether there is nothing to ask.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every query, sorted by resolver.
    pub fn iter(&self) -> impl Iterator<Item = ResolverQuery> {
        self.0.iter().flat_map(|(resolver, asked)| {
            asked.iter().map(|(args, origin)| ResolverQuery {
                resolver: resolver.clone(),
                args: args.clone(),
                origin: origin.clone(),
            })
        })
    }

    /// What each resolver is asked.
    pub(super) fn by_resolver(&self) -> impl Iterator<Item = (&str, Vec<ResolverQuery>)> {
        self.0.iter().map(|(resolver, asked)| {
            let question = |(args, origin): (&String, &Option<Origin>)| ResolverQuery {
                resolver: resolver.clone(),
                args: args.clone(),
                origin: origin.clone(),
            };
            (resolver.as_str(), asked.iter().map(question).collect())
        })
    }

    fn add(&mut self, selector: &Selector, origin: Option<&Origin>) {
        for (resolver, args) in selector.externals() {
            let asked = self.0.entry(resolver.to_owned()).or_default();
            let place = asked.entry(args.to_owned()).or_default();
            *place = place.take().or_else(|| origin.cloned());
        }
    }
}
