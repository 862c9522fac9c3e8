//! `pogo inventory`: hosts, tags and settings, and where they come from.

mod check;
mod diff;
mod graph;
mod host;
mod list;

use clap::{Args, Subcommand};
use pogo_core::fleet::{Connection, Selector};
use pogo_inventory::SourceSpec;
use serde::Serialize;

use crate::cli::PlanFormat;
use crate::exit::{Exit, Stop};
use crate::report;
use crate::sources::SourceArgs;

#[derive(Debug, Args)]
pub(crate) struct InventoryArgs {
    #[command(subcommand)]
    command: InventoryCommand,
}

#[derive(Debug, Subcommand)]
enum InventoryCommand {
    /// List hosts with their tags and settings.
    List(ListArgs),
    /// Show one host, with the source and line of each tag and setting.
    Host(HostArgs),
    /// Show groups as a tree, with the number of their hosts.
    Graph(GraphArgs),
    /// Compare two sources. Exit code 1 if they differ.
    Diff(DiffArgs),
    /// Show every problem and warning of every source, and of the rules as far as they are known. Exit code 64 if there is a problem.
    Check(GraphArgs),
}

#[derive(Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    common: GraphArgs,
    /// Only these hosts.
    #[arg(short, long, value_name = "TARGETS", value_parser = crate::cli::targets)]
    targets: Option<Selector>,
}

#[derive(Debug, Args)]
struct HostArgs {
    #[command(flatten)]
    common: GraphArgs,
    /// The host's name.
    name: String,
}

#[derive(Debug, Args)]
struct GraphArgs {
    #[command(flatten)]
    sources: SourceArgs,
    /// How to print.
    #[arg(long, value_enum, default_value = "text")]
    format: PlanFormat,
}

#[derive(Debug, Args)]
struct DiffArgs {
    /// The source as it was.
    #[arg(add = crate::cli::complete_source())]
    old: SourceSpec,
    /// The source as it is.
    #[arg(add = crate::cli::complete_source())]
    new: SourceSpec,
    /// How to print.
    #[arg(long, value_enum, default_value = "text")]
    format: PlanFormat,
}

pub(crate) fn inventory(args: &InventoryArgs) -> Result<Exit, Stop> {
    match &args.command {
        InventoryCommand::List(args) => list::list(args),
        InventoryCommand::Host(args) => host::host(args),
        InventoryCommand::Graph(args) => graph::graph(args),
        InventoryCommand::Diff(args) => diff::diff(args),
        InventoryCommand::Check(args) => check::check(args),
    }
}

impl GraphArgs {
    /// What the sources say; at least one must be named.
    fn gather(&self) -> Result<pogo_inventory::merge::Gathered, Stop> {
        if self.sources.is_empty() {
            return Err(Stop::usage(
                "no source is named; name a policy file with -c, or a source with -i",
            ));
        }
        self.sources.gather()
    }
}

/// Prints something as text or as JSON.
fn show(format: PlanFormat, value: &impl Serialize, text: &str) -> Result<(), Stop> {
    match format {
        PlanFormat::Text => report::print(text)?,
        PlanFormat::Json => report::print_json(value)?,
    }
    Ok(())
}

/// The settings of a host by their names.
fn settings(connection: Option<&Connection>) -> Vec<(String, String)> {
    let Some(connection) = connection else { return vec![] };
    let port = connection.port.map(|port| port.to_string());
    let plain = [
        ("address", connection.address.clone()),
        ("port", port),
        ("user", connection.user.clone()),
    ];
    let plain = plain
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let vars = connection.vars.iter();
    plain
        .chain(vars.map(|(name, value)| (name.clone(), value.clone())))
        .collect()
}
