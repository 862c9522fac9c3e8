//! What a job asks for.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Invocation, PlanError};
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
    /// Time limit of one attempt. Pogo's default: 1 hour.
    #[serde(default, with = "millis::option", skip_serializing_if = "Option::is_none")]
    pub attempt_timeout: Option<Duration>,
    /// After how long an attempt is told to be slow, which changes nothing else; zero for never. Pogo's default: 10 minutes.
    #[serde(default, with = "millis::option", skip_serializing_if = "Option::is_none")]
    pub slow_after: Option<Duration>,
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
    /// How many of the job's hosts may run at once, whatever the policy would allow. By default any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_parallel: Option<Limit>,
    /// Sizes of the parts of the job, counted from its start: `[1, 10%, 100%]` is one host, then up to a tenth of the
    /// hosts, then all. When hosts are left, the job goes on in steps of the last size: `[1, 20%]` is one host, then up
    /// to 20 %, 40 %, 60 %, 80 % and 100 %. A part starts when the one before it is complete and its gate opens. By
    /// default the job is one part.
    ///
    /// A job that was submitted has every step here, and its last part takes all the rest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waves: Vec<Limit>,
    /// How long a wave is watched before the next may begin. Pogo's default: not at all.
    #[serde(default, with = "millis::option", skip_serializing_if = "Option::is_none")]
    pub bake: Option<Duration>,
    /// What opens the next wave once one is complete.
    #[serde(default, skip_serializing_if = "WaveGate::is_automatic")]
    pub gate: WaveGate,
    /// How many hosts of a wave may fail without holding back the next, as a count or a share of the wave. By default
    /// none. Sequences say so themselves, in the policy.
    #[serde(default, skip_serializing_if = "Limit::is_default")]
    pub allow_failures: Limit,
    /// Which of the hosts that may start come first.
    #[serde(default)]
    pub order: Order,
    /// How long tasks are expected to take; later entries win. Known times let the longest start first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expected: Vec<Expectation>,
    /// The reason for running without regard to limits and sequences. The hosts are counted and leased all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub override_constraints: Option<String>,
    /// Jobs of higher priority take free places first.
    #[serde(default)]
    pub priority: i32,
    /// Seed of everything random in the job.
    #[serde(default)]
    pub seed: u64,
    /// Directories of hooks on the targets.
    #[serde(default)]
    pub hooks: Hooks,
    /// How the command is run: as whom, where, with which environment and input.
    #[serde(default, skip_serializing_if = "Invocation::is_plain")]
    pub invocation: Invocation,
}

impl JobSpec {
    /// A job with this command for these targets, and defaults for the rest.
    pub fn new(targets: Selector, command: Command) -> Self {
        Self {
            targets,
            command,
            user: String::new(),
            attempt_timeout: None,
            slow_after: None,
            job_timeout: None,
            retries: None,
            connect_retries: None,
            retry_delay: None,
            settle: None,
            max_failures: None,
            on_doubt: None,
            max_parallel: None,
            waves: Vec::new(),
            bake: None,
            gate: WaveGate::Automatic,
            allow_failures: Limit::Count(0),
            order: Order::default(),
            expected: Vec::new(),
            override_constraints: None,
            priority: 0,
            seed: 0,
            hooks: Hooks::default(),
            invocation: Invocation::default(),
        }
    }
}

impl JobSpec {
    /// Refuses settings that contradict themselves.
    pub(crate) fn check(&self) -> Result<(), PlanError> {
        let refuse = |message: &str| Err(PlanError::Spec(message.to_owned()));
        match &self.command {
            Command::Shell(line) if line.trim().is_empty() => return refuse("the command is empty"),
            Command::Argv(argv) if argv.first().is_none_or(String::is_empty) => return refuse("the command is empty"),
            _ => {}
        }
        if self
            .override_constraints
            .as_ref()
            .is_some_and(|reason| reason.trim().is_empty())
        {
            return refuse("to override constraints, say why");
        }
        self.invocation.check()?;
        if self.gate == WaveGate::Manual && self.bake.is_some() {
            return refuse(
                "a bake time opens the next wave by itself, and a manual gate by an order; give one of them",
            );
        }
        check_limits(self.attempt_timeout, self.max_parallel)
    }
}

impl JobSpec {
    /// Refuses what a new job would ask for in vain. A log may have such jobs, from before it was refused.
    pub(crate) fn check_new(&self) -> Result<(), PlanError> {
        if self.waves.is_empty() && self.bake.is_some_and(|bake| !bake.is_zero()) {
            let message = "a bake time is between waves, and the job has none; give waves, or leave out the bake time";
            return Err(PlanError::Spec(message.to_owned()));
        }
        Ok(())
    }
}

/// Refuses limits under which nothing could ever run, whether a job begins with them or is altered to them.
pub(crate) fn check_limits(attempt_timeout: Option<Duration>, max_parallel: Option<Limit>) -> Result<(), PlanError> {
    let refuse = |message: &str| Err(PlanError::Spec(message.to_owned()));
    if attempt_timeout.is_some_and(|limit| limit.is_zero()) {
        return refuse("an attempt_timeout of zero leaves no time to run; give at least a second");
    }
    if max_parallel.is_some_and(|limit| limit.places(u32::MAX) == 0) {
        return refuse("a max_parallel of zero lets nothing run; give at least 1");
    }
    Ok(())
}

/// What opens the next wave of a job once one is complete.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaveGate {
    /// It opens by itself, when the bake time has passed. An order opens it earlier.
    #[default]
    Automatic,
    /// An order opens it ([`Input::Promote`](crate::scheduler::Input::Promote)).
    Manual,
}

impl WaveGate {
    /// Whether it opens by itself.
    pub fn is_automatic(&self) -> bool {
        *self == Self::Automatic
    }
}

/// Which of the hosts that may start come first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// Hosts of the most loaded bucket first, then those expected to take longest, then listed order:
    /// the job ends close to the earliest moment that its limits allow. A job of at most 64 hosts is tried in listed order too when it
    /// is submitted; if it would end sooner so, `job_submitted` says that it is `Listed`.
    #[default]
    Balanced,
    /// As the targets list them.
    Listed,
    /// In an order drawn from the job's seed.
    Shuffled,
}

/// How long tasks on some hosts are expected to take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expectation {
    /// The hosts.
    pub hosts: Selector,
    /// The time one attempt takes there.
    #[serde(with = "millis")]
    pub time: Duration,
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
/// `None` takes the policy's default, and where that is silent [`PRE`](Self::PRE) and [`POST`](Self::POST).
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

impl Hooks {
    /// Where pre-hooks are unless the job or the policy says otherwise.
    pub const PRE: &str = "/etc/pogo/pre.d";
    /// Where post-hooks are unless the job or the policy says otherwise.
    pub const POST: &str = "/etc/pogo/post.d";
}
