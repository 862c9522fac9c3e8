//! `pogo inventory`: hosts, tags and settings, and where they come from.

mod check;
mod diff;
mod graph;
mod host;
mod list;

use pogo_core::fleet::Connection;
use pogo_inventory::merge::Gathered;
use serde::Serialize;

use crate::cli::{GraphArgs, InventoryArgs, InventoryCommand, PlanFormat};
use crate::exit::{CliError, Exit};
use crate::report;

pub(crate) fn inventory(args: &InventoryArgs) -> Result<Exit, CliError> {
    match &args.command {
        InventoryCommand::List(args) => list::list(args),
        InventoryCommand::Host(args) => host::host(args),
        InventoryCommand::Graph(args) => graph::graph(args),
        InventoryCommand::Diff(args) => diff::diff(args),
        InventoryCommand::Check(args) => check::check(args),
    }
}

/// What the sources say; at least one must be named.
fn gather(args: &GraphArgs) -> Result<Gathered, CliError> {
    if args.sources.is_empty() {
        return Err(CliError::usage(
            "no source is named; name a policy file with -c, or a source with -i",
        ));
    }
    args.sources.gather()
}

/// Prints something as text or as JSON.
fn show(format: PlanFormat, value: &impl Serialize, text: &str) -> Result<(), CliError> {
    match format {
        PlanFormat::Text => report::print(text)?,
        PlanFormat::Json => report::print_json(value)?,
    }
    Ok(())
}

/// The settings of a host by their names.
fn settings(connection: Option<&Connection>) -> Vec<(String, String)> {
    let settings = connection.into_iter().flat_map(Connection::settings);
    settings
        .map(|(name, value)| (name.to_owned(), value.into_owned()))
        .collect()
}
