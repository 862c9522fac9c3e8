//! Where a user's store is.

use std::env;
use std::path::PathBuf;

use crate::exit::CliError;

/// `$XDG_STATE_HOME/pogo`, or `~/.local/state/pogo`.
pub(crate) fn default_dir() -> Result<PathBuf, CliError> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")));
    let state = state.ok_or_else(|| CliError::usage("there is no HOME; name the directory with --store"))?;
    Ok(state.join("pogo"))
}
