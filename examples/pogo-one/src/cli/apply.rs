//! The arguments of `apply`.

use clap::Args;

use super::{SourceArgs, StoreChoice};

#[derive(Debug, Args)]
pub(crate) struct ApplyArgs {
    #[command(flatten)]
    pub(crate) sources: SourceArgs,
    /// Directory of the store, or its address [default: pogo in $XDG_STATE_HOME, or in ~/.local/state]
    #[arg(
        long,
        visible_alias = "server",
        value_name = "STORE",
        value_hint = clap::ValueHint::DirPath,
        value_parser = StoreChoice::parser(),
        help_heading = "Store",
    )]
    pub(crate) store: Option<StoreChoice>,
    /// Why, for the record
    #[arg(long, value_name = "WHY")]
    pub(crate) reason: Option<String>,
    /// Apply it without asking, also where hosts of unfinished jobs are removed
    #[arg(short, long)]
    pub(crate) yes: bool,
}
