//! The arguments of verbs that work with the dispatcher of a store.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::{FoldArgs, JobArg, LogFormat, PlaceArgs, QuestionArgs, duration};

#[derive(Debug, Args)]
pub(crate) struct AttachArgs {
    /// Number of the job, or `last`
    #[arg(value_name = "JOB", default_value = "last")]
    pub(crate) job: JobArg,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    #[command(flatten)]
    pub(crate) fold: FoldArgs,
    /// Output format: the hosts' output, or one event a line.
    #[arg(long, value_enum, default_value = "text", help_heading = "Output")]
    pub(crate) format: LogFormat,
}

#[derive(Debug, Args)]
pub(crate) struct WaitArgs {
    /// Number of the job, or `last`
    #[arg(value_name = "JOB", default_value = "last")]
    pub(crate) job: JobArg,
    #[command(flatten)]
    pub(crate) question: QuestionArgs,
}

/// How a service writes its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ServiceLogFormat {
    /// Lines for people.
    Text,
    /// A JSON object a line: `at`, `time`, `event`, `message`; also one for each request, with its `id`, `actor`,
    /// `method`, `route`, `status` and `ms`.
    Json,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct ServeArgs {
    #[command(subcommand)]
    pub(crate) command: Option<ServeCommand>,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// Grace period for running hosts when this ends: nothing more starts, and what still runs then is ended, or left
    /// to the next dispatcher [default: 1m]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub(crate) grace: Option<Duration>,
    /// File of settings of the service: store, namespace, listen, tls, jwt, oidc, socket, grants, grace, log. What is
    /// typed wins
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, conflicts_with = "background")]
    pub(crate) config: Option<PathBuf>,
    /// How the log is written to standard error: lines for people, or a JSON object a line [default: text]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) log: Option<ServiceLogFormat>,
    /// Check the file of settings and what it names, and serve nothing
    #[arg(long, requires = "config")]
    pub(crate) check: bool,
    /// Go on with a store that is a copy, for this reason: every job is paused, and what had not ended is in doubt.
    /// Nobody may go on with the one that was copied
    #[arg(long, value_name = "REASON")]
    pub(crate) accept_restore: Option<String>,
    /// Address to serve the page and the API on as well: a port of this machine, for whoever has the token that is
    /// printed [default with --listen: 127.0.0.1:7646]
    #[arg(
        long,
        value_name = "ADDR",
        num_args = 0..=1,
        default_missing_value = "127.0.0.1:7646",
        conflicts_with = "background",
    )]
    pub(crate) listen: Option<SocketAddr>,
    /// Address at which clients reach --listen, where that is another: of the machine in the network, or of what stands
    /// before it. Dispatchers that stand by send them there
    #[arg(long, value_name = "https://HOST:PORT", value_hint = clap::ValueHint::Url, conflicts_with = "background")]
    pub(crate) advertise: Option<String>,
    /// File of the certificate that --listen is served with, and of those of its issuers behind it, in PEM. Read again
    /// when it changes
    #[arg(
        long,
        value_name = "FILE",
        value_hint = clap::ValueHint::FilePath,
        requires = "tls_key",
        conflicts_with = "background",
    )]
    pub(crate) tls_cert: Option<PathBuf>,
    /// File of the certificate's key, in PEM
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Never take over from another dispatcher: answer for the namespace on this machine, and send whoever asks to the
    /// owner
    #[arg(long, conflicts_with = "background")]
    pub(crate) standby_only: bool,
    /// File of grants, which say who may do what with --listen [default: whoever has the printed token may do
    /// everything, and other tokens what they were made for]
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, conflicts_with = "background")]
    pub(crate) grants: Option<PathBuf>,
    /// Leave the terminal, and end when nothing is left to do.
    #[arg(long, hide = true)]
    pub(crate) background: bool,
    /// How long nobody may need it before it ends.
    #[arg(long, hide = true, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub(crate) idle_after: Duration,
}

/// What is asked of a dispatcher that runs.
#[derive(Debug, Subcommand)]
pub(crate) enum ServeCommand {
    /// Say who serves the store, since when, and where it logs.
    Status(QuestionArgs),
    /// End the dispatcher of the store; jobs that are not done go on with the next one.
    Stop(ServeStopArgs),
    /// Let another dispatcher take over that stands by, which takes a store that several machines have.
    StepDown(StepDownArgs),
    /// Print a unit for systemd, which starts the dispatcher with the machine and again whenever it ends.
    Unit(ServeUnitArgs),
}

#[derive(Debug, Args)]
pub(crate) struct StepDownArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// How long to wait for the other to take over: what runs here is let end first, for a minute by default
    #[arg(long, value_name = "TIME", default_value = "90s", value_parser = duration)]
    pub(crate) timeout: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct ServeUnitArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// Account that it runs under, for a unit of the system [default: a unit of your own, for `systemctl --user`]
    #[arg(long, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// File of settings of the service, which says which store and namespace
    #[arg(
        long,
        value_name = "FILE",
        value_hint = clap::ValueHint::FilePath,
        conflicts_with_all = ["store", "namespace"]
    )]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ServeStopArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// How long to wait for its end: it lets what runs end first, for a minute by default
    #[arg(long, value_name = "TIME", default_value = "90s", value_parser = duration)]
    pub(crate) timeout: Duration,
}
