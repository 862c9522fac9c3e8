//! Connections for what anybody may ask, and for what takes long.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

use sqlx::PgConnection;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::session::connect;
use super::within::within;
use super::{PostgresAddress, PostgresError};
use crate::remote::{Failed, FailedStage};

/// How many there are at once.
// Together with the two of an owner (for appends and for the heartbeat) that is six for a
// namespace, of the hundred that a server has by default.
const MOST: usize = 4;

/// A few connections, opened when they are needed.
#[derive(Debug)]
pub(super) struct Pool {
    address: PostgresAddress,
    idle: Mutex<Vec<PgConnection>>,
    slots: Semaphore,
}

/// One of them, by whoever uses it.
pub(super) struct Pooled<'a> {
    pool: &'a Pool,
    connection: PgConnection,
    _slot: SemaphorePermit<'a>,
}

impl Pool {
    pub(super) fn new(address: PostgresAddress) -> Self {
        Self {
            address,
            idle: Mutex::default(),
            slots: Semaphore::new(MOST),
        }
    }

    /// Whether all of them are used.
    pub(super) fn is_busy(&self) -> bool {
        self.slots.available_permits() == 0
    }

    pub(super) async fn get(&self) -> Result<Pooled<'_>, Failed> {
        let slot = self.slots.acquire().await;
        let slot = slot.map_err(|_| Failed::before("the store is closed"))?;
        let pooled = |connection| Pooled {
            pool: self,
            connection,
            _slot: slot,
        };
        // The server may have ended them all meanwhile, a moment ago too. What is asked is worth another round trip.
        while let Some(mut connection) = self.pop() {
            if within(sqlx::query("SELECT 1").execute(&mut connection)).await.is_ok() {
                return Ok(pooled(connection));
            }
        }
        let connected = connect(&self.address, "pogo").await;
        connected.map(pooled).map_err(before)
    }

    fn pop(&self) -> Option<PgConnection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

/// A connection that could not be made.
pub(super) fn before(error: PostgresError) -> Failed {
    Failed::before(match error {
        PostgresError::Unavailable { message, .. } => message,
        other => other.to_string(),
    })
}

impl Pooled<'_> {
    /// Gives it back, unless it is of no more use.
    pub(super) fn done<T>(self, answer: Result<T, Failed>) -> Result<T, Failed> {
        if answer
            .as_ref()
            .map_or_else(|failed| failed.stage == FailedStage::Refused, |_| true)
        {
            let mut idle = self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push(self.connection);
        }
        answer
    }
}

impl Deref for Pooled<'_> {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Pooled<'_> {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}
