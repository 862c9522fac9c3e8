//! Where a user's store is.

use std::env;
use std::path::PathBuf;

use nix::unistd::{User, getuid};

use crate::exit::CliError;

/// `$XDG_STATE_HOME/pogo`, or `~/.local/state/pogo`. Where there is no `HOME`, as under some schedulers, it is that of
/// the account.
pub(crate) fn default_dir() -> Result<PathBuf, CliError> {
    let absolute = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || absolute("HOME").or_else(home_of_account);
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(home()?.join(".local/state")));
    let state = state.ok_or_else(|| {
        CliError::usage(
            "there is no HOME, and this account has none; name a directory with --store or POGO_STORE, or let \
             `pogo run --store none` keep nothing",
        )
    })?;
    Ok(state.join("pogo"))
}

fn home_of_account() -> Option<PathBuf> {
    let account = User::from_uid(getuid()).ok().flatten()?;
    Some(account.dir).filter(|home| home.is_absolute())
}
