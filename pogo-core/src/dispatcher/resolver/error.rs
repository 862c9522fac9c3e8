//! Errors of resolvers.

use std::fmt;
use std::time::Duration;

use super::ResolverQuery;

/// Queries that failed, so that there is no fleet to work with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", lines(failures))]
#[non_exhaustive]
pub struct ResolversError {
    /// Every query that failed, at least one, sorted by resolver.
    pub failures: Vec<ResolverFailure>,
}

/// One query that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResolverFailure {
    /// The query and its origin.
    pub query: ResolverQuery,
    /// Why it failed.
    pub reason: ResolverFailureReason,
}

/// Why a query failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolverFailureReason {
    /// No resolver has this name.
    #[error("there is no tag resolver of this name; {}", known(near))]
    NoResolver {
        /// Names that are near it.
        near: Vec<String>,
    },
    /// The resolver cannot be reached.
    #[error("the tag resolver cannot be reached: {message}; try again when it can")]
    Unavailable {
        /// What was seen.
        message: String,
    },
    /// The resolver does not know what the query names, or cannot read it.
    #[error("the tag resolver refuses it: {message}")]
    Refused {
        /// What is wrong, and the cure.
        message: String,
    },
    /// The resolver took too long.
    #[error("the tag resolver did not answer within {limit:?}; try again, or give it more time")]
    TimedOut {
        /// The time limit.
        limit: Duration,
    },
    /// The resolver broke its promise of one list for each query.
    #[error("the tag resolver gave {given} answers to {asked} queries; this is a defect of the resolver")]
    Miscounted {
        /// Lists it gave.
        given: usize,
        /// Queries it was asked.
        asked: usize,
    },
}

impl fmt::Display for ResolverFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.query.origin {
            write!(f, "{origin}: ")?;
        }
        write!(f, "`{}` has no answer: {}", self.query, self.reason)
    }
}

fn lines(failures: &[ResolverFailure]) -> String {
    let lines: Vec<String> = failures.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn known(near: &[String]) -> String {
    match near {
        [] => "plug one in, or take the query out".to_owned(),
        near => format!("did you mean `${}`?", near.join("`, or `$")),
    }
}
