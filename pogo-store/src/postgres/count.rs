//! The owner counts, so that others see that it lives.

use std::sync::Arc;

use futures::future::{Either, select};
use sqlx::{Connection, PgConnection};

use pogo_core::journal::JournalError;

use super::acquire::session_name;
use super::fence::stored;
use super::formats::raise_format;
use super::hold::Hold;
use super::pool::before;
use super::session::connect_to_write;
use super::within::within;
use crate::remote::{Failed, NEWEST};

const COUNT: &str = "
    UPDATE heartbeats SET beat = beat + 1, at = clock_timestamp() WHERE namespace = $1 AND epoch = $2 AND nonce = $3";

/// Counts until the ownership is over. A store that is away is asked again: where it comes back with the same epoch,
/// the owner still owns it.
pub(super) async fn count(hold: Arc<Hold>) {
    let mut connection = None;
    while !hold.ended.is_over() {
        match beat(&hold, &mut connection).await {
            Ok(()) => {}
            Err(JournalError::Fenced) => hold.lose(),
            // Whatever it was: a new connection is cheap, and a broken one would count no more.
            Err(_) => connection = None,
        }
        let pause = std::pin::pin!(tokio::time::sleep(hold.shared.store.heartbeat.every()));
        let ended = std::pin::pin!(hold.ended.wait());
        if let Either::Right(_) = select(pause, ended).await {
            break;
        }
    }
    if let Some(connection) = connection {
        let _ = within(connection.close()).await;
    }
}

async fn beat(hold: &Hold, connection: &mut Option<PgConnection>) -> Result<(), JournalError> {
    let connected = match connection.take() {
        Some(connected) => connected,
        None => {
            let connected = connect_to_write(&hold.shared.store.address, &session_name(hold.fence.nonce)).await;
            let (connected, server) = connected.map_err(|error| before(error).unavailable())?;
            hold.check_server(&server)?;
            connected
        }
    };
    let connected = connection.insert(connected);
    let statement = sqlx::query(COUNT)
        .bind(hold.fence.namespace)
        .bind(stored(hold.fence.epoch.0))
        .bind(stored(hold.fence.nonce.0));
    let counted = within(statement.execute(&mut *connected))
        .await
        .map_err(Failed::unavailable)?;
    if counted.rows_affected() > 0 {
        // Those who wait may read more by now: an older one has ended.
        if hold.format() < NEWEST
            && let Some(format) = raise_format(connected, hold.fence).await.map_err(Failed::unavailable)?
        {
            hold.set_format(format);
        }
        return Ok(());
    }
    // Whoever takes over writes the epoch first, and the heartbeat then.
    hold.fence.check(connected).await.map_err(Failed::unavailable)?
}
