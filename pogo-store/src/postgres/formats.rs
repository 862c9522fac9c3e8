//! In which format an owner writes, by what those read who are alive.

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::fence::{Fence, fenced};
use super::within::within;
use crate::remote::{Failed, NEWEST};

/// Whoever waits writes several times a second. One that was silent for so long, and lives, is refused when it looks
/// again.
macro_rules! alive {
    () => {
        "at > clock_timestamp() - interval '10 seconds'"
    };
}
pub(super) use alive;

const RAISE: &str = fenced!(concat!(
    ", known AS (SELECT least($5, min(reads)) AS format FROM standbys WHERE namespace = $1 AND ",
    alive!(),
    ")
    UPDATE namespaces n SET format = known.format FROM fence, known WHERE n.id = fence.id AND n.format < known.format
    RETURNING n.format"
));

/// Has the owner write the newest format from now on that all who wait read. Gives it if it is another than before.
///
/// It is stored before anything is written in it, and whoever reads no such format takes over from nobody: the
/// statement by which somebody takes over looks at it.
pub(super) async fn raise_format(connection: &mut PgConnection, fence: Fence) -> Result<Option<u32>, Failed> {
    let statement = fence.query(RAISE).bind(stored_format(NEWEST));
    let raised = within(statement.fetch_optional(connection)).await?;
    raised.map(|row| format_of(&row, "format")).transpose()
}

/// A format as the database has it.
pub(super) fn stored_format(format: u32) -> i32 {
    i32::try_from(format).unwrap_or(i32::MAX)
}

/// A format that was stored.
pub(super) fn format_of(row: &PgRow, column: &str) -> Result<u32, Failed> {
    let format: i32 = row.try_get(column)?;
    u32::try_from(format).map_err(|_| Failed::before(format!("the column `{column}` has no format in it")))
}
