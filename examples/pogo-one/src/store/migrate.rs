//! `pogo store migrate`

use serde_json::json;

use super::kept::migrate_remote;
use super::opened::wait_for;
use crate::cli::{MigrateArgs, StoreAddress};
use crate::exit::{CliError, Exit};
use crate::report::print_as;

pub(super) fn migrate(args: &MigrateArgs) -> Result<Exit, CliError> {
    if !StoreAddress::is_meant_by(&args.address) {
        return Err(CliError::usage(
            "this is no address of a store that several machines have; one is `postgres://pogo@db.example.com/pogo` or \
             `zookeeper://pogo@zk1,zk2,zk3/pogo`",
        ));
    }
    let address = StoreAddress::parse(&args.address).map_err(CliError::usage)?;
    if address.has_secret() {
        return Err(CliError::usage(
            "everyone on this machine can read a password of a command line: set PGPASSWORD for a database, or name a \
             file of it with ?password_file=PATH, and change this one",
        ));
    }
    let migrated = wait_for(migrate_remote(&address))?;
    let text = match migrated.from {
        None => format!("{address}: made a store, version {}\n", migrated.to),
        Some(from) if from == migrated.to => format!("{address}: the store is of version {from} already\n"),
        Some(from) => format!(
            "{address}: the store was of version {from}, and is of version {} now\n",
            migrated.to
        ),
    };
    let value = json!({ "store": address.to_string(), "from": migrated.from, "to": migrated.to });
    print_as(args.format, &value, &text)?;
    Ok(Exit::Succeeded)
}
