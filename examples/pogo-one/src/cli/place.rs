//! Names a store, a namespace, a job, and hosts of it.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use clap::builder::{NonEmptyStringValueParser, TypedValueParser};
use pogo_core::fleet::Selector;
use pogo_core::scheduler::{JobId, TaskState};

use super::{StoreAddress, targets};

/// Where jobs are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreChoice {
    /// Nowhere: they end with this program.
    None,
    /// In this directory.
    Dir(PathBuf),
    /// In what several machines have.
    At(StoreAddress),
    /// Where a server has it, at this address, or servers at these with a comma between them.
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
            text => match unknown_scheme(text) {
                Some(scheme) => Self::Invalid(format!(
                    "`{scheme}://` begins no address of a store or server; give a directory, or what begins with \
                     postgres://, zookeeper:, https:// or http://"
                )),
                None => Self::Dir(text.into()),
            },
        })
    }
}

/// The scheme of what looks like an address. A directory of such a name can be given as `./NAME`.
fn unknown_scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once("://")?;
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    let begins = scheme.starts_with(|letter: char| letter.is_ascii_alphabetic());
    (begins && scheme.bytes().all(is_letter)).then_some(scheme)
}

/// Which namespace of which store.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Store")]
pub(crate) struct PlaceArgs {
    /// Directory of the store, or its address, as postgres://pogo@db.example.com/pogo or zookeeper://zk1,zk2/pogo; or
    /// the URL of a server, or the URLs of several with a comma between them, of which one dispatches; their token
    /// POGO_TOKEN has, or the file POGO_TOKEN_FILE
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
    /// As `17`, or `job-17`.
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

/// Hosts by their state in a job.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct StateArgs {
    /// Hosts that failed
    #[arg(long)]
    pub(crate) failed: bool,
    /// Hosts whose attempt ended unknown
    #[arg(long)]
    pub(crate) in_doubt: bool,
    /// Hosts that did not run: they wait, or were cancelled
    #[arg(long)]
    pub(crate) not_run: bool,
}

impl StateArgs {
    /// The states that were named.
    pub(crate) fn states(self) -> Vec<TaskState> {
        let named = [
            (self.failed, &[TaskState::Failed][..]),
            (self.in_doubt, &[TaskState::InDoubt]),
            (self.not_run, &[TaskState::Waiting, TaskState::Cancelled]),
        ];
        let named = named.into_iter().filter(|(is_named, _)| *is_named);
        named.flat_map(|(_, states)| states).copied().collect()
    }
}

/// Hosts of a job.
#[derive(Debug, Args)]
pub(crate) struct JobHostsArgs {
    /// Number of the job, or `last`
    #[arg(value_name = "JOB")]
    pub(crate) job: JobArg,
    /// Hosts of the job, written as targets are; with a state, those of them that are in it
    #[arg(value_name = "HOSTS", value_parser = targets)]
    pub(crate) hosts: Vec<Selector>,
    #[command(flatten)]
    pub(crate) states: StateArgs,
}
