//! The command line as a whole.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::examples;
use super::{
    AuditArgs, Color, CompletionArgs, ConfigArgs, InventoryArgs, LogFormat, ManArgs, NAME, PlanArgs, ReplayArgs,
    RunArgs, SimulateArgs, TimelineArgs, Verbosity,
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
}

const EXIT_CODES: &str = "\
Exit codes:
  0   every host succeeded
  1   every host was tried, and some failed or are in doubt
  2   the job was blocked or stopped before every host was tried
  3   you left, and the job goes on
  4   the job waits for a person, and there is no terminal
      (`simulate` with --runs or --what-if ends with 0 when it could answer, whatever the answer)
  4   somebody has to answer, and there is no terminal
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
    /// Show a job that runs, as if you had been there from the start; ends with its exit code.
    #[cfg(feature = "store")]
    #[command(after_help = examples::ATTACH)]
    Attach(super::AttachArgs),
    /// Wait for the end of a job in silence, and end with its exit code.
    #[cfg(feature = "store")]
    #[command(after_help = examples::WAIT)]
    Wait(super::WaitArgs),
    /// Show what runs or is stuck and how to go on; with JOB, one job and why its hosts failed.
    #[cfg(feature = "store")]
    #[command(after_help = examples::STATUS)]
    Status(super::StatusArgs),
    /// List jobs, the newest first.
    #[cfg(feature = "store")]
    #[command(after_help = examples::JOBS)]
    Jobs(super::JobsArgs),
    /// Print what hosts wrote in their last attempts.
    #[cfg(feature = "store")]
    #[command(after_help = examples::LOGS)]
    Logs(super::LogsArgs),
    /// Print what happened to a job, record by record.
    #[cfg(feature = "store")]
    #[command(after_help = examples::EVENTS)]
    Events(super::EventsArgs),
    /// Say why a job or a host waits, and what clears that.
    #[cfg(feature = "store")]
    #[command(after_help = examples::EXPLAIN)]
    Explain(super::ExplainArgs),
    /// Show limits, and who holds their slots since when.
    #[cfg(feature = "store")]
    #[command(after_help = examples::SLOTS)]
    Slots(super::SlotsArgs),
    /// Show one host: its tags, why it is unavailable, its jobs.
    #[cfg(feature = "store")]
    #[command(after_help = examples::HOST)]
    Host(super::HostStatusArgs),
    /// Try hosts of a job again; of one that is over, in a new job.
    #[cfg(feature = "store")]
    #[command(after_help = examples::RETRY)]
    Retry(super::TaskOrderArgs),
    /// Count hosts of a job as done, without running them.
    #[cfg(feature = "store")]
    #[command(after_help = examples::SKIP)]
    Skip(super::TaskOrderArgs),
    /// Ask hosts that failed or are in doubt whether they are well; those that are count as done.
    #[cfg(feature = "store")]
    #[command(after_help = examples::PROBE)]
    Probe(super::ProbeArgs),
    /// Say something of a job to whoever looks at it next.
    #[cfg(feature = "store")]
    #[command(after_help = examples::NOTE)]
    Note(super::NoteArgs),
    /// Submit a new job like one that was, or on some of its hosts.
    #[cfg(feature = "store")]
    #[command(after_help = examples::RERUN)]
    Rerun(super::RerunArgs),
    /// Start nothing more of a job until it is resumed.
    #[cfg(feature = "store")]
    #[command(after_help = examples::PAUSE)]
    Pause(super::JobOrderArgs),
    /// Go on with a job that is paused, stopped or blocked.
    #[cfg(feature = "store")]
    #[command(after_help = examples::RESUME)]
    Resume(super::JobOrderArgs),
    /// Start nothing more of a job, and let what runs end; with --now, end that too.
    #[cfg(feature = "store")]
    #[command(visible_alias = "halt", after_help = examples::STOP)]
    Stop(super::StopArgs),
    /// End a job now, as `stop --now` does.
    #[cfg(feature = "store")]
    #[command(hide = true)]
    Abort(super::JobOrderArgs),
    /// Begin the next wave of a job.
    #[cfg(feature = "store")]
    #[command(after_help = examples::PROMOTE)]
    Promote(super::JobOrderArgs),
    /// Change settings of a job that runs.
    #[cfg(feature = "store")]
    #[command(visible_alias = "alter", after_help = examples::UPDATE)]
    Update(super::UpdateArgs),
    /// Start nothing on hosts, in any job.
    #[cfg(feature = "store")]
    #[command(after_help = examples::FREEZE)]
    Freeze(super::FreezeArgs),
    /// End a freeze.
    #[cfg(feature = "store")]
    #[command(after_help = examples::THAW)]
    Thaw(super::ThawArgs),
    /// Say whether hosts are available, whatever jobs say.
    #[cfg(feature = "store")]
    #[command(after_help = examples::MARK)]
    Mark(super::MarkArgs),
    /// Take hosts out of service, outside of any job and within the limits.
    #[cfg(feature = "store")]
    #[command(after_help = examples::HOLD)]
    Hold(super::HoldArgs),
    /// Give back hosts that are held.
    #[cfg(feature = "store")]
    #[command(after_help = examples::RELEASE)]
    Release(super::ReleaseArgs),
    /// Give a namespace a fleet and a policy: shows what changes, and asks.
    #[cfg(feature = "store")]
    #[command(after_help = examples::APPLY)]
    Apply(super::ApplyArgs),
    /// Dispatch the jobs of a store in this process until it is ended; `run` starts one in the background where there
    /// is none.
    #[cfg(feature = "store")]
    #[command(after_help = examples::SERVE)]
    Serve(super::ServeArgs),
    /// Look at a store of rollouts, check it, remove what is old, and copy it.
    #[cfg(feature = "store")]
    Store(super::StoreArgs),
    /// Say who may do what on a server.
    #[cfg(feature = "store")]
    Grants(super::GrantsArgs),
    /// Make, list and revoke tokens for a server.
    #[cfg(feature = "store")]
    Token(super::TokenArgs),
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
    #[command(flatten)]
    pub(crate) verbosity: Verbosity,
}
