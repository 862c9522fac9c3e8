//! What a statement of an owner depends on.

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{PgConnection, Postgres, Row};

use pogo_core::journal::{Epoch, JournalError, Nonce};

use super::within::within;
use crate::remote::{Answer, Failed};

/// An ownership: epoch and nonce, in the very table in which they were written.
///
/// The row is locked for share as long as a statement runs, and whoever takes over updates it. Without that lock, a
/// statement that was evaluated before a takeover would be carried out after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fence {
    pub(super) namespace: i64,
    pub(super) epoch: Epoch,
    pub(super) nonce: Nonce,
    /// A dump that was loaded has another.
    pub(super) table: i64,
}

/// The rows of `fence` are one or none; its parameters are the first four.
macro_rules! fenced {
    ($($rest:tt)+) => {
        concat!(
            "WITH fence AS MATERIALIZED (SELECT id, epoch FROM namespaces \
              WHERE id = $1 AND epoch = $2 AND nonce = $3 AND tableoid = $4::bigint::oid FOR SHARE) ",
            $($rest)+
        )
    };
}
pub(super) use fenced;

impl Fence {
    /// A statement that begins with [`fenced!`].
    pub(super) fn query<'q>(self, statement: &'q str) -> Query<'q, Postgres, PgArguments> {
        sqlx::query(statement)
            .bind(self.namespace)
            .bind(stored(self.epoch.0))
            .bind(stored(self.nonce.0))
            .bind(self.table)
    }

    /// Whether it is still so.
    pub(super) async fn check(self, connection: &mut PgConnection) -> Answer<()> {
        let held = within(self.query(fenced!("SELECT id FROM fence")).fetch_optional(connection)).await?;
        Ok(held.map(drop).ok_or(JournalError::Fenced))
    }
}

/// A number as the database has it, which knows none without a sign: the same bits.
pub(super) fn stored(number: u64) -> i64 {
    number.cast_signed()
}

/// A number that was stored.
pub(super) fn number(row: &PgRow, column: &str) -> Result<u64, Failed> {
    Ok(row.try_get::<i64, _>(column)?.cast_unsigned())
}
