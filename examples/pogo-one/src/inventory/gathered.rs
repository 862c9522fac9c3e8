//! What the sources of an inventory say.

use pogo_core::fleet::Connection;
use pogo_inventory::merge::Gathered;

use crate::cli::GraphArgs;
use crate::exit::CliError;

/// What the sources say; at least one must be named.
pub(super) fn gather(args: &GraphArgs) -> Result<Gathered, CliError> {
    if args.sources.is_empty() {
        return Err(CliError::usage(
            "no source is named; name a policy file with -c, or a source with -i",
        ));
    }
    args.sources.gather()
}

/// The settings of a host by their names.
pub(super) fn settings(connection: Option<&Connection>) -> Vec<(String, String)> {
    let settings = connection.into_iter().flat_map(Connection::settings);
    settings
        .map(|(name, value)| (name.to_owned(), value.into_owned()))
        .collect()
}
