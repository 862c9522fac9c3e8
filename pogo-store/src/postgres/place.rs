//! Which server, on which timeline, with which tables: whether a store is still where its owner left it.

use sqlx::{PgConnection, Row};

use pogo_core::scheduler::RestoreCause;

use super::error::Failed;
use super::within::within;

/// Where a store is. A dump that is loaded has tables of other numbers, a copy that is loaded elsewhere another server;
/// and a standby that is promoted, or a backup that is played forward, begins another timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    server: String,
    timeline: String,
    /// Number of the table that has the fence.
    pub(super) table: i64,
}

/// The timeline that is written to now: that of the last checkpoint may be the one before a promotion.
const PLACE: &str = "
    SELECT (SELECT system_identifier FROM pg_control_system())::text
           || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())::text,
           substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),
           'namespaces'::regclass::oid::bigint";

impl Place {
    /// Where this connection leads.
    pub(super) async fn of(connection: &mut PgConnection) -> Result<Self, Failed> {
        let row = within(sqlx::query(PLACE).fetch_one(connection)).await?;
        Ok(Self {
            server: row.try_get(0)?,
            timeline: row.try_get(1)?,
            table: row.try_get(2)?,
        })
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
    use super::{Place, RestoreCause};

    #[test]
    fn another_server_or_table_is_a_copy_and_another_timeline_may_lack_the_end() {
        let place = |server: &str, timeline: &str, table| Place {
            server: server.to_owned(),
            timeline: timeline.to_owned(),
            table,
        };
        let stored = place("7/5", "00000001", 3).stored();
        assert_eq!(stored, "7/5/3 00000001");
        assert_eq!(place("7/5", "00000001", 3).changed_since(&stored), None);
        for copy in [
            place("8/5", "00000001", 3),
            place("7/6", "00000001", 3),
            place("7/5", "00000002", 4),
        ] {
            assert_eq!(copy.changed_since(&stored), Some(RestoreCause::Copied));
        }
        let promoted = place("7/5", "00000002", 3);
        assert_eq!(promoted.changed_since(&stored), Some(RestoreCause::LostTail));
    }
}
