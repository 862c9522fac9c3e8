//! The list of jobs, by the owner of the namespace.

use std::sync::Arc;
use std::time::Duration;

use pogo_core::journal::Seq;
use tokio::sync::mpsc::UnboundedReceiver;

use super::recent::{RecentJobs, Spans, recent_jobs, unread, widen};
use super::rows::keep;
use super::sources::HistorySources;
use crate::postgres::hold::{AppendedRecords, Hold};
use crate::remote::Failed;

/// How often rows are written at most. Whoever reads the list adds what it lacks.
const WRITE_EVERY: Duration = Duration::from_millis(250);

/// Keeps the list up to date until the ownership ends. No error of it is one of the journal: all of it can be made
/// anew.
pub(in crate::postgres) async fn keep_list(hold: Arc<Hold>, mut appended: UnboundedReceiver<AppendedRecords>) {
    let mut recent = None;
    loop {
        // It has what it is sent by, so that only the end of the ownership ends it.
        let first = tokio::select! {
            first = appended.recv() => first,
            () = hold.ended.wait() => return,
        };
        let mut commits = Vec::from_iter(first);
        while let Ok(next) = appended.try_recv() {
            commits.push(next);
        }
        if note(&hold, &mut recent, &commits).await.is_err() {
            // It is read anew, and then has these too.
            recent = None;
        }
        // What is appended meanwhile becomes one statement: a row of the list for each commit would
        // double what the server writes.
        tokio::time::sleep(WRITE_EVERY).await;
    }
}

async fn note(hold: &Hold, recent: &mut Option<RecentJobs>, commits: &[AppendedRecords]) -> Result<(), Failed> {
    let mut pooled = hold.shared.store.pool.get().await?;
    let noted = note_on(&mut pooled, hold, recent, commits).await;
    pooled.done(noted)
}

async fn note_on(
    connection: &mut sqlx::PgConnection,
    hold: &Hold,
    recent: &mut Option<RecentJobs>,
    commits: &[AppendedRecords],
) -> Result<(), Failed> {
    let namespace = hold.fence.namespace;
    let mut sources = HistorySources::one(connection);
    // A list that is read now has records that are still in the channel. It is written with their place, or a reader of
    // the events of a job would skip them.
    let (recent, mut spans) = match recent {
        Some(recent) => (recent, Spans::new()),
        None => {
            let read = recent_jobs(&mut sources, namespace).await?;
            let (read, spans) = read.map_err(|error| unread(&error))?;
            (recent.insert(read), spans)
        }
    };
    for (at, records) in commits {
        let end = Seq(at.0 + records.len() as u64);
        let positioned = || (at.0..).map(Seq).zip(records);
        for job in records.iter().filter_map(|record| record.event.job()) {
            widen(&mut spans, job, (*at, end));
        }
        // A list that was read just now has them.
        let upto = recent.table.upto;
        let new: Vec<_> = positioned()
            .filter(|(seq, _)| *seq >= upto)
            .map(|(seq, record)| (seq, record.clone()))
            .collect();
        recent.apply(&mut sources, namespace, &new).await?;
    }
    let mut changed = recent.table.take_changed();
    changed.extend(spans.keys());
    if changed.is_empty() {
        return Ok(());
    }
    keep(sources.rows(), hold.fence, &recent.table, (&changed, &spans)).await?;
    recent.forget_retired();
    Ok(())
}
