//! The command line.

mod duration;
mod expectation;
mod foreign;
mod job;
mod log;
mod login;
mod output;
mod plan;
mod run;
mod simulate;
mod source;
mod ssh;
mod targets;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

pub(crate) use duration::duration;
pub(crate) use foreign::{explain, missing_command};
pub(crate) use job::{JobArgs, LimitArgs};
pub(crate) use log::{AuditArgs, ReplayArgs, Speed, TimelineArgs};
pub(crate) use login::Login;
pub(crate) use output::{FoldArgs, LogFormat, PictureArgs, PlanFormat, Verbosity};
pub(crate) use plan::PlanArgs;
pub(crate) use run::RunArgs;
pub(crate) use simulate::{SimulateArgs, SimulateFormat, TimesArg};
pub(crate) use source::source;
pub(crate) use ssh::{HostKeys, Speaker, SshArgs};
pub(crate) use targets::{TargetArgs, Targets, targets};

use crate::config::ConfigArgs;
use crate::inventory::InventoryArgs;

/// What the program is called, in usage and messages.
pub(crate) const NAME: &str = env!("CARGO_BIN_NAME");

/// Roll a command out to many hosts, as fast as the rules allow and never faster.
#[derive(Debug, Parser)]
#[command(name = NAME, version, after_help = EXIT_CODES, max_term_width = 80)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0   every host succeeded
  1   every host was tried, and some failed or are in doubt
  2   the job was blocked or stopped before every host was tried
      (`simulate` with --runs or --what-if ends with 0 when it could answer, whatever the answer)
  64  the command line, the policy or the targets are wrong; nothing was done
  70  the program broke, or could not write what it had to";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show what a job would do: stages, limits, warnings. Sends nothing.
    Plan(PlanArgs),
    /// Run the job in virtual time with the scheduler that would run it.
    Simulate(SimulateArgs),
    /// Run a command on the targets over SSH.
    Run(Box<RunArgs>),
    /// Draw a job from its event log, be it simulated, over or still running.
    Timeline(TimelineArgs),
    /// Show a job from its event log as it went, at any speed.
    Replay(ReplayArgs),
    /// Prove from an event log that a job kept every rule, or name the first record that broke one.
    Audit(AuditArgs),
    /// Look at hosts, tags and settings, and where they come from.
    Inventory(InventoryArgs),
    /// Show the program's settings, and where each comes from.
    Config(ConfigArgs),
    /// See a rollout: 28 SSH servers inside this process, one of them failing.
    Demo(DemoArgs),
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// How to print what happens.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: LogFormat,
    /// Write the event log into this file, beside what is printed. What it holds is replaced.
    #[arg(long, value_name = "FILE")]
    pub(crate) events: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) verbosity: Verbosity,
}
