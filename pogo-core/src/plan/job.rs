//! What a job asks for.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::fleet::Selector;
use crate::policy::{Limit, OnDoubt};
use crate::time::millis;

/// One command for some targets, under the namespace's policy.
///
/// A field left `None` takes the policy's default, and where that is silent pogo's own, named at each field.
///
/// ```
/// use pogo_core::plan::{Command, JobSpec};
///
/// let job = JobSpec::new("$frontend".parse()?, Command::shell("systemctl restart web"));
/// assert_eq!(job.command, Command::shell("systemctl restart web"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobSpec {
    /// The hosts; their order here is the listed order.
    pub targets: Selector,
    /// What to run on each.
    pub command: Command,
    /// Who asked for it, for the record.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Time limit of one attempt. Pogo's default: 10 minutes.
    #[serde(default, with = "millis::option", skip_serializing_if = "Option::is_none")]
    pub attempt_timeout: Option<Duration>,
    /// Time limit of the whole job, from its submission. Pogo's default: none.
    #[serde(default, with = "millis::option", skip_serializing_if = "Option::is_none")]
    pub job_timeout: Option<Duration>,
    /// How often a failed task is tried again. Pogo's default: 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
    /// How often a task that could not connect is tried again, apart from `retries`. Pogo's default: 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_retries: Option<u32>,
    /// Time before a task is tried again; up to half as much again is added as jitter. Pogo's default: 5 seconds.
    #[serde(default, with = "millis::option", skip_serializing_if = "Option::is_none")]
    pub retry_delay: Option<Duration>,
    /// How long a host keeps its place after success. Pogo's default: not at all.
    #[serde(default, with = "millis::option", skip_serializing_if = "Option::is_none")]
    pub settle: Option<Duration>,
    /// How many hosts may fail; one more halts the job. Pogo's default: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_failures: Option<Limit>,
    /// What becomes of a host whose attempt ended unknown. Pogo's default: it stays in doubt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_doubt: Option<OnDoubt>,
    /// Jobs of higher priority take free places first.
    #[serde(default)]
    pub priority: i32,
    /// Seed of everything random in the job.
    #[serde(default)]
    pub seed: u64,
    /// Directories of hooks on the targets.
    #[serde(default)]
    pub hooks: Hooks,
}

impl JobSpec {
    /// A job with this command for these targets, and defaults for the rest.
    pub fn new(targets: Selector, command: Command) -> Self {
        Self {
            targets,
            command,
            user: String::new(),
            attempt_timeout: None,
            job_timeout: None,
            retries: None,
            connect_retries: None,
            retry_delay: None,
            settle: None,
            max_failures: None,
            on_doubt: None,
            priority: 0,
            seed: 0,
            hooks: Hooks::default(),
        }
    }
}

/// What runs on each target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// A line for the login shell of the target.
    Shell(String),
    /// A program and its arguments; the transport quotes them.
    Argv(Vec<String>),
}

impl Command {
    /// A line for the target's shell.
    pub fn shell(line: impl Into<String>) -> Self {
        Self::Shell(line.into())
    }

    /// A program and its arguments, passed on unchanged.
    pub fn argv<I: IntoIterator<Item = S>, S: Into<String>>(argv: I) -> Self {
        Self::Argv(argv.into_iter().map(Into::into).collect())
    }
}

/// Directories on the target whose executable files run before and after the command.
///
/// `None` takes the policy's default, and where that is silent `/etc/pogo/pre.d` and `/etc/pogo/post.d`.
/// An empty string is no hooks. A directory that does not exist is an empty one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hooks {
    /// Run before the command, in sorted order; the first that fails ends the attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pre: Option<String>,
    /// Run after the command has succeeded, in sorted order; the first that fails ends the attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<String>,
}
