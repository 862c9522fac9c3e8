//! Which server is asked for what of the history.

use sqlx::PgConnection;

/// Where the rows of the list are read, and where the records that they lack.
pub(super) struct HistorySources<'a> {
    rows: &'a mut PgConnection,
    /// The same, where there is no other.
    records: Option<&'a mut PgConnection>,
}

impl<'a> HistorySources<'a> {
    /// One server has both.
    pub(super) fn one(connection: &'a mut PgConnection) -> Self {
        Self {
            rows: connection,
            records: None,
        }
    }

    /// The rows of a replica, which may lag, and the records of the server that has all of them.
    pub(super) fn replica(rows: &'a mut PgConnection, records: &'a mut PgConnection) -> Self {
        Self {
            rows,
            records: Some(records),
        }
    }

    pub(super) fn rows(&mut self) -> &mut PgConnection {
        self.rows
    }

    pub(super) fn records(&mut self) -> &mut PgConnection {
        match &mut self.records {
            Some(records) => records,
            None => self.rows,
        }
    }
}
