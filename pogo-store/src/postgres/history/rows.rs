//! The rows of the list of jobs, as its owner writes them.

use std::collections::BTreeSet;

use sqlx::PgConnection;

use pogo_core::journal::Seq;
use pogo_core::scheduler::JobId;

use super::recent::Spans;
use crate::jobs::JobTable;
use crate::postgres::fence::{Fence, fenced, stored};
use crate::postgres::within::long;
use crate::remote::Failed;

const KEEP: &str = fenced!(
    ", counted AS (
        INSERT INTO jobs_upto (namespace, upto) SELECT id, $5 FROM fence
        ON CONFLICT (namespace) DO UPDATE SET upto = excluded.upto)
    INSERT INTO jobs (namespace, job, first, until, retired, entry)
    SELECT fence.id, n.* FROM fence, unnest($6::bigint[], $7::bigint[], $8::bigint[], $9::boolean[], $10::text[]) AS n
    ON CONFLICT (namespace, job) DO UPDATE SET first = least(jobs.first, excluded.first),
        until = greatest(jobs.until, excluded.until), retired = excluded.retired, entry = excluded.entry"
);

/// Writes rows that have changed, as the owner. `spans` are where the records of jobs are that were added.
pub(super) async fn keep(
    connection: &mut PgConnection,
    fence: Fence,
    table: &JobTable,
    (changed, spans): (&BTreeSet<JobId>, &Spans),
) -> Result<(), Failed> {
    let (mut jobs, mut firsts, mut untils) = (vec![], vec![], vec![]);
    let (mut retired, mut entries) = (vec![], vec![]);
    for entry in changed.iter().filter_map(|job| table.jobs.get(job)) {
        let Ok(text) = serde_json::to_string(entry) else {
            continue;
        };
        let (first, until) = spans.get(&entry.job).copied().unwrap_or((table.upto, Seq(0)));
        jobs.push(stored(entry.job.number()));
        firsts.push(stored(first.0));
        untils.push(stored(until.0));
        retired.push(entry.progress.retired);
        entries.push(text);
    }
    let statement = fence.query(KEEP).bind(stored(table.upto.0));
    let statement = statement
        .bind(jobs)
        .bind(firsts)
        .bind(untils)
        .bind(retired)
        .bind(entries);
    long(statement.execute(connection)).await.map(drop)
}
