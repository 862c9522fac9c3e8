//! The command line as a whole.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::examples;
use super::{
    AuditArgs, Color, CompletionArgs, ConfigArgs, InventoryArgs, LogFormat, ManArgs, NAME, PlanArgs, ReplayArgs,
    RunArgs, SimulateArgs, TimelineArgs,
};

/// Roll a command out to many hosts, as fast as the rules allow and never faster.
#[derive(Debug, Parser)]
#[command(name = NAME, version = env!("PROGRAM_VERSION"), after_help = EXIT_CODES, max_term_width = 80)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// When to use colours
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value = "auto",
        help_heading = "Output"
    )]
    pub(crate) color: Color,
    #[command(flatten)]
    pub(crate) verbosity: super::Verbosity,
}

const EXIT_CODES: &str = "\
Exit codes:
  0   every host succeeded
  1   every host was tried, and some failed or are in doubt
  2   the job was blocked or stopped before every host was tried
  3   you left, and the job goes on
  4   the job waits for a person, and there is no terminal
      (`simulate` with --runs or --what-if ends with 0 when it could answer, whatever the answer)
  64  the command line, the policy or the targets are wrong; nothing was done
  69  nobody answers; nothing was done
  70  the program broke, or could not write what it had to
  75  contact was lost after the job was submitted
  77  this account may not do that";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show what a job would do: stages, limits, warnings. Sends nothing.
    #[command(after_help = examples::PLAN)]
    Plan(PlanArgs),
    /// Run the job in virtual time with the scheduler that would run it.
    #[command(after_help = examples::SIMULATE)]
    Simulate(SimulateArgs),
    /// Run a command on the targets over SSH.
    #[command(after_help = examples::RUN)]
    Run(Box<RunArgs>),
    /// Draw a job from its event log, be it simulated, over or still running.
    #[command(after_help = examples::TIMELINE)]
    Timeline(TimelineArgs),
    /// Show a job from its event log as it went, at any speed.
    #[command(after_help = examples::REPLAY)]
    Replay(ReplayArgs),
    /// Prove from an event log that a job kept every rule, or name the first record that broke one.
    Audit(AuditArgs),
    /// Look at hosts, tags and settings, and where they come from.
    #[command(after_help = examples::INVENTORY)]
    Inventory(InventoryArgs),
    #[cfg(feature = "store")]
    #[command(flatten)]
    Dispatcher(super::DispatcherCommand),
    /// Show the program's settings, and where each comes from.
    #[command(after_help = examples::CONFIG)]
    Config(ConfigArgs),
    /// Print a script that completes words in a shell.
    #[command(after_help = examples::COMPLETION)]
    Completion(CompletionArgs),
    /// Write pages of the manual, for packages.
    #[command(hide = true)]
    Man(ManArgs),
    /// See a rollout: 28 SSH servers inside this process, one of them failing.
    #[command(after_help = examples::DEMO)]
    Demo(DemoArgs),
}

#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: LogFormat,
    /// Write the event log into this file, beside what is printed. An existing file is overwritten.
    #[arg(long, value_name = "FILE")]
    pub(crate) events: Option<PathBuf>,
}
