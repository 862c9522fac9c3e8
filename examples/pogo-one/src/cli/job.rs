//! The arguments that every job has.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum, ValueHint};
use pogo_core::fleet::Selector;
use pogo_core::plan::{HoldOwner, HostOrder};
use pogo_core::policy::{Limit, LimitError, OnDoubt, WaveGate};

use super::expectation::ExpectedTime;
use super::{SourceArgs, TargetArgs, duration, targets, whole_number};

/// What every job needs.
#[derive(Debug, Args)]
pub(crate) struct JobArgs {
    #[command(flatten)]
    pub(crate) targets: TargetArgs,
    #[command(flatten)]
    pub(crate) sources: SourceArgs,
    #[command(flatten)]
    pub(crate) limits: LimitArgs,
    #[command(flatten)]
    pub(crate) times: TimeArgs,
    /// Directory or address of the store that keeps jobs, limits and output; `none` keeps nothing, and the job ends
    /// with this program [default: pogo in $XDG_STATE_HOME, or in ~/.local/state]
    #[cfg(feature = "store")]
    #[arg(
        long,
        visible_alias = "server",
        value_name = "STORE|none",
        value_parser = super::StoreChoice::parser(),
        value_hint = clap::ValueHint::DirPath,
        help_heading = "Store",
    )]
    pub(crate) store: Option<super::StoreChoice>,
    /// Job file; options on the command line override it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = "Targets")]
    pub(crate) job_file: Option<PathBuf>,
}

/// How many at once, in which order, and how many may fail.
#[derive(Debug, Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitArgs {
    /// Run at most this many hosts at once, whatever the policy would allow: a number or a share of the targets; `none`
    /// for no limit of pogo's own [default: as the policy says]
    #[arg(short = 'f', long, value_name = "N|P%|none", allow_negative_numbers = true)]
    pub(crate) max_parallel: Option<MaxParallel>,
    /// Stop when more hosts than this have failed: a number or a share of the targets [default: none]
    #[arg(long, value_name = "N|P%")]
    pub(crate) max_failures: Option<Limit>,
    /// Run in waves of these sizes: `1,10%,100%` is one host, then up to a tenth, then all [default: all at once]
    ///
    /// Sizes are counted from the start, and the last is the step in which the job goes on: `1,20%` is one host, then
    /// up to 20%, 40% and so on. A wave begins when the one before it is complete.
    #[arg(long, value_name = "N|P%", value_delimiter = ',')]
    pub(crate) waves: Vec<Limit>,
    /// Bake time: wait this long after each wave before the next begins [default: 0]
    #[arg(long, value_name = "TIME", requires = "waves", value_parser = duration)]
    pub(crate) bake: Option<Duration>,
    /// Let so many hosts of each wave fail without holding back the next: a number or a share [default: 0]
    #[arg(long, value_name = "N|P%", requires = "waves")]
    pub(crate) allow_failures: Option<Limit>,
    /// What opens the next wave.
    #[arg(long, hide = true, value_name = "automatic|manual")]
    pub(crate) gate: Option<GateArg>,
    /// Which of the hosts that may start come first
    #[arg(long, value_name = "ORDER", value_enum, default_value = "balanced")]
    pub(crate) order: OrderArg,
    /// Treat these hosts as down: they count against limits, as failed hosts do
    #[arg(long, value_name = "HOSTS", value_parser = targets)]
    pub(crate) assume_down: Option<Selector>,
    /// How long a host keeps its slots after success.
    #[arg(long, hide = true, value_name = "TIME", allow_negative_numbers = true, value_parser = duration)]
    pub(crate) settle: Option<Duration>,
    /// Policy for a host whose attempt ended unknown.
    #[arg(long, hide = true, value_name = "fail|retry")]
    pub(crate) on_doubt: Option<DoubtArg>,
    /// Jobs of higher priority take free slots first.
    #[arg(long, hide = true, value_name = "N", allow_negative_numbers = true)]
    pub(crate) priority: Option<i32>,
    /// Run on hosts that are held under this name too, which nothing else starts on: see `hold`.
    #[arg(long, value_name = "NAME")]
    pub(crate) under_hold: Option<HoldOwner>,
    /// The reason for running without regard to limits and sequences.
    #[arg(long, hide = true, value_name = "REASON")]
    pub(crate) override_constraints: Option<String>,
    /// Seed of what is random in the job: jitter, and the order of `shuffled`.
    #[arg(long, hide = true, value_name = "N", default_value = "0")]
    pub(crate) job_seed: u64,
    /// How long tasks on some hosts are expected to take.
    #[arg(long, hide = true, value_name = "HOSTS=TIME")]
    pub(crate) expected: Vec<ExpectedTime>,
}

/// How long things may take, and what is tried again.
#[derive(Debug, Args)]
#[command(next_help_heading = "Time limits and retries")]
pub(crate) struct TimeArgs {
    /// Time limit for one host, in seconds or as in 5m [default: as the policy says, or 1h]
    #[arg(long, alias = "attempt-timeout", value_name = "TIME", allow_negative_numbers = true, value_parser = duration)]
    pub(crate) timeout: Option<Duration>,
    /// Report a host as slow after this time, and let it go on; 0 for never [default: as the policy says, or 10m]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true, value_parser = duration)]
    pub(crate) slow_after: Option<Duration>,
    /// Time limit for the whole job [default: as the policy says, or none]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true, value_parser = duration)]
    pub(crate) job_timeout: Option<Duration>,
    /// Retry a failed host this many times [default: as the policy says, or 0]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole_number)]
    pub(crate) retries: Option<u32>,
    /// Wait this long before a retry [default: as the policy says, or 5s]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true, value_parser = duration)]
    pub(crate) retry_delay: Option<Duration>,
    /// Multiply that wait by this for each further retry, up to 1h [default: as the policy says, or 1]
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole_number)]
    pub(crate) retry_backoff: Option<u32>,
    /// Wait this long for a host that leaves the inventory before it runs, then cancel it [default: as the policy says,
    /// or 5m]
    #[arg(long, value_name = "TIME", allow_negative_numbers = true, value_parser = duration)]
    pub(crate) leave_after: Option<Duration>,
}

/// The most hosts at once, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MaxParallel {
    /// So many.
    Limit(Limit),
    /// As many as the policy allows; where there is none, all.
    Unlimited,
}

impl std::str::FromStr for MaxParallel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self::Unlimited);
        }
        let limit = text.parse().map(Self::Limit);
        limit.map_err(|error| match error {
            error @ LimitError::Syntax { .. } => format!("{error}, or `none`"),
            error => error.to_string(),
        })
    }
}

impl LimitArgs {
    /// The limit that the job is to have.
    pub(crate) fn job_limit(&self) -> Option<Limit> {
        match self.max_parallel {
            Some(MaxParallel::Limit(limit)) => Some(limit),
            Some(MaxParallel::Unlimited) | None => None,
        }
    }
}

/// Which hosts come first, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OrderArg {
    /// Those first that make the job end soonest.
    Balanced,
    /// As the targets list them.
    Listed,
    /// A random order.
    Shuffled,
}

impl From<OrderArg> for HostOrder {
    fn from(order: OrderArg) -> Self {
        match order {
            OrderArg::Balanced => Self::Balanced,
            OrderArg::Listed => Self::Listed,
            OrderArg::Shuffled => Self::Shuffled,
        }
    }
}

/// What opens a wave, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GateArg {
    /// Time.
    Automatic,
    /// An order.
    Manual,
}

impl From<GateArg> for WaveGate {
    fn from(gate: GateArg) -> Self {
        match gate {
            GateArg::Automatic => Self::Automatic,
            GateArg::Manual => Self::Manual,
        }
    }
}

/// What is done about a host in doubt, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DoubtArg {
    /// It stays in doubt.
    Fail,
    /// It is tried again.
    Retry,
}

impl From<DoubtArg> for OnDoubt {
    fn from(on_doubt: DoubtArg) -> Self {
        match on_doubt {
            DoubtArg::Fail => Self::Fail,
            DoubtArg::Retry => Self::Retry,
        }
    }
}
