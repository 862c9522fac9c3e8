//! The arguments of `run`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{ExecArgs, FoldArgs, FollowArgs, JobArgs, LogFormat, SshArgs, duration};

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) job: JobArgs,
    #[command(flatten)]
    pub(crate) ssh: SshArgs,
    #[command(flatten)]
    pub(crate) exec_options: ExecArgs,
    #[command(flatten)]
    pub(crate) follow: FollowArgs,
    #[command(flatten)]
    pub(crate) fold: FoldArgs,
    /// Output format: the hosts' output, or one event a line.
    #[arg(long, value_enum, default_value = "text", help_heading = "Output")]
    pub(crate) format: LogFormat,
    /// Write the event log into this file, beside what is printed: the lines of `--format jsonl`. An existing file is
    /// overwritten.
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, help_heading = "Output")]
    pub(crate) events: Option<PathBuf>,
    /// Grace period for running hosts after SIGTERM or SIGHUP, which stop the job as ^C does.
    #[arg(
        long,
        value_name = "TIME",
        default_value = "5s",
        help_heading = "Time limits and retries",
        value_parser = duration,
    )]
    pub(crate) stop_grace: Duration,
    /// Submit the job, print its number and end; `pogo attach` shows it
    #[cfg(feature = "store")]
    #[arg(short = 'd', long, help_heading = "Store")]
    pub(crate) detach: bool,
    /// Dispatch in this process, where no dispatcher of the store runs; ends with the job. Implied by CI=true
    #[cfg(feature = "store")]
    #[arg(long, conflicts_with = "detach", help_heading = "Store")]
    pub(crate) foreground: bool,
    /// Ask nothing before the job begins, also where more than 100 hosts are under no limit
    #[arg(short, long, help_heading = "Limits")]
    pub(crate) yes: bool,
    /// Why, for the record
    #[arg(long, value_name = "WHY")]
    pub(crate) reason: Option<String>,
    /// Show what would be done, and send nothing; the same as `plan`
    #[arg(long, help_heading = "Output")]
    pub(crate) dry_run: bool,
    /// What to run: one word is a line for the target's shell, several are a program and its arguments, passed on
    /// unchanged
    ///
    /// With --script, the arguments of the script.
    #[arg(last = true, value_name = "COMMAND", value_hint = clap::ValueHint::CommandWithArguments)]
    pub(crate) command: Vec<String>,
}
