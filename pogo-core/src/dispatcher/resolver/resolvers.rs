//! The resolvers of a program.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::{Either, join_all, select};

use super::cache::Cache;
use super::{
    ResolverError, ResolverFailure, ResolverFailureReason, ResolverQueries, ResolverQuery, ResolversError, TagResolver,
};
use crate::dispatcher::{Clock, SystemClock};
use crate::fleet::{FleetBuilder, HostName, near};

/// External tag resolvers by name.
///
/// All resolvers are queried concurrently, each once for all its queries. An answer is reused
/// for [`lifetime`](Self::lifetime), and never longer, even if the resolver is down.
///
/// ```
/// use std::sync::Arc;
/// use async_trait::async_trait;
/// use pogo_core::dispatcher::{ResolverQueries, ResolverError, Resolvers, TagResolver};
/// use pogo_core::fleet::{Fleet, HostName};
///
/// struct Roles;
///
/// #[async_trait]
/// impl TagResolver for Roles {
///     async fn resolve(&self, queries: &[String]) -> Result<Vec<Vec<HostName>>, ResolverError> {
///         Ok(queries.iter().map(|role| vec![format!("{role}1").parse().unwrap()]).collect())
///     }
/// }
///
/// # futures::executor::block_on(async {
/// let targets = "$rolesdb(mysql)".parse()?;
/// let resolvers = Resolvers::new().with("rolesdb", Arc::new(Roles));
/// let fleet = resolvers.answer(&ResolverQueries::default().and(&targets), Fleet::builder()).await?.build()?;
/// assert_eq!(fleet.name(fleet.resolve(&targets)?[0]).as_str(), "mysql1");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub struct Resolvers {
    resolvers: BTreeMap<String, Arc<dyn TagResolver>>,
    clock: Arc<dyn Clock>,
    time_limit: Duration,
    lifetime: Duration,
    cache: Mutex<Cache>,
}

impl Resolvers {
    /// Default time limit of a resolver.
    pub const TIME_LIMIT: Duration = Duration::from_secs(10);
    /// Default lifetime of an answer.
    pub const LIFETIME: Duration = Duration::from_secs(60);

    /// Creates an empty set of resolvers.
    pub fn new() -> Self {
        Self {
            resolvers: BTreeMap::new(),
            clock: Arc::new(SystemClock),
            time_limit: Self::TIME_LIMIT,
            lifetime: Self::LIFETIME,
            cache: Mutex::default(),
        }
    }

    /// Adds a resolver for `$name(…)`, replacing an earlier one with this name.
    pub fn with(mut self, name: impl Into<String>, resolver: Arc<dyn TagResolver>) -> Self {
        self.resolvers.insert(name.into(), resolver);
        self
    }

    /// Sets the time limit of each resolver, [`TIME_LIMIT`](Self::TIME_LIMIT) by default.
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// Sets for how long an answer is used, [`LIFETIME`](Self::LIFETIME) by default. Zero asks every time.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Sets the clock. Default: the [`SystemClock`].
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Adds the answers to all queries to a fleet. Hosts that the fleet does not have are added to it.
    ///
    /// # Errors
    /// Every query that failed. The other answers are cached for the next call.
    pub async fn answer(
        &self,
        queries: &ResolverQueries,
        mut fleet: FleetBuilder,
    ) -> Result<FleetBuilder, ResolversError> {
        let batches = queries.by_resolver().map(|(name, asked)| self.batch(name, asked));
        let mut failures = Vec::new();
        // At once, so that the slowest resolver sets the time and not the sum of all.
        for answered in join_all(batches).await {
            match answered {
                Ok(answers) => {
                    for (query, hosts) in answers {
                        fleet = fleet.external(&query.resolver, &query.args, &hosts);
                    }
                }
                Err(failed) => failures.extend(failed),
            }
        }
        if failures.is_empty() {
            Ok(fleet)
        } else {
            Err(ResolversError { failures })
        }
    }

    /// The answers of one resolver: cached ones, and the rest with one call.
    async fn batch(
        &self,
        name: &str,
        asked: Vec<ResolverQuery>,
    ) -> Result<Vec<(ResolverQuery, Vec<HostName>)>, Vec<ResolverFailure>> {
        let Some(resolver) = self.resolvers.get(name) else {
            let near = near(name, self.resolvers.keys().map(String::as_str));
            return Err(because(asked, &ResolverFailureReason::NoResolver { near }));
        };
        let (mut answers, asked) = self.remembered(asked);
        if asked.is_empty() {
            return Ok(answers);
        }
        let texts: Vec<String> = asked.iter().map(|query| query.args.clone()).collect();
        let late = self.clock.sleep_until(self.clock.now() + self.time_limit);
        let answered = match select(resolver.resolve(&texts), late).await {
            Either::Left((answered, _)) => answered,
            Either::Right(((), _)) => {
                let limit = self.time_limit;
                return Err(because(asked, &ResolverFailureReason::TimedOut { limit }));
            }
        };
        let lists = answered.map_err(|error| failed(&asked, error))?;
        // A list too few would give each query behind it the hosts of its neighbour.
        if lists.len() != asked.len() {
            let (given, wanted) = (lists.len(), asked.len());
            return Err(because(
                asked,
                &ResolverFailureReason::Miscounted { given, asked: wanted },
            ));
        }
        // Only whole answers are kept: a failure is asked again at the next call.
        self.remember(&asked, &lists);
        answers.extend(asked.into_iter().zip(lists));
        Ok(answers)
    }

    fn remembered(&self, asked: Vec<ResolverQuery>) -> (Vec<(ResolverQuery, Vec<HostName>)>, Vec<ResolverQuery>) {
        let now = self.clock.now();
        let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut known, mut open) = (Vec::new(), Vec::new());
        for query in asked {
            match cache.get(now, self.lifetime, &query.resolver, &query.args) {
                Some(hosts) => known.push((query, hosts.clone())),
                None => open.push(query),
            }
        }
        (known, open)
    }

    fn remember(&self, asked: &[ResolverQuery], lists: &[Vec<HostName>]) {
        let now = self.clock.now();
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        for (query, hosts) in asked.iter().zip(lists) {
            let key = (query.resolver.clone(), query.args.clone());
            cache.keep(now, self.lifetime, key, hosts.clone());
        }
    }
}

/// Maps an error to the failed queries: a refused query is one, an unreachable resolver fails all.
fn failed(asked: &[ResolverQuery], error: ResolverError) -> Vec<ResolverFailure> {
    match error {
        ResolverError::Unavailable { message } => {
            because(asked.to_vec(), &ResolverFailureReason::Unavailable { message })
        }
        ResolverError::Refused { args, message } => {
            let mut meant: Vec<ResolverQuery> = asked.iter().filter(|query| query.args == args).cloned().collect();
            // A resolver that names a query which nobody asked: then all of them failed.
            if meant.is_empty() {
                meant = asked.to_vec();
            }
            because(meant, &ResolverFailureReason::Refused { message })
        }
    }
}

fn because(asked: Vec<ResolverQuery>, reason: &ResolverFailureReason) -> Vec<ResolverFailure> {
    let failure = |query| ResolverFailure {
        query,
        reason: reason.clone(),
    };
    asked.into_iter().map(failure).collect()
}

impl Default for Resolvers {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Resolvers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resolvers")
            .field("names", &self.resolvers.keys())
            .field("time_limit", &self.time_limit)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}
