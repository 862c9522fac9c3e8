//! The arguments of questions: verbs that show jobs and hosts, and change nothing.

use std::time::Duration;

use clap::{Args, ValueEnum};
use pogo_core::Timestamp;
use pogo_core::fleet::{HostName, Selector};
use pogo_core::scheduler::JobStatus;

use super::{
    FoldArgs, JobArg, JobHostsArgs, LogFormat, PlaceArgs, PlanFormat, duration, moment, targets, whole_number,
};

/// What every question has.
#[derive(Debug, Args)]
pub(crate) struct QuestionArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// Output format
    #[arg(long, value_enum, default_value = "text", help_heading = "Output")]
    pub(crate) format: PlanFormat,
}

#[derive(Debug, Args)]
pub(crate) struct JobsArgs {
    /// Jobs that you submitted
    #[arg(long, conflicts_with = "by")]
    pub(crate) mine: bool,
    /// Jobs that this user submitted
    #[arg(long, value_name = "USER")]
    pub(crate) by: Option<String>,
    /// Jobs that have any of these hosts
    #[arg(long, value_name = "HOSTS", value_parser = targets)]
    pub(crate) on: Option<Selector>,
    /// Jobs in this state; may be given several times
    #[arg(long, value_enum, value_name = "STATE")]
    pub(crate) state: Vec<StatusArg>,
    /// Jobs to which something happened within this time, as in 2h or 7days
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) since: Option<Duration>,
    /// Show at most so many, the newest [default: 20]
    #[arg(
        short = 'l',
        long,
        value_name = "N",
        default_value = "20",
        hide_default_value = true,
        value_parser = whole_number,
    )]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) question: QuestionArgs,
}

/// The status of a job, as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StatusArg {
    /// Something of it runs, or will by itself.
    Running,
    /// It goes on when other jobs give back hosts or slots.
    Waiting,
    /// Somebody paused it.
    Paused,
    /// It goes on by an order only.
    Blocked,
    /// It stops, and something still runs.
    Halting,
    /// It was stopped.
    Halted,
    /// Nothing of it runs or waits.
    Finished,
}

impl From<StatusArg> for JobStatus {
    fn from(status: StatusArg) -> Self {
        match status {
            StatusArg::Running => Self::Running,
            StatusArg::Waiting => Self::Waiting,
            StatusArg::Paused => Self::Paused,
            StatusArg::Blocked => Self::Blocked,
            StatusArg::Halting => Self::Halting,
            StatusArg::Halted => Self::Halted,
            StatusArg::Finished => Self::Finished,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Number of the job, or `last` [default: what runs or is stuck]
    #[arg(value_name = "JOB")]
    pub(crate) job: Option<JobArg>,
    #[command(flatten)]
    pub(crate) question: QuestionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Number of the job, or `last`
    #[arg(value_name = "JOB")]
    pub(crate) job: JobArg,
    /// A host of the job [default: what holds back the job]
    #[arg(value_name = "HOST")]
    pub(crate) host: Option<HostName>,
    #[command(flatten)]
    pub(crate) question: QuestionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SlotsArgs {
    /// Limits that count any of these hosts [default: all]
    #[arg(value_name = "SELECTOR", value_parser = targets)]
    pub(crate) hosts: Option<Selector>,
    #[command(flatten)]
    pub(crate) question: QuestionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct HostStatusArgs {
    /// The host
    #[arg(value_name = "HOST")]
    pub(crate) host: HostName,
    #[command(flatten)]
    pub(crate) question: QuestionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// What touched any of these hosts [default: all]
    #[arg(value_name = "SELECTOR", value_parser = targets)]
    pub(crate) hosts: Option<Selector>,
    /// From this moment on: so long ago (2h), a time of today (14:02) or of another day ('2026-11-30 14:02'), or one
    /// with its zone (2026-11-30T14:02:05Z) [default: a day ago]
    #[arg(long, visible_alias = "from", value_name = "TIME", value_parser = moment)]
    pub(crate) since: Option<Timestamp>,
    /// Up to this moment, written alike [default: now]
    #[arg(long, visible_alias = "to", value_name = "TIME", value_parser = moment)]
    pub(crate) until: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) question: QuestionArgs,
}

#[derive(Debug, Args)]
pub(crate) struct LogsArgs {
    #[command(flatten)]
    pub(crate) of: JobHostsArgs,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    #[command(flatten)]
    pub(crate) fold: FoldArgs,
    /// Go on as hosts write, until the job is over or ^C
    #[arg(
        short = 'f',
        long,
        conflicts_with_all = ["fold", "diff", "failed", "in_doubt", "not_run"],
        help_heading = "Output"
    )]
    pub(crate) follow: bool,
    /// Only what was written to standard error
    #[arg(long, help_heading = "Output")]
    pub(crate) stderr: bool,
    /// Every byte as it was written, without names of hosts; not for terminals
    #[arg(long, conflicts_with_all = ["fold", "diff", "format"], help_heading = "Output")]
    pub(crate) raw: bool,
    /// Output format: lines under the names of hosts, or one piece of output a line
    #[arg(long, value_enum, default_value = "text", help_heading = "Output")]
    pub(crate) format: LogFormat,
}

#[derive(Debug, Args)]
pub(crate) struct EventsArgs {
    /// Number of the job, or `last`
    #[arg(value_name = "JOB")]
    pub(crate) job: JobArg,
    /// Only what happened to this host
    #[arg(value_name = "HOST")]
    pub(crate) host: Option<HostName>,
    /// Go on as things happen, until the job is over or ^C
    #[arg(short = 'f', long, help_heading = "Output")]
    pub(crate) follow: bool,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// Output format: sentences, or one record a line
    #[arg(long, value_enum, default_value = "text", help_heading = "Output")]
    pub(crate) format: LogFormat,
}
