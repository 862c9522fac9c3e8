//! Where the records of a job are.

use sqlx::{PgConnection, Row};

use pogo_core::journal::Seq;
use pogo_core::scheduler::JobId;

use crate::postgres::fence::stored;
use crate::postgres::within::long;
use crate::remote::Failed;

/// Where the records of a job are: from the first to before `until`, and from `upto` on, which nobody has looked
/// through yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) first: Seq,
    pub(super) until: Seq,
    pub(super) upto: Seq,
}

impl Span {
    /// From here on.
    pub(super) fn from(first: Seq) -> Self {
        Self {
            first,
            until: first,
            upto: first,
        }
    }
}

const SPAN: &str = "
    SELECT j.first, j.until, u.upto FROM jobs_upto u LEFT JOIN jobs j ON j.namespace = u.namespace AND j.job = $2
     WHERE u.namespace = $1";

/// That of a job.
pub(super) async fn span(connection: &mut PgConnection, namespace: i64, job: JobId) -> Result<Span, Failed> {
    let statement = sqlx::query(SPAN).bind(namespace).bind(stored(job.number()));
    let row = long(statement.fetch_optional(connection)).await?;
    let seq = |column: &str| -> Result<Option<Seq>, Failed> {
        let number: Option<Option<i64>> = row.as_ref().map(|row| row.try_get(column)).transpose()?;
        Ok(number.flatten().map(|number| Seq(number.cast_unsigned())))
    };
    let upto = seq("upto")?.unwrap_or_default();
    let first = seq("first")?.unwrap_or(upto);
    Ok(Span {
        first,
        until: seq("until")?.unwrap_or(first),
        upto,
    })
}
