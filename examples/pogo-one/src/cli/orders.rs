//! The arguments of orders: verbs that steer jobs and hosts.

use std::time::Duration;

use clap::{Args, Subcommand};
use pogo_core::fleet::Selector;
use pogo_core::plan::HoldOwner;
use pogo_core::policy::Limit;

use super::{JobArg, JobHostsArgs, MaxParallel, PlaceArgs, PlanFormat, QuestionArgs, duration, targets, whole_number};

/// What every order has.
#[derive(Debug, Args)]
pub(crate) struct OrderArgs {
    /// Why, for the record
    #[arg(long, value_name = "WHY")]
    pub(crate) reason: Option<String>,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// Output format
    #[arg(long, value_enum, default_value = "text", help_heading = "Output")]
    pub(crate) format: PlanFormat,
}

/// An order to one job.
#[derive(Debug, Args)]
pub(crate) struct JobOrderArgs {
    /// Number of the job, or `last`
    #[arg(value_name = "JOB")]
    pub(crate) job: JobArg,
    #[command(flatten)]
    pub(crate) order: OrderArgs,
}

#[derive(Debug, Args)]
pub(crate) struct StopArgs {
    #[command(flatten)]
    pub(crate) of: JobOrderArgs,
    /// End what runs as well, and cancel what waits
    #[arg(long)]
    pub(crate) now: bool,
}

#[derive(Debug, Args)]
pub(crate) struct NoteArgs {
    /// Number of the job, or `last`
    #[arg(value_name = "JOB")]
    pub(crate) job: JobArg,
    /// What to say
    #[arg(value_name = "TEXT", required = true)]
    pub(crate) text: Vec<String>,
    #[command(flatten)]
    pub(crate) question: QuestionArgs,
}

/// `probe`.
#[derive(Debug, Args)]
pub(crate) struct ProbeArgs {
    /// Number of the job, or `last`
    #[arg(value_name = "JOB")]
    pub(crate) job: JobArg,
    /// Hosts of the job that failed or are in doubt, written as targets are [default: all of those]
    #[arg(value_name = "HOSTS", value_parser = targets)]
    pub(crate) hosts: Vec<Selector>,
    /// Only hosts that failed
    #[arg(long)]
    pub(crate) failed: bool,
    /// Only hosts whose attempt ended unknown
    #[arg(long)]
    pub(crate) in_doubt: bool,
    /// Time limit for the check of one host
    #[arg(long, value_name = "TIME", default_value = "1m", value_parser = duration)]
    pub(crate) timeout: Duration,
    #[command(flatten)]
    pub(crate) order: OrderArgs,
    /// What succeeds on a host that is well: one word is a line for its shell, several are a program and its arguments
    #[arg(last = true, required = true, value_name = "CHECK", value_hint = clap::ValueHint::CommandWithArguments)]
    pub(crate) check: Vec<String>,
}

/// `retry` and `skip`.
#[derive(Debug, Args)]
pub(crate) struct TaskOrderArgs {
    #[command(flatten)]
    pub(crate) of: JobHostsArgs,
    /// Do so too where a host in doubt cannot be asked whether its attempt is over; you answer for that
    #[arg(long, requires = "reason")]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) order: OrderArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RerunArgs {
    #[command(flatten)]
    pub(crate) of: JobHostsArgs,
    /// The value of a variable of the job, which is shown to nobody; may be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) env: Vec<String>,
    #[command(flatten)]
    pub(crate) order: OrderArgs,
}

#[derive(Debug, Args)]
pub(crate) struct UpdateArgs {
    #[command(flatten)]
    pub(crate) of: JobOrderArgs,
    /// Run at most this many of its hosts at once: a number or a share; `none` as the policy says
    #[arg(short = 'f', long, value_name = "N|P%|none")]
    pub(crate) max_parallel: Option<MaxParallel>,
    /// Stop when more hosts than this have failed: a number or a share
    #[arg(long, value_name = "N|P%")]
    pub(crate) max_failures: Option<Limit>,
    /// Retry a failed host this many times
    #[arg(long, value_name = "N", value_parser = whole_number)]
    pub(crate) retries: Option<u32>,
    /// Wait this long before a retry
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) retry_delay: Option<Duration>,
    /// Time limit for one host, also for those that run
    #[arg(long, alias = "attempt-timeout", value_name = "TIME", value_parser = duration)]
    pub(crate) timeout: Option<Duration>,
    /// Time limit for the whole job, from its submission
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) job_timeout: Option<Duration>,
    /// Report a host as slow after this time; 0 for never
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) slow_after: Option<Duration>,
    /// Watch each wave this long before the next begins
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) bake: Option<Duration>,
    /// Jobs of higher priority take free slots first
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) priority: Option<i32>,
}

#[derive(Debug, Args)]
pub(crate) struct FreezeArgs {
    /// Hosts, written as targets are: those that it comes to name later too [default: all]
    #[arg(value_name = "SELECTOR", value_parser = targets)]
    pub(crate) hosts: Option<Selector>,
    #[command(flatten)]
    pub(crate) order: OrderArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ThawArgs {
    /// What was frozen, as it was written then [default: the only freeze]
    #[arg(value_name = "SELECTOR", value_parser = targets)]
    pub(crate) hosts: Option<Selector>,
    #[command(flatten)]
    pub(crate) order: OrderArgs,
}

#[derive(Debug, Args)]
pub(crate) struct MarkArgs {
    #[command(subcommand)]
    pub(crate) command: MarkCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MarkCommand {
    /// Count hosts as unavailable, whatever jobs say.
    Down(MarkDownArgs),
    /// Count hosts as available, whatever jobs say.
    Up(MarkUpArgs),
}

#[derive(Debug, Args)]
pub(crate) struct MarkDownArgs {
    /// Hosts, written as targets are
    #[arg(value_name = "HOSTS", required = true, value_parser = targets)]
    pub(crate) hosts: Vec<Selector>,
    #[command(flatten)]
    pub(crate) order: OrderArgs,
}

#[derive(Debug, Args)]
pub(crate) struct MarkUpArgs {
    #[command(flatten)]
    pub(crate) of: MarkDownArgs,
    /// Do so too where a host in doubt cannot be asked whether its attempt is over; you answer for that
    #[arg(long, requires = "reason")]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct HoldArgs {
    /// Hosts, written as targets are
    #[arg(value_name = "HOSTS", required = true, value_parser = targets)]
    pub(crate) hosts: Vec<Selector>,
    /// Who holds them: a person, a tool, a ticket [default: you]
    #[arg(long, value_name = "NAME")]
    pub(crate) owner: Option<HoldOwner>,
    /// Wait in line for hosts that cannot be held at once, instead of holding none
    #[arg(long)]
    pub(crate) wait: bool,
    /// Where to stand in line, among the priorities of jobs
    #[arg(long, value_name = "N", default_value = "0", allow_negative_numbers = true)]
    pub(crate) priority: i32,
    #[command(flatten)]
    pub(crate) order: OrderArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ReleaseArgs {
    /// Hosts, written as targets are
    #[arg(value_name = "HOSTS", required = true, value_parser = targets)]
    pub(crate) hosts: Vec<Selector>,
    /// Who holds them [default: you]
    #[arg(long, value_name = "NAME")]
    pub(crate) owner: Option<HoldOwner>,
    /// End the holds of all others too
    #[arg(long, requires = "reason")]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) order: OrderArgs,
}
