//! Whether what is kept of attempts that have ended is what they were sealed with.

use sqlx::{PgConnection, Row};

use pogo_core::scheduler::{AttemptId, JobId};

use super::rows::kept_digest;
use crate::postgres::commits::digest;
use crate::postgres::fence::number;
use crate::postgres::within::long;
use crate::remote::Failed;

/// Attempts whose output is not what it was.
pub(in crate::postgres) async fn damaged_output(
    connection: &mut PgConnection,
    namespace: i64,
) -> Result<Vec<(JobId, AttemptId)>, Failed> {
    const SEALED: &str = "SELECT job, attempt, digest FROM sealed WHERE namespace = $1 ORDER BY job, attempt";
    let mut damaged = vec![];
    for row in long(sqlx::query(SEALED).bind(namespace).fetch_all(&mut *connection)).await? {
        let (job, attempt): (i64, i64) = (row.try_get("job")?, row.try_get("attempt")?);
        if kept_digest(connection, namespace, (job, attempt)).await? != digest(&row, "digest")? {
            damaged.push((
                JobId::new(number(&row, "job")?),
                AttemptId::new(number(&row, "attempt")?),
            ));
        }
    }
    Ok(damaged)
}
