//! The clock of the server, and how far this machine's is from it.

use std::time::{SystemTime, UNIX_EPOCH};

use sqlx::{PgConnection, Row};

use pogo_core::Timestamp;
use pogo_core::journal::ClockSkew;

use super::within::within;
use crate::remote::Failed;

/// The time by the server's clock.
pub(super) async fn store_time(connection: &mut PgConnection) -> Result<Timestamp, Failed> {
    const NOW: &str = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
    let millis: i64 = within(sqlx::query(NOW).fetch_one(connection)).await?.try_get(0)?;
    Ok(Timestamp::from_millis(millis.cast_unsigned()))
}

/// How far this machine's clock is from that of the server.
pub(super) async fn skew(connection: &mut PgConnection) -> Result<ClockSkew, Failed> {
    // Before and after: the store's time lies between, which bounds the error by the time of the
    // round trip.
    let asked = now();
    let store = store_time(connection).await?;
    Ok(ClockSkew::between((asked, now()), store))
}

#[allow(clippy::disallowed_methods, reason = "the difference of clocks is asked for")]
fn now() -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
}
