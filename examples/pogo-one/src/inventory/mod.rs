//! `pogo inventory`: hosts, tags and settings, and where they come from.

mod check;
mod diff;
mod gathered;
mod graph;
mod host;
mod list;

use crate::cli::{InventoryArgs, InventoryCommand};
use crate::exit::{CliError, Exit};

pub(crate) fn inventory(args: &InventoryArgs) -> Result<Exit, CliError> {
    match &args.command {
        InventoryCommand::List(args) => list::list(args),
        InventoryCommand::Host(args) => host::host(args),
        InventoryCommand::Graph(args) => graph::graph(args),
        InventoryCommand::Diff(args) => diff::diff(args),
        InventoryCommand::Check(args) => check::check(args),
    }
}
