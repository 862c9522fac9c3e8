//! What a dispatcher and its store are asked and ordered.

use clap::Subcommand;

use super::examples;
use super::{
    ApplyArgs, AttachArgs, EventsArgs, ExplainArgs, FreezeArgs, GrantsArgs, HistoryArgs, HoldArgs, HostStatusArgs,
    JobOrderArgs, JobsArgs, LogsArgs, MarkArgs, NoteArgs, ProbeArgs, ReleaseArgs, RerunArgs, ServeArgs, SlotsArgs,
    StatusArgs, StopArgs, StoreArgs, TaskOrderArgs, ThawArgs, TokenArgs, UpdateArgs, WaitArgs,
};

/// Commands on jobs that outlive their terminal, on their hosts, and on the store that keeps them.
#[derive(Debug, Subcommand)]
pub(crate) enum DispatcherCommand {
    /// Show a job that runs, as if you had been there from the start; ends with its exit code.
    #[command(after_help = examples::ATTACH)]
    Attach(AttachArgs),
    /// Wait for the end of a job in silence, and end with its exit code.
    #[command(after_help = examples::WAIT)]
    Wait(WaitArgs),
    /// Show what runs or is stuck and how to go on; with JOB, one job and why its hosts failed.
    #[command(after_help = examples::STATUS)]
    Status(StatusArgs),
    /// List jobs, the newest first.
    #[command(after_help = examples::JOBS)]
    Jobs(JobsArgs),
    /// Print what hosts wrote in their last attempts.
    #[command(after_help = examples::LOGS)]
    Logs(LogsArgs),
    /// Print what happened to a job, record by record.
    #[command(after_help = examples::EVENTS)]
    Events(EventsArgs),
    /// Say why a job or a host waits, and what clears that.
    #[command(after_help = examples::EXPLAIN)]
    Explain(ExplainArgs),
    /// Show limits, and who holds their slots since when.
    #[command(after_help = examples::SLOTS)]
    Slots(SlotsArgs),
    /// Show one host: its tags, why it is unavailable, its jobs.
    #[command(after_help = examples::HOST)]
    Host(HostStatusArgs),
    /// Show what touched hosts in a stretch of time: jobs that ran there, and orders.
    #[command(after_help = examples::HISTORY)]
    History(HistoryArgs),
    /// Try hosts of a job again; of one that is over, in a new job.
    #[command(after_help = examples::RETRY)]
    Retry(TaskOrderArgs),
    /// Count hosts of a job as done, without running them.
    #[command(after_help = examples::SKIP)]
    Skip(TaskOrderArgs),
    /// Ask hosts that failed or are in doubt whether they are well; those that are count as done.
    #[command(after_help = examples::PROBE)]
    Probe(ProbeArgs),
    /// Say something of a job to whoever looks at it next.
    #[command(after_help = examples::NOTE)]
    Note(NoteArgs),
    /// Submit a new job like one that was, or on some of its hosts.
    #[command(after_help = examples::RERUN)]
    Rerun(RerunArgs),
    /// Start nothing more of a job until it is resumed.
    #[command(after_help = examples::PAUSE)]
    Pause(JobOrderArgs),
    /// Go on with a job that is paused, stopped or blocked.
    #[command(after_help = examples::RESUME)]
    Resume(JobOrderArgs),
    /// Start nothing more of a job, and let what runs end; with --now, end that too.
    #[command(visible_alias = "halt", after_help = examples::STOP)]
    Stop(StopArgs),
    /// End a job now, as `stop --now` does.
    #[command(hide = true)]
    Abort(JobOrderArgs),
    /// Begin the next wave of a job.
    #[command(after_help = examples::PROMOTE)]
    Promote(JobOrderArgs),
    /// Change settings of a job that runs.
    #[command(visible_alias = "alter", after_help = examples::UPDATE)]
    Update(UpdateArgs),
    /// Start nothing on hosts, in any job.
    #[command(after_help = examples::FREEZE)]
    Freeze(FreezeArgs),
    /// End a freeze.
    #[command(after_help = examples::THAW)]
    Thaw(ThawArgs),
    /// Say whether hosts are available, whatever jobs say.
    #[command(after_help = examples::MARK)]
    Mark(MarkArgs),
    /// Take hosts out of service, outside of any job and within the limits.
    #[command(after_help = examples::HOLD)]
    Hold(HoldArgs),
    /// Give back hosts that are held.
    #[command(after_help = examples::RELEASE)]
    Release(ReleaseArgs),
    /// Give a namespace a fleet and a policy: shows what changes, and asks.
    #[command(after_help = examples::APPLY)]
    Apply(ApplyArgs),
    /// Dispatch the jobs of a store in this process until it is ended; `run` starts one in the background where there
    /// is none.
    #[command(after_help = examples::SERVE)]
    Serve(ServeArgs),
    /// Look at a store of rollouts, check it, remove what is old, and copy it.
    Store(StoreArgs),
    /// Say who may do what on a server.
    Grants(GrantsArgs),
    /// Make, list and revoke tokens for a server.
    Token(TokenArgs),
}
