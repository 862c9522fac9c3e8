//! The arguments of `inventory`.

use clap::{Args, Subcommand};
use pogo_core::fleet::Selector;
use pogo_inventory::SourceSpec;

use super::{PlanFormat, SourceArgs, targets};

#[derive(Debug, Args)]
pub(crate) struct InventoryArgs {
    #[command(subcommand)]
    pub(crate) command: InventoryCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum InventoryCommand {
    /// List hosts with their tags and settings.
    List(ListArgs),
    /// Show one host, with the source and line of each tag and setting.
    Host(HostArgs),
    /// Show groups as a tree, with the number of their hosts.
    Graph(GraphArgs),
    /// Compare two sources. Exit code 1 if they differ.
    Diff(DiffArgs),
    /// Show every problem and warning of every source, and of the rules as far as they are known. Exit code 64 if there
    /// is a problem.
    Check(GraphArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) common: GraphArgs,
    /// Only these hosts.
    #[arg(short, long, value_name = "TARGETS", value_parser = targets)]
    pub(crate) targets: Option<Selector>,
}

#[derive(Debug, Args)]
pub(crate) struct HostArgs {
    #[command(flatten)]
    pub(crate) common: GraphArgs,
    /// The host's name.
    pub(crate) name: String,
}

#[derive(Debug, Args)]
pub(crate) struct GraphArgs {
    #[command(flatten)]
    pub(crate) sources: SourceArgs,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: PlanFormat,
}

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// The source as it was.
    pub(crate) old: SourceSpec,
    /// The source as it is.
    pub(crate) new: SourceSpec,
    /// Output format.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) format: PlanFormat,
}
