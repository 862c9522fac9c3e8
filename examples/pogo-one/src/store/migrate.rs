//! `pogo store migrate`

use crate::cli::MigrateArgs;
use crate::exit::{CliError, Exit};

#[cfg(feature = "postgres")]
pub(super) fn migrate(args: &MigrateArgs) -> Result<Exit, CliError> {
    use pogo_store::postgres::{PostgresAddress, PostgresStore};
    use serde_json::json;

    use crate::report::print_as;

    let address: PostgresAddress = args.address.parse().map_err(refused)?;
    if address.has_password() {
        return Err(CliError::usage(
            "everyone on this machine can read a password of a command line: set PGPASSWORD, or name a file of it with \
             ?password_file=PATH, and change this one",
        ));
    }
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let done = runtime
        .map_err(CliError::broken)?
        .block_on(PostgresStore::migrate(&address));
    let migrated = done.map_err(refused)?;
    let text = match migrated.from {
        None => format!("{address}: made the tables of a store, version {}\n", migrated.to),
        Some(from) if from == migrated.to => format!("{address}: the tables are of version {from} already\n"),
        Some(from) => format!(
            "{address}: the tables were of version {from}, and are of version {} now\n",
            migrated.to
        ),
    };
    let value = json!({ "store": address.to_string(), "from": migrated.from, "to": migrated.to });
    print_as(args.format, &value, &text)?;
    Ok(Exit::Succeeded)
}

#[cfg(feature = "postgres")]
fn refused(error: pogo_store::postgres::PostgresError) -> CliError {
    use pogo_store::postgres::PostgresError;

    match error {
        PostgresError::Unavailable { .. } => CliError::Unreachable(error.to_string()),
        _ => CliError::usage(error),
    }
}

#[cfg(not(feature = "postgres"))]
pub(super) fn migrate(_: &MigrateArgs) -> Result<Exit, CliError> {
    let install = crate::cli::INSTALL;
    Err(CliError::usage(format!(
        "this program was built without stores in PostgreSQL; {install} has them"
    )))
}
