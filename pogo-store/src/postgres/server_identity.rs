//! Which server, on which timeline, with which tables: whether a store is still the one that its owner left.

use sqlx::{PgConnection, Row};

use pogo_core::scheduler::RestoreCause;

use super::within::within;
use crate::remote::Failed;

/// The server that has a store, as far as its owner depends on it. A dump that is loaded has tables of other numbers, a
/// copy that is loaded elsewhere another server; and a standby that is promoted, or a backup that is played forward,
/// begins another timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerIdentity {
    server: String,
    timeline: String,
    /// Number of the table that has the fence.
    pub(super) table: i64,
}

/// The timeline that is written to now: that of the last checkpoint may be the one before a promotion.
const IDENTITY: &str = "
    SELECT (SELECT system_identifier FROM pg_control_system())::text
           || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())::text,
           substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),
           'namespaces'::regclass::oid::bigint";

/// A standby has the timeline of the last checkpoint that it has carried out, and says no other.
const FOLLOWER: &str = "
    SELECT (SELECT system_identifier FROM pg_control_system())::text
           || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())::text,
           upper(lpad(to_hex((SELECT timeline_id FROM pg_control_checkpoint())), 8, '0')),
           pg_is_in_recovery()";

impl ServerIdentity {
    /// Of the server that this connection leads to.
    pub(super) async fn of(connection: &mut PgConnection) -> Result<Self, Failed> {
        let row = within(sqlx::query(IDENTITY).fetch_one(connection)).await?;
        Ok(Self {
            server: row.try_get(0)?,
            timeline: row.try_get(1)?,
            table: row.try_get(2)?,
        })
    }

    /// Whether the server of this connection is a standby of it, on the same timeline: one that follows another has
    /// what this one lost.
    pub(super) async fn is_followed_by(&self, connection: &mut PgConnection) -> Result<bool, Failed> {
        let row = within(sqlx::query(FOLLOWER).fetch_one(connection)).await?;
        let (server, timeline): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        let is_standby: bool = row.try_get(2)?;
        Ok(is_standby && server == self.server && timeline == self.timeline)
    }

    /// As a namespace has it.
    pub(super) fn stored(&self) -> String {
        format!("{}/{} {}", self.server, self.table, self.timeline)
    }

    /// What happened to a store that was there, if anything did.
    pub(super) fn changed_since(&self, stored: &str) -> Option<RestoreCause> {
        let (tables, timeline) = stored.split_once(' ').unwrap_or((stored, ""));
        if tables != format!("{}/{}", self.server, self.table) {
            return Some(RestoreCause::Copied);
        }
        (timeline != self.timeline).then_some(RestoreCause::LostTail)
    }
}

#[cfg(test)]
mod tests {
    use super::{RestoreCause, ServerIdentity};

    #[test]
    fn another_server_or_table_is_a_copy_and_another_timeline_may_lack_the_end() {
        let server = |server: &str, timeline: &str, table| ServerIdentity {
            server: server.to_owned(),
            timeline: timeline.to_owned(),
            table,
        };
        let stored = server("7/5", "00000001", 3).stored();
        assert_eq!(stored, "7/5/3 00000001");
        assert_eq!(server("7/5", "00000001", 3).changed_since(&stored), None);
        for copy in [
            server("8/5", "00000001", 3),
            server("7/6", "00000001", 3),
            server("7/5", "00000002", 4),
        ] {
            assert_eq!(copy.changed_since(&stored), Some(RestoreCause::Copied));
        }
        let promoted = server("7/5", "00000002", 3);
        assert_eq!(promoted.changed_since(&stored), Some(RestoreCause::LostTail));
    }
}
