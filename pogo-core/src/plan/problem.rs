//! Errors and warnings about a policy or a job.

use std::fmt;

use serde::Serialize;

use crate::fleet::ResolveError;
use crate::policy::Origin;

/// A policy that cannot be used with this fleet, or a job that cannot be run under it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// Sequences or constraints name what the fleet does not have.
    #[error("{}", lines(problems))]
    Policy {
        /// Every problem found.
        problems: Vec<PlanProblem>,
    },
    /// The job's targets do not resolve.
    #[error("the job's targets: {0}")]
    Targets(#[source] ResolveError),
    /// The job's targets name no host.
    #[error("the job's targets `{targets}` name no host; name hosts, a range or a tag that has hosts")]
    NoTargets {
        /// The targets as given.
        targets: String,
    },
    /// Sequences wait for each other, so that these hosts could never start.
    #[error("sequences wait for each other: {}; take one of these groups out of its sequence", cycle.join(" -> "))]
    Cycle {
        /// Stages, each of which waits for the one before it; the last is the first again.
        cycle: Vec<String>,
    },
    /// The job's own settings contradict themselves.
    #[error("{0}")]
    Spec(String),
}

/// One thing that is wrong, and where it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlanProblem {
    /// What is wrong, and the cure.
    pub message: String,
    /// Where it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

impl PlanProblem {
    pub(super) fn new(message: String, origin: Option<Origin>) -> Self {
        Self { message, origin }
    }
}

impl fmt::Display for PlanProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        at(f, self.origin.as_ref(), &self.message)
    }
}

/// A job that can run, but perhaps not as its author expects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Warning {
    /// What was found, and what it leads to.
    pub message: String,
    /// Where it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

impl Warning {
    pub(super) fn new(message: String, origin: Option<Origin>) -> Self {
        Self { message, origin }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        at(f, self.origin.as_ref(), &self.message)
    }
}

fn at(f: &mut fmt::Formatter<'_>, origin: Option<&Origin>, message: &str) -> fmt::Result {
    match origin {
        Some(origin) => write!(f, "{origin}: {message}"),
        None => f.write_str(message),
    }
}

fn lines(problems: &[PlanProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
