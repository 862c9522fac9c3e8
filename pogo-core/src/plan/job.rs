//! What a job asks for.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{ExecOptions, HoldOwner, PlanError, TransportSettings};
use crate::fleet::Selector;
use crate::policy::{JobSettings, Limit, OnDoubt, WaveGate, each_setting, nested_hooks};
use crate::time::millis;

/// One command for some targets, under the namespace's policy.
///
/// A setting that is left open takes the policy's default, and where that is silent pogo's own.
///
/// ```
/// use std::time::Duration;
/// use pogo_core::plan::{JobSpec, RemoteCommand};
///
/// let job = JobSpec::new("$frontend".parse()?, RemoteCommand::shell("systemctl restart web"))
///     .max_parallel("25%".parse()?)
///     .retries(2)
///     .settle(Duration::from_secs(30));
/// assert_eq!(job.settings.retries, Some(2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct JobSpec {
    /// The hosts; their order here is the listed order.
    pub targets: Selector,
    /// What to run on each.
    pub command: RemoteCommand,
    /// Who asked for it, for the record.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// Time limits, retries, limits of its own, hooks.
    #[serde(flatten, with = "nested_hooks")]
    #[cfg_attr(feature = "openapi", schema(value_type = nested_hooks::Stored))]
    pub settings: JobSettings,
    /// Sizes of the parts of the job, counted from its start: `[1, 10%, 100%]` is one host, then up to a tenth of the
    /// hosts, then all. When hosts are left, the job goes on in steps of the last size: `[1, 20%]` is one host, then up
    /// to 20 %, 40 %, 60 %, 80 % and 100 %. A part starts when the one before it is complete and its gate opens. By
    /// default the job is one part.
    ///
    /// A job that was submitted has every step here, and its last part takes all the rest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waves: Vec<Limit>,
    /// Which of the hosts that may start come first.
    #[serde(default)]
    pub order: HostOrder,
    /// How long tasks are expected to take; later entries win. Known times let the longest start first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expected: Vec<Expectation>,
    /// The reason for running without regard to limits and sequences. The hosts are counted and leased all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub override_constraints: Option<String>,
    /// Whose [holds](crate::scheduler::Order::Hold) the job runs under: hosts that this owner holds start in such jobs
    /// only. Other hosts are started as in any job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under_hold: Option<HoldOwner>,
    /// Seed of everything random in the job.
    #[serde(default)]
    pub seed: u64,
    /// How the command is run: as whom, where, with which environment and input.
    #[serde(rename = "exec_options", default, skip_serializing_if = "ExecOptions::is_plain")]
    pub exec_options: ExecOptions,
    /// How the transport connects for this job. A dispatcher with a [`TransportPool`](crate::dispatcher::TransportPool)
    /// has a transport for each such set of settings; another transport has its own, and may not heed these.
    #[serde(rename = "transport", default, skip_serializing_if = "TransportSettings::is_empty")]
    pub transport_settings: TransportSettings,
}

impl JobSpec {
    /// A job with this command for these targets, and defaults for the rest.
    pub fn new(targets: Selector, command: RemoteCommand) -> Self {
        Self {
            targets,
            command,
            user: String::new(),
            settings: JobSettings::new(),
            waves: Vec::new(),
            order: HostOrder::default(),
            expected: Vec::new(),
            override_constraints: None,
            under_hold: None,
            seed: 0,
            exec_options: ExecOptions::default(),
            transport_settings: TransportSettings::default(),
        }
    }

    /// Sets who asked for the job.
    #[must_use]
    pub fn user(mut self, user: impl Into<String>) -> Self {
        self.user = user.into();
        self
    }

    /// Replaces all settings.
    #[must_use]
    pub fn settings(mut self, settings: JobSettings) -> Self {
        self.settings = settings;
        self
    }

    /// Splits the job into [waves](field@Self::waves) of these sizes.
    #[must_use]
    pub fn waves(mut self, sizes: impl IntoIterator<Item = Limit>) -> Self {
        self.waves = sizes.into_iter().collect();
        self
    }

    /// Chooses which of the hosts that may start come first.
    #[must_use]
    pub fn order(mut self, order: HostOrder) -> Self {
        self.order = order;
        self
    }

    /// Sets how long tasks are expected to take.
    #[must_use]
    pub fn expected(mut self, expected: impl IntoIterator<Item = Expectation>) -> Self {
        self.expected = expected.into_iter().collect();
        self
    }

    /// Runs without regard to limits and sequences, for this reason.
    #[must_use]
    pub fn override_constraints(mut self, reason: impl Into<String>) -> Self {
        self.override_constraints = Some(reason.into());
        self
    }

    /// Runs on hosts that this owner holds, too.
    #[must_use]
    pub fn under_hold(mut self, owner: HoldOwner) -> Self {
        self.under_hold = Some(owner);
        self
    }

    /// Sets how the transport connects for this job.
    #[must_use]
    pub fn transport_settings(mut self, settings: TransportSettings) -> Self {
        self.transport_settings = settings;
        self
    }

    /// Sets the seed of everything random in the job.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets how the command is run.
    #[must_use]
    pub fn exec_options(mut self, exec_options: ExecOptions) -> Self {
        self.exec_options = exec_options;
        self
    }
}

macro_rules! set_on_job {
    ($($variant:ident $field:ident: $type:ty, $read:ident;)*) => {
        impl JobSpec {
            $(
                #[doc = concat!("Sets [`", stringify!($field), "`](field@JobSettings::", stringify!($field), ").")]
                #[must_use]
                pub fn $field(mut self, value: $type) -> Self {
                    self.settings.$field = Some(value);
                    self
                }
            )*
        }
    };
}
each_setting!(set_on_job);

impl JobSpec {
    /// Refuses settings that contradict themselves.
    pub(crate) fn check(&self) -> Result<(), PlanError> {
        let refuse = |message: &str| Err(PlanError::Spec(message.to_owned()));
        match &self.command {
            RemoteCommand::Shell(line) if line.trim().is_empty() => return refuse("the command is empty"),
            RemoteCommand::Argv(argv) if argv.first().is_none_or(String::is_empty) => {
                return refuse("the command is empty");
            }
            _ => {}
        }
        if self
            .override_constraints
            .as_ref()
            .is_some_and(|reason| reason.trim().is_empty())
        {
            return refuse("to override constraints, say why");
        }
        self.exec_options.check()?;
        let bakes = self.settings.bake.is_some_and(|bake| !bake.is_zero());
        if self.settings.gate == Some(WaveGate::Manual) && bakes {
            return refuse(
                "a bake time opens the next wave by itself, and a manual gate by an order; give one of them",
            );
        }
        check_settings(&self.settings)
    }

    /// Refuses settings that would have no effect. Older logs may hold such jobs.
    pub(crate) fn check_new(&self) -> Result<(), PlanError> {
        check_bake(self, &self.settings)
    }
}

/// Refuses settings under which nothing could ever run, whether a job begins with them or comes to them by an update.
pub(crate) fn check_settings(settings: &JobSettings) -> Result<(), PlanError> {
    let refuse = |message: &str| Err(PlanError::Spec(message.to_owned()));
    if settings.attempt_timeout.is_some_and(|limit| limit.is_zero()) {
        return refuse("an attempt_timeout of zero leaves no time to run; give at least a second");
    }
    if settings.retry_backoff == Some(0) {
        return refuse("a retry_backoff of zero leaves no delay; give 1 for the same delay each time");
    }
    if settings.max_parallel.is_some_and(|limit| limit.is_zero()) {
        return refuse("a max_parallel of zero lets nothing run; give at least 1");
    }
    Ok(())
}

/// Refuses a bake time for a job without waves.
pub(crate) fn check_bake(spec: &JobSpec, settings: &JobSettings) -> Result<(), PlanError> {
    if spec.waves.is_empty() && settings.bake.is_some_and(|bake| !bake.is_zero()) {
        let message = "a bake time is between waves, and the job has none; give waves, or leave out the bake time";
        return Err(PlanError::Spec(message.to_owned()));
    }
    Ok(())
}

/// Which of the hosts that may start come first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum HostOrder {
    /// Hosts of the most loaded bucket first, then those expected to take longest, then listed order:
    /// the job ends close to the earliest moment that its limits allow. A job of at most 64 hosts is tried in listed
    /// order too when it is submitted; if it would end sooner so, `job_submitted` says that it is `Listed`.
    #[default]
    Balanced,
    /// As the targets list them.
    Listed,
    /// In an order drawn from the job's seed.
    Shuffled,
}

impl fmt::Display for HostOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Balanced => "balanced",
            Self::Listed => "listed",
            Self::Shuffled => "shuffled",
        })
    }
}

/// How long tasks on some hosts are expected to take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Expectation {
    /// The hosts.
    pub hosts: Selector,
    /// The time one attempt takes there.
    #[serde(with = "millis")]
    #[cfg_attr(feature = "openapi", schema(value_type = u64))]
    pub time: Duration,
}

impl Expectation {
    /// One attempt on these hosts takes this time.
    pub fn new(hosts: Selector, time: Duration) -> Self {
        Self { hosts, time }
    }
}

/// What runs on each target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RemoteCommand {
    /// A line for the login shell of the target.
    Shell(String),
    /// A program and its arguments; the transport quotes them.
    Argv(Vec<String>),
}

impl fmt::Display for RemoteCommand {
    /// For people: a shell's line as it is, a program's arguments with spaces between them and without quotes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shell(line) => f.write_str(line),
            Self::Argv(words) => f.write_str(&words.join(" ")),
        }
    }
}

impl RemoteCommand {
    /// A line for the target's shell.
    pub fn shell(line: impl Into<String>) -> Self {
        Self::Shell(line.into())
    }

    /// A program and its arguments, passed on unchanged.
    pub fn argv<I: IntoIterator<Item = S>, S: Into<String>>(argv: I) -> Self {
        Self::Argv(argv.into_iter().map(Into::into).collect())
    }
}
