//! The arguments of `run`.

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
    /// What to run. One word is a line for the target's shell; several are a program and its arguments, passed on unchanged.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}
