//! The store at an address, of whichever kind.

use pogo_store::Migrated;

use super::RemoteStore;
use crate::cli::StoreAddress;
use crate::exit::CliError;

/// Makes the store at this address, or brings it to the version of this program.
pub(crate) async fn migrate_remote(address: &StoreAddress) -> Result<Migrated, CliError> {
    match *address {
        #[cfg(feature = "postgres")]
        StoreAddress::Postgres(ref address) => super::postgres::migrate(address).await,
        #[cfg(feature = "zookeeper")]
        StoreAddress::Zookeeper(ref address) => super::zookeeper::migrate(address).await,
    }
}

/// Refuses an address whose password everybody on this machine can read.
pub(crate) fn refuse_exposed(address: &StoreAddress) -> Result<(), CliError> {
    match address.is_exposed() {
        true => Err(CliError::usage(
            "everyone on this machine can read a password of a command line: set POGO_STORE or PGPASSWORD, or name a \
             file of it with ?password_file=PATH, and change this one",
        )),
        false => Ok(()),
    }
}

/// Opens the store at this address. It takes nothing from anybody.
pub(crate) async fn open_remote(address: &StoreAddress) -> Result<Box<dyn RemoteStore>, CliError> {
    refuse_exposed(address)?;
    match *address {
        #[cfg(feature = "postgres")]
        StoreAddress::Postgres(ref address) => super::postgres::open(address).await,
        #[cfg(feature = "zookeeper")]
        StoreAddress::Zookeeper(ref address) => super::zookeeper::open(address).await,
    }
}
