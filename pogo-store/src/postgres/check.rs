//! Whether everything that a namespace has is as it was written.

use std::collections::BTreeSet;

use sqlx::{PgConnection, Row};

use pogo_core::Digest;
use pogo_core::journal::{JournalError, Seq};

use super::commits::digest;
use super::contents::read_content;
use super::history::commits_after;
use super::output::damaged_output;
use super::snapshots::damaged_snapshots;
use super::within::{long, within};
use crate::remote::{Failed, RemoteDamage};

const RESTORE: &str = "restore the database from a backup";

/// Reads all of a namespace. One that nobody ever owned has nothing.
pub(super) async fn check(connection: &mut PgConnection, name: &str) -> Result<Vec<RemoteDamage>, Failed> {
    let found = sqlx::query("SELECT id FROM namespaces WHERE name = $1").bind(name);
    let Some(row) = within(found.fetch_optional(&mut *connection)).await? else {
        return Ok(vec![]);
    };
    let namespace: i64 = row.try_get(0)?;
    let mut damage = records(connection, namespace).await?;
    damage.extend(content(connection, namespace).await?);
    for (upto, message) in damaged_snapshots(connection, namespace).await? {
        damage.push(RemoteDamage::new(
            "snapshots",
            format!("at {upto}: {message}"),
            "the snapshot before it and the records since are as good, if they are whole",
        ));
    }
    for (job, attempt) in damaged_output(connection, namespace).await? {
        damage.push(RemoteDamage::new(
            "output",
            format!("what {attempt} of {job} wrote has another digest than it says"),
            "the journal is not touched by it; restore the database from a backup if the output matters",
        ));
    }
    Ok(damage)
}

/// Commits that are damaged, or missing between others.
async fn records(connection: &mut PgConnection, namespace: i64) -> Result<Vec<RemoteDamage>, Failed> {
    let (mut damage, mut at, mut is_first) = (vec![], Seq(0), true);
    loop {
        let commits = commits_after(connection, namespace, at).await?;
        if commits.is_empty() {
            return Ok(damage);
        }
        for commit in commits {
            // What comes before the first may have been removed on purpose.
            if commit.at != at && !std::mem::take(&mut is_first) {
                let message = format!("the records from {at} to {} are missing", commit.at);
                damage.push(RemoteDamage::new("commits", message, RESTORE));
            }
            is_first = false;
            if let Err(error) = commit.records(commit.at) {
                damage.push(RemoteDamage::new("commits", of_record(error), RESTORE));
            }
            at = commit.until;
        }
    }
}

/// What is wrong with a commit, without the cure of a journal.
fn of_record(error: JournalError) -> String {
    match error {
        JournalError::Corrupt { at, message } => format!("record {at}: {message}"),
        error => error.to_string(),
    }
}

fn of_content(digest: Digest, error: &JournalError) -> String {
    match error {
        JournalError::NoContent { .. } => format!("{digest} is named by records and is not there"),
        JournalError::DamagedContent { .. } => format!("{digest} is damaged: its digest is another"),
        error => error.to_string(),
    }
}

const NAMED: &str = "
    SELECT DISTINCT digest FROM (
        SELECT unnest(content) AS digest FROM commits WHERE namespace = $1
         UNION ALL SELECT unnest(content) FROM snapshots WHERE namespace = $1
         UNION ALL SELECT digest FROM content WHERE namespace = $1) AS named";

/// Content that is damaged, or named and not there.
async fn content(connection: &mut PgConnection, namespace: i64) -> Result<Vec<RemoteDamage>, Failed> {
    let mut named: BTreeSet<Digest> = BTreeSet::new();
    for row in long(sqlx::query(NAMED).bind(namespace).fetch_all(&mut *connection)).await? {
        named.insert(digest(&row, "digest")?);
    }
    let mut damage = vec![];
    for digest in named {
        if let Err(error) = read_content(connection, namespace, digest).await? {
            damage.push(RemoteDamage::new("content", of_content(digest, &error), RESTORE));
        }
    }
    Ok(damage)
}
