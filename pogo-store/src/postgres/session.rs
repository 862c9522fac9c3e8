//! Connections that are set up as the store needs them.

use sqlx::{ConnectOptions, PgConnection, Row};

use super::quoted::quoted;
use super::server_identity::ServerIdentity;
use super::within::within;
use super::{PostgresAddress, PostgresError};
use crate::remote::Failed;

/// The oldest server that there are fixes for, and that has all that is used.
const OLDEST: i32 = 130_000;

/// Sets a session up. What the role or the server have as defaults is not relied on.
const SETTINGS: &str = "
    SELECT set_config('search_path', $1, false),
           set_config('lock_timeout', '3s', false),
           set_config('statement_timeout', '5min', false),
           set_config('default_transaction_isolation', 'read committed', false),
           set_config('tcp_keepalives_idle', '10', false),
           set_config('tcp_keepalives_interval', '5', false),
           set_config('tcp_keepalives_count', '3', false),
           set_config('client_min_messages', 'warning', false),
           set_config('synchronous_commit', CASE setting WHEN 'remote_apply' THEN setting ELSE 'on' END, false)
      FROM pg_settings WHERE name = 'synchronous_commit'";

/// What a server says of itself.
const SERVER: &str = "
    SELECT current_setting('server_version_num')::int, pg_is_in_recovery(), setting, source
      FROM pg_settings WHERE name = 'synchronous_commit'";

/// Connects, and sets the session up. `purpose` is what the server's list of sessions shows.
pub(super) async fn connect(address: &PostgresAddress, purpose: &str) -> Result<PgConnection, PostgresError> {
    let store = address.to_string();
    let unavailable = |failed: Failed| PostgresError::Unavailable {
        store: store.clone(),
        message: failed.message,
    };
    let unfit = |message: &str| PostgresError::Unfit {
        store: store.clone(),
        message: message.to_owned(),
    };
    let options = address.options()?.application_name(purpose).disable_statement_logging();
    let mut connection = within(options.connect()).await.map_err(unavailable)?;
    let server = within(sqlx::query(SERVER).fetch_one(&mut connection)).await;
    let server = server.map_err(unavailable)?;
    let decoded = || -> Result<(i32, String, String), sqlx::Error> {
        Ok((server.try_get(0)?, server.try_get(2)?, server.try_get(3)?))
    };
    let (version, commits, source) = decoded().map_err(|error| unavailable(error.into()))?;
    if version < OLDEST {
        return Err(unfit("its PostgreSQL is older than 13; use a newer one"));
    }
    if source == "client" && !["on", "remote_apply"].contains(&&*commits) {
        return Err(unfit(
            "the address or PGOPTIONS sets synchronous_commit so that what was acknowledged may be lost; leave that \
             out",
        ));
    }
    let schema = quoted(address.schema());
    let set = within(sqlx::query(SETTINGS).bind(schema).execute(&mut connection)).await;
    set.map_err(unavailable)?;
    Ok(connection)
}

/// Connects to write: a standby is refused. Says where that is.
pub(super) async fn connect_to_write(
    address: &PostgresAddress,
    purpose: &str,
) -> Result<(PgConnection, ServerIdentity), PostgresError> {
    let mut connection = connect(address, purpose).await?;
    let server = ServerIdentity::of(&mut connection).await;
    let server = server.map_err(|failed| PostgresError::Unavailable {
        store: address.to_string(),
        message: failed.message,
    })?;
    Ok((connection, server))
}
