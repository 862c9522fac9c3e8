//! How much a namespace has of each kind: counted where there is little, estimated where there is much.

use sqlx::{PgConnection, Row};

use super::fence::number;
use super::within::{long, within};
use crate::remote::{Failed, StoredPart};

/// A table of more bytes is not counted.
const COUNTED: u64 = 16 << 20;

/// A kind of what is stored, as people see it.
struct Kind {
    table: &'static str,
    /// What takes most of a row.
    column: &'static str,
    /// Whether each namespace has a part of the table.
    is_parted: bool,
}

const KINDS: [Kind; 6] = [
    Kind::shared("commits", "records"),
    Kind::parted("history", "records"),
    Kind::shared("snapshots", "state"),
    Kind::shared("content", "bytes"),
    Kind::shared("jobs", "entry"),
    Kind::parted("output", "bytes"),
];

/// In the order of [`KINDS`].
pub(super) async fn stored_parts(connection: &mut PgConnection, namespace: i64) -> Result<Vec<StoredPart>, Failed> {
    let mut parts = vec![];
    for kind in KINDS {
        let size = kind.size(connection, namespace).await?;
        parts.push(match size > COUNTED {
            true => kind.estimated(connection, namespace, size).await?,
            false => kind.counted(connection, namespace).await?,
        });
    }
    Ok(parts)
}

const SIZE: &str = "SELECT coalesce(pg_table_size(to_regclass($1)), 0)::bigint AS bytes";

const SIZE_OF_PARTS: &str = "
    SELECT coalesce(sum(pg_table_size(relid)), 0)::bigint AS bytes
      FROM pg_partition_tree(to_regclass($1)) WHERE isleaf";

impl Kind {
    const fn shared(table: &'static str, column: &'static str) -> Self {
        Self {
            table,
            column,
            is_parted: false,
        }
    }

    const fn parted(table: &'static str, column: &'static str) -> Self {
        Self {
            table,
            column,
            is_parted: true,
        }
    }

    /// The bytes on disk, without indexes: of the namespace's own tables, or of all namespaces where they share one.
    async fn size(&self, connection: &mut PgConnection, namespace: i64) -> Result<u64, Failed> {
        let (statement, table) = match self.is_parted {
            true => (SIZE_OF_PARTS, format!("{}_{namespace}", self.table)),
            false => (SIZE, self.table.to_owned()),
        };
        let row = within(sqlx::query(statement).bind(table).fetch_one(connection)).await?;
        number(&row, "bytes")
    }

    async fn counted(&self, connection: &mut PgConnection, namespace: i64) -> Result<StoredPart, Failed> {
        let Self { table, column, .. } = self;
        let statement = format!(
            "SELECT count(*) AS count, coalesce(sum(pg_column_size({column})), 0)::bigint AS bytes
               FROM {table} WHERE namespace = $1"
        );
        let row = long(sqlx::query(&statement).bind(namespace).fetch_one(connection)).await?;
        Ok(StoredPart::new(table, number(&row, "count")?, number(&row, "bytes")?))
    }

    /// By what the planner of the server expects, which knows how large a table is at this moment.
    async fn estimated(&self, connection: &mut PgConnection, namespace: i64, size: u64) -> Result<StoredPart, Failed> {
        let rows = expected(connection, self.table, Some(namespace)).await?;
        let bytes = match self.is_parted {
            true => size,
            false => {
                let all = expected(connection, self.table, None).await?.max(1);
                let share = u128::from(size) * u128::from(rows.min(all)) / u128::from(all);
                u64::try_from(share).unwrap_or(size)
            }
        };
        let mut part = StoredPart::new(self.table, rows, bytes);
        part.is_estimate = true;
        Ok(part)
    }
}

/// The rows that the planner expects of a table, or of a namespace in it.
async fn expected(connection: &mut PgConnection, table: &str, namespace: Option<i64>) -> Result<u64, Failed> {
    // As a literal: of a parameter the planner would know nothing.
    let of = namespace.map(|namespace| format!(" WHERE namespace = {namespace}"));
    let statement = format!("EXPLAIN (FORMAT JSON) SELECT FROM {table}{}", of.unwrap_or_default());
    let rows = within(sqlx::raw_sql(&statement).fetch_one(connection)).await?;
    let plan: String = rows.try_get_unchecked(0)?;
    let plan: serde_json::Value = serde_json::from_str(&plan).unwrap_or_default();
    let rows = plan.pointer("/0/Plan/Plan Rows").and_then(serde_json::Value::as_u64);
    rows.ok_or_else(|| Failed::before("the server does not say how many rows it expects"))
}
