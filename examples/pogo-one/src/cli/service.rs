//! The arguments of verbs that work with the dispatcher of a store.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{NonEmptyStringValueParser, TypedValueParser};
use clap::{Args, Subcommand};
use pogo_core::scheduler::JobId;

use super::{FoldArgs, LogFormat, QuestionArgs, StoreAddress, Verbosity, duration};

/// Where jobs are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreChoice {
    /// Nowhere: they end with this program.
    None,
    /// In this directory.
    Dir(PathBuf),
    /// In what several machines have.
    At(StoreAddress),
    /// Where a server has it, at this address.
    Server(String),
    /// In what was meant as such an address and is none, for this reason. It is said without what was typed, which may
    /// have a password in it.
    Invalid(String),
}

impl StoreChoice {
    /// Reads what is typed, which is not nothing.
    pub(crate) fn parser() -> impl TypedValueParser<Value = Self> {
        NonEmptyStringValueParser::new().map(|text| match text.as_str() {
            "none" => Self::None,
            address if StoreAddress::is_meant_by(address) => match StoreAddress::parse(address) {
                Ok(address) => Self::At(address),
                Err(message) => Self::Invalid(message),
            },
            url if url.starts_with("https://") || url.starts_with("http://") => Self::Server(url.to_owned()),
            path => Self::Dir(path.into()),
        })
    }
}

/// Which namespace of which store.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Store")]
pub(crate) struct PlaceArgs {
    /// Directory of the store, or its address, as postgres://pogo@db.example.com/pogo or zookeeper://zk1,zk2/pogo; or
    /// that of a server, as https://pogo.example.com:7646, whose token POGO_TOKEN has, or the file POGO_TOKEN_FILE
    /// [default: the service of this machine, or pogo in $XDG_STATE_HOME, or in ~/.local/state]
    #[arg(
        long,
        visible_alias = "server",
        value_name = "STORE",
        value_hint = clap::ValueHint::DirPath,
        value_parser = StoreChoice::parser(),
    )]
    pub(crate) store: Option<StoreChoice>,
    /// Namespace of the store [default: default]
    #[arg(short, long, value_name = "NAME")]
    pub(crate) namespace: Option<String>,
}

/// A job as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobArg {
    /// The one that was submitted last.
    Last,
    Number(JobId),
}

impl FromStr for JobArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "last" {
            return Ok(Self::Last);
        }
        let number = text.strip_prefix("job-").unwrap_or(text).parse().ok();
        let job = number
            .filter(|number| *number > 0)
            .map(|number| Self::Number(JobId::new(number)));
        job.ok_or_else(|| "write the number of a job, as in 17, or `last`".to_owned())
    }
}

#[derive(Debug, Args)]
pub(crate) struct AttachArgs {
    /// Number of the job, or `last`
    #[arg(value_name = "JOB", default_value = "last")]
    pub(crate) job: JobArg,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    #[command(flatten)]
    pub(crate) fold: FoldArgs,
    #[command(flatten)]
    pub(crate) verbosity: Verbosity,
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
    pub(crate) place: PlaceArgs,
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
    /// File of settings of the service: store, namespace, listen, tls, jwt, socket, grants,
    /// grace. What is
    /// typed wins
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath, conflicts_with = "background")]
    pub(crate) config: Option<PathBuf>,
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
}

#[derive(Debug, Args)]
pub(crate) struct ServeStopArgs {
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    /// How long to wait for its end: it lets what runs end first, for a minute by default
    #[arg(long, value_name = "TIME", default_value = "90s", value_parser = duration)]
    pub(crate) timeout: Duration,
}
