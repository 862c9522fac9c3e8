//! `pogo inventory diff`

use pogo_inventory::FleetDiff;

use crate::cli::DiffArgs;
use crate::exit::{CliError, Exit};
use crate::report::WithWarnings;
use crate::report::print_as;
use crate::sources;

pub(super) fn diff(args: &DiffArgs) -> Result<Exit, CliError> {
    let (old, new) = (sources::read(&args.old)?, sources::read(&args.new)?);
    let diff = FleetDiff::between(&old.fleet, &new.fleet);
    let mut found = WithWarnings::of(&diff, &old);
    found.source_warnings.extend(new.warnings());
    print_as(args.format, &found, &diff.to_string())?;
    Ok(if diff.is_empty() { Exit::Succeeded } else { Exit::Failed })
}
