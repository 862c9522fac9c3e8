//! How far this machine's clock is from that of the store.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::{PgConnection, Row};

use super::error::Failed;
use super::session::within;

/// The difference of two clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Skew {
    /// In milliseconds: positive where this clock is ahead.
    pub(super) ahead: i64,
}

impl Skew {
    /// The most with which an owner is found dead.
    const MOST: Duration = Duration::from_secs(10);

    /// Asks the store for its time.
    pub(super) async fn of(connection: &mut PgConnection) -> Result<Self, Failed> {
        const NOW: &str = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
        let asked = now();
        let row = within(sqlx::query(NOW).fetch_one(connection)).await?;
        let answered = now();
        // The answer was made between both.
        let here = asked + answered.saturating_sub(asked) / 2;
        Ok(Self {
            ahead: here.saturating_sub(row.try_get(0)?),
        })
    }

    pub(super) fn is_small(self) -> bool {
        u128::from(self.ahead.unsigned_abs()) <= Self::MOST.as_millis()
    }
}

#[allow(clippy::disallowed_methods, reason = "the difference of clocks is asked for")]
fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_millis()).unwrap_or(i64::MAX)
}

impl fmt::Display for Skew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = Duration::from_millis(self.ahead.unsigned_abs()).as_secs_f32();
        let side = if self.ahead < 0 { "behind" } else { "ahead of" };
        write!(f, "this clock is {seconds:.1} s {side} that of the store")
    }
}
