//! A job's own settings in a plan, with every default filled in.

use std::fmt;

use serde::Serialize;

use super::JobSpec;
use super::words::{count, span};
use crate::policy::{OnDoubt, ResolvedSettings};

/// A job's own settings as they will be in force. Times serialize in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlannedSettings {
    /// Every setting, with defaults filled in.
    #[serde(flatten)]
    pub settings: ResolvedSettings,
    /// The reason for running without regard to limits and sequences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub override_constraints: Option<String>,
}

impl PlannedSettings {
    /// Those of a job of so many hosts; no default of its policy is missing.
    pub(super) fn of(spec: &JobSpec, hosts: u32) -> Self {
        Self {
            settings: spec.settings.resolve(hosts),
            override_constraints: spec.override_constraints.clone(),
        }
    }
}

/// Settings as lines of a plan.
struct SettingLines<'a>(&'a ResolvedSettings);

impl SettingLines<'_> {
    fn attempts(&self) -> String {
        let mut text = format!("an attempt may take {}", span(self.0.attempt_timeout));
        if let Some(after) = self.0.slow_after.filter(|after| *after < self.0.attempt_timeout) {
            text += &format!(" and is reported as slow after {}", span(after));
        }
        text
    }

    /// What is added to that where the delay grows.
    fn growing(&self) -> String {
        match self.0 {
            ResolvedSettings { retry_backoff: 1, .. } => String::new(),
            ResolvedSettings {
                retries: 0..=1,
                connect_retries: 0,
                ..
            }
            | ResolvedSettings {
                retries: 0,
                connect_retries: 1,
                ..
            } => String::new(),
            settings => format!(", and {} times as long each further time", settings.retry_backoff),
        }
    }

    fn retried(&self) -> String {
        let delay = span(self.0.retry_delay);
        match (self.0.retries, self.0.connect_retries) {
            (0, 0) => "a host that fails is not tried again".to_owned(),
            (0, connects) => {
                format!("a host that cannot be reached is tried {connects} times more, {delay} apart at least")
            }
            (retries, 0) => format!("a host that fails is tried {retries} times more, {delay} apart at least"),
            (retries, connects) => format!(
                "a host that fails is tried {retries} times more, and {connects} times if it cannot be reached, \
                 {delay} apart at least"
            ),
        }
        .replace("1 times", "once")
            + &self.growing()
    }
}

impl fmt::Display for PlannedSettings {
    /// A line for each thing that binds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(reason) = &self.override_constraints {
            writeln!(f, "no limit and no sequence of the policy holds: {reason}")?;
        }
        let settings = &self.settings;
        if let Some(most) = settings.max_failures {
            writeln!(
                f,
                "the job halts when {} (max_failures: {})",
                more_than(most.hosts),
                most.limit
            )?;
        }
        if let Some(limit) = settings.job_timeout {
            writeln!(f, "the job ends after {}", span(limit))?;
        }
        writeln!(f, "{}", SettingLines(settings).attempts())?;
        writeln!(f, "{}", SettingLines(settings).retried())?;
        if !settings.settle.is_zero() {
            writeln!(
                f,
                "a host keeps its slots for {} after it succeeded",
                span(settings.settle)
            )?;
        }
        if !settings.bake.is_zero() {
            writeln!(
                f,
                "a wave is watched for {} before the next begins",
                span(settings.bake)
            )?;
        }
        if !settings.gate.is_automatic() {
            writeln!(f, "a wave begins when it is promoted")?;
        }
        match settings.on_doubt {
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
