//! The arguments of `token`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueHint};
use pogo_core::fleet::Selector;
use pogo_web::Verb;

use super::{PlanFormat, StoreChoice, duration};

#[derive(Debug, Args)]
#[command(after_help = super::examples::TOKEN)]
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    pub(crate) command: TokenCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token and print it, this once: only its digest is kept.
    Create(TokenCreateArgs),
    /// List the tokens of a store: whose they are, and until when.
    List(TokenListArgs),
    /// Remove a token; whoever comes with it is refused from then on.
    Revoke(TokenRevokeArgs),
}

/// Which store.
#[derive(Debug, Args)]
pub(crate) struct TokenStore {
    /// The directory of the store [default: pogo in $XDG_STATE_HOME, or in ~/.local/state]
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, value_parser = StoreChoice::parser())]
    pub(crate) store: Option<StoreChoice>,
}

/// How long a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lifetime(pub(crate) Option<Duration>);

#[derive(Debug, Args)]
pub(crate) struct TokenCreateArgs {
    /// Name of whoever comes with it, under which their orders are recorded
    #[arg(long = "as", value_name = "NAME")]
    pub(crate) name: String,
    /// What it is for, which is recorded with their orders, and by which it can be revoked [default: its number]
    #[arg(long, value_name = "TEXT")]
    pub(crate) note: Option<String>,
    /// How long it is good for, such as 12h or 30d; `ever` for one without an end
    #[arg(long = "for", value_name = "TIME", default_value = "90d", value_parser = lifetime)]
    pub(crate) lifetime: Lifetime,
    /// What may be done with it at most, besides what the grants say; may be given several times [default: what the
    /// grants say]
    #[arg(long, value_name = "VERB")]
    pub(crate) may: Vec<Verb>,
    /// Only on these hosts, as a selector
    #[arg(long, value_name = "HOSTS", requires = "may")]
    pub(crate) targets: Option<Selector>,
    /// Only in this namespace; may be given several times, and have wildcards
    #[arg(short, long, value_name = "NAME", requires = "may")]
    pub(crate) namespace: Vec<String>,
    /// Write it into this file, which is new and 0600, instead of printing it
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) at: TokenStore,
}

#[derive(Debug, Args)]
pub(crate) struct TokenListArgs {
    #[command(flatten)]
    pub(crate) at: TokenStore,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: PlanFormat,
}

#[derive(Debug, Args)]
pub(crate) struct TokenRevokeArgs {
    /// Its number or note, as `token list` shows them
    #[arg(value_name = "TOKEN")]
    pub(crate) token: String,
    #[command(flatten)]
    pub(crate) at: TokenStore,
}

fn lifetime(text: &str) -> Result<Lifetime, String> {
    match text {
        "ever" => Ok(Lifetime(None)),
        text => match duration(text)? {
            Duration::ZERO => Err("a token that is good for no time is of no use; write 30d, or `ever`".to_owned()),
            time => Ok(Lifetime(Some(time))),
        },
    }
}
