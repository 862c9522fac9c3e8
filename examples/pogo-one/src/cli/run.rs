//! The arguments of `run`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{FoldArgs, JobArgs, LogFormat, SshArgs, Verbosity};
use crate::invocation::InvocationArgs;
use crate::sources::FollowArgs;

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) job: JobArgs,
    #[command(flatten)]
    pub(crate) ssh: SshArgs,
    #[command(flatten)]
    pub(crate) invocation: InvocationArgs,
    #[command(flatten)]
    pub(crate) follow: FollowArgs,
    #[command(flatten)]
    pub(crate) fold: FoldArgs,
    #[command(flatten)]
    pub(crate) verbosity: Verbosity,
    /// How to print what happens: the hosts' output, or one event a line.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: LogFormat,
    /// Write the event log into this file, beside what is printed: the lines of `--format jsonl`. What it holds is replaced.
    #[arg(long, value_name = "FILE")]
    pub(crate) events: Option<PathBuf>,
    /// How long what runs may go on after SIGTERM or SIGHUP, which stop the job as ^C does, before it is ended.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = humantime::parse_duration)]
    pub(crate) stop_grace: Duration,
    /// What to run. One word is a line for the target's shell; several are a program and its arguments, passed on unchanged.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}
