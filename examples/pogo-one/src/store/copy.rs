//! `pogo store copy`

use serde_json::json;

use super::opened::{open, wait};
use super::prune::now;
use super::size::size;
use crate::cli::CopyArgs;
use crate::exit::{CliError, Exit};
use crate::report::print_as;

pub(super) fn copy(args: &CopyArgs) -> Result<Exit, CliError> {
    let store = open(&args.at)?;
    let copied = wait(store.copy(&args.to, now()))?;
    let to = args.to.display().to_string();
    let text = format!(
        "copied {} of {} to {to}: {} files, {}; each was read again\n",
        copied.namespaces.join(", "),
        store.path().display(),
        copied.files,
        size(copied.bytes)
    );
    let value = json!({
        "from": store.path().display().to_string(),
        "to": to,
        "namespaces": copied.namespaces,
        "files": copied.files,
        "bytes": copied.bytes,
    });
    print_as(args.at.format, &value, &text)?;
    Ok(Exit::Succeeded)
}
