//! What binds a job beside the policy's limits: its own numbers, with every default filled in.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::print::{count, span};
use super::{JobSpec, WaveGate};
use crate::policy::{Limit, OnDoubt};
use crate::time::millis;

/// A job's own settings as they will be in force; the moments in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlannedSettings {
    /// How many of its hosts may run at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_parallel: Option<Resolved>,
    /// How many of its hosts may fail before it halts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_failures: Option<Resolved>,
    /// Time limit of one attempt.
    #[serde(with = "millis::option", skip_serializing_if = "Option::is_none")]
    pub attempt_timeout: Option<Duration>,
    /// After how long an attempt is told to be slow.
    #[serde(with = "millis::option", skip_serializing_if = "Option::is_none")]
    pub slow_after: Option<Duration>,
    /// Time limit of the whole job.
    #[serde(with = "millis::option", skip_serializing_if = "Option::is_none")]
    pub job_timeout: Option<Duration>,
    /// How often a failed task is tried again.
    pub retries: u32,
    /// How often a task that could not connect is tried again.
    pub connect_retries: u32,
    /// Time before a task is tried again, at least.
    #[serde(with = "millis")]
    pub retry_delay: Duration,
    /// How long a host keeps its slots after success.
    #[serde(with = "millis")]
    pub settle: Duration,
    /// How long a wave is watched before the next may begin.
    #[serde(with = "millis")]
    pub bake: Duration,
    /// What opens a wave.
    pub gate: WaveGate,
    /// What becomes of a host whose attempt ended unknown.
    pub on_doubt: OnDoubt,
    /// The reason for running without regard to limits and sequences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub override_constraints: Option<String>,
}

/// A number or share as it was given, and the number that it comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Resolved {
    /// As it was given.
    pub limit: Limit,
    /// What that is of this job's hosts.
    pub hosts: u32,
}

impl PlannedSettings {
    /// Those of a job of so many hosts; no default of its policy is missing.
    pub(super) fn of(spec: &JobSpec, hosts: u32) -> Self {
        Self {
            max_parallel: spec.max_parallel.map(|limit| Resolved {
                limit,
                hosts: limit.places(hosts),
            }),
            max_failures: spec.max_failures.map(|limit| Resolved {
                limit,
                hosts: limit.tolerated(hosts),
            }),
            attempt_timeout: spec.attempt_timeout,
            slow_after: spec.slow_after.filter(|after| !after.is_zero()),
            job_timeout: spec.job_timeout,
            retries: spec.retries.unwrap_or_default(),
            connect_retries: spec.connect_retries.unwrap_or_default(),
            retry_delay: spec.retry_delay.unwrap_or_default(),
            settle: spec.settle.unwrap_or_default(),
            bake: spec.bake.unwrap_or_default(),
            gate: spec.gate,
            on_doubt: spec.on_doubt.unwrap_or_default(),
            override_constraints: spec.override_constraints.clone(),
        }
    }

    fn attempts(&self) -> String {
        let mut text = match self.attempt_timeout {
            Some(limit) => format!("an attempt may take {}", span(limit)),
            None => "an attempt may take any time".to_owned(),
        };
        if let Some(after) = self.slow_after.filter(|after| Some(*after) < self.attempt_timeout) {
            text += &format!(" and is reported as slow after {}", span(after));
        }
        text
    }

    fn retried(&self) -> String {
        let delay = span(self.retry_delay);
        match (self.retries, self.connect_retries) {
            (0, 0) => "a host that fails is not tried again".to_owned(),
            (0, connects) => format!("a host that cannot be reached is tried {connects} times more, {delay} apart at least"),
            (retries, 0) => format!("a host that fails is tried {retries} times more, {delay} apart at least"),
            (retries, connects) => format!(
                "a host that fails is tried {retries} times more, and {connects} times if it cannot be reached, {delay} apart at least"
            ),
        }
        .replace("1 times", "once")
    }
}

impl fmt::Display for PlannedSettings {
    /// A line for each thing that binds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(reason) = &self.override_constraints {
            writeln!(f, "no limit and no sequence of the policy holds: {reason}")?;
        }
        if let Some(Resolved { limit, hosts }) = self.max_failures {
            writeln!(f, "the job halts when {} (max_failures: {limit})", more_than(hosts))?;
        }
        if let Some(limit) = self.job_timeout {
            writeln!(f, "the job ends after {}", span(limit))?;
        }
        writeln!(f, "{}", self.attempts())?;
        writeln!(f, "{}", self.retried())?;
        if !self.settle.is_zero() {
            writeln!(f, "a host keeps its slots for {} after it succeeded", span(self.settle))?;
        }
        if !self.bake.is_zero() {
            writeln!(f, "a wave is watched for {} before the next begins", span(self.bake))?;
        }
        if !self.gate.is_automatic() {
            writeln!(f, "a wave begins when it is promoted")?;
        }
        match self.on_doubt {
            OnDoubt::Fail => Ok(()),
            OnDoubt::Retry => writeln!(f, "a host in doubt is tried again like a failed one"),
        }
    }
}

/// When a budget of failures is exceeded.
pub(super) fn more_than(hosts: u32) -> String {
    match hosts {
        0 => "one host has failed".to_owned(),
        hosts => format!(
            "more than {} failed",
            count(hosts, "host") + if hosts == 1 { " has" } else { " have" }
        ),
    }
}
