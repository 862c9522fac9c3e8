//! The owner counts, so that others see that it lives.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, select};
use sqlx::{Connection, PgConnection};

use pogo_core::journal::JournalError;

use super::acquire::session_name;
use super::fence::stored;
use super::hold::Hold;
use super::pool::before;
use super::session::connect_to_write;
use super::within::within;
use crate::remote::Failed;

/// How often an owner shows that it lives, and after how long a silence it is taken over from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Heartbeat {
    /// After how long without a sign of life an owner is taken over from. It counts five times as often.
    pub timeout: Duration,
}

impl Default for Heartbeat {
    /// Five seconds.
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
        }
    }
}

impl Heartbeat {
    /// Takes over from an owner that has not counted for so long; at least half a second.
    pub fn new(timeout: Duration) -> Self {
        Self {
            timeout: timeout.max(Duration::from_millis(500)),
        }
    }

    pub(super) fn every(self) -> Duration {
        self.timeout / 5
    }
}

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
        return Ok(());
    }
    // Whoever takes over writes the epoch first, and the heartbeat then.
    hold.fence.check(connected).await.map_err(Failed::unavailable)?
}
