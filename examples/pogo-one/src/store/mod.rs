//! `pogo store`: what a store has, whether it is whole, and what is removed and copied.

mod check;
mod copy;
mod default_dir;
mod info;
mod kept;
mod migrate;
mod only_readable;
mod opened;
mod prune;
mod remote_check;
mod remote_info;
mod remote_opened;
mod remote_prune;
mod size;

pub(crate) use default_dir::default_dir;
pub(crate) use info::counted;
pub(crate) use kept::{KeptNamespace, NotServed, RemoteNamespace, local_dir, open_remote, refuse_exposed};
pub(crate) use only_readable::OnlyReadable;
pub(crate) use opened::{no_namespace, open_to_look, open_to_read, refused, unreadable, wait};
pub(crate) use remote_info::{names, owned_by};

use crate::cli::{StoreArgs, StoreCommand};
use crate::exit::{CliError, Exit};

pub(crate) fn store(args: &StoreArgs) -> Result<Exit, CliError> {
    match &args.command {
        StoreCommand::Info(args) => info::info(args),
        StoreCommand::Check(args) => check::check(args),
        StoreCommand::Prune(args) => prune::prune(args),
        StoreCommand::Copy(args) => copy::copy(args),
        StoreCommand::Migrate(args) => migrate::migrate(args),
    }
}
