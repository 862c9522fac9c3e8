//! Commits as rows.

use std::collections::BTreeSet;

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::{PgConnection, Postgres, Row};

use pogo_core::Digest;
use pogo_core::journal::{Commit, Epoch, JournalError, Page, Seq};
use pogo_core::scheduler::Record;

use super::fence::{Fence, fenced, number, stored};
use super::within::{long, within};
use crate::remote::{Answer, Failed, checksum, commit_lines, positioned, wrong_checksum};

/// A page is done when it has so many bytes; its last commit is read to its end.
const PAGE_BYTES: i64 = 4 << 20;
/// The most commits of a page.
const PAGE_COMMITS: i64 = 5_000;

/// A commit in its stored form.
#[derive(Debug)]
pub(super) struct EncodedCommit {
    pub(super) at: Seq,
    pub(super) until: Seq,
    /// A line of JSON for each record.
    lines: Vec<u8>,
    digest: Digest,
    jobs: Vec<i64>,
    content: Vec<Vec<u8>>,
}

impl EncodedCommit {
    pub(super) fn new(commit: &Commit) -> Result<Self, JournalError> {
        let lines = commit_lines(commit)?;
        let jobs: BTreeSet<i64> = commit
            .records
            .iter()
            .filter_map(|record| record.event.job())
            .map(|job| stored(job.number()))
            .collect();
        let digests = commit.records.iter().flat_map(Record::digests);
        Ok(Self {
            at: commit.at,
            until: commit.end(),
            // Without the epoch: a commit whose answer was lost is proposed again by the next owner, and is then found
            // to be there.
            digest: Digest::of(&lines),
            jobs: jobs.into_iter().collect(),
            content: digests.map(|digest| digest.as_bytes().to_vec()).collect(),
            lines,
        })
    }

    /// A statement that inserts it, as the columns of the table follow.
    fn insert(&self, fence: Fence, statement: &'static str) -> Query<'_, Postgres, PgArguments> {
        fence
            .query(statement)
            .bind(stored(self.at.0))
            .bind(stored(self.until.0))
            .bind(i64::from(checksum(self.at, self.until, fence.epoch, &self.lines)))
            .bind(self.digest.as_bytes())
            .bind(&self.jobs)
            .bind(&self.content)
            .bind(&self.lines)
    }
}

const APPEND: &str = fenced!(
    "INSERT INTO commits (namespace, at, until, epoch, crc, digest, jobs, content, records)
     SELECT id, $5, $6, epoch, $7, $8, $9, $10, $11 FROM fence
      WHERE EXISTS (SELECT FROM commits WHERE namespace = $1 AND until = $5)
         OR ($5 = 0 AND NOT EXISTS (SELECT FROM commits WHERE namespace = $1))
     ON CONFLICT DO NOTHING"
);

/// Appends a commit, if the fence holds and the journal ends where the commit begins. Otherwise says which of them is
/// not so.
pub(super) async fn append(connection: &mut PgConnection, fence: Fence, commit: &EncodedCommit) -> Answer<Seq> {
    // An empty commit asks where the journal ends, and a row for it would break the chain of
    // `until` to `at`.
    if commit.at == commit.until {
        return judge(connection, fence, commit).await;
    }
    match within(commit.insert(fence, APPEND).execute(&mut *connection))
        .await?
        .rows_affected()
    {
        // One statement for the usual case: why nothing was inserted is asked only then, at the
        // cost of another round trip.
        0 => judge(connection, fence, commit).await,
        _ => Ok(Ok(commit.until)),
    }
}

const APPEND_FIRST: &str = fenced!(
    "INSERT INTO commits (namespace, at, until, epoch, crc, digest, jobs, content, records)
     SELECT id, $5, $6, epoch, $7, $8, $9, $10, $11 FROM fence
      WHERE NOT EXISTS (SELECT FROM commits WHERE namespace = $1)"
);

const KEEP_OLD: &str = fenced!(
    "INSERT INTO history (namespace, at, until, crc, epoch, jobs, stored, records)
     SELECT id, $5, $6, $7, epoch, $8, now(), $9 FROM fence"
);

/// Appends the commit with which a journal begins that has lost those before to a snapshot.
pub(super) async fn append_first(connection: &mut PgConnection, fence: Fence, commit: &EncodedCommit) -> Answer<()> {
    let done = long(commit.insert(fence, APPEND_FIRST).execute(connection)).await?;
    Ok((done.rows_affected() > 0).then_some(()).ok_or(JournalError::Fenced))
}

/// Keeps records that came before the journal, for the history of their jobs.
pub(super) async fn keep_old(
    connection: &mut PgConnection,
    fence: Fence,
    commit: &EncodedCommit,
) -> Result<(), Failed> {
    let statement = fence
        .query(KEEP_OLD)
        .bind(stored(commit.at.0))
        .bind(stored(commit.until.0))
        .bind(i64::from(checksum(commit.at, commit.until, fence.epoch, &commit.lines)))
        .bind(&commit.jobs)
        .bind(&commit.lines);
    long(statement.execute(connection)).await.map(drop)
}

/// Why nothing was appended: it is there already, belongs elsewhere, or is not this owner's to append.
async fn judge(connection: &mut PgConnection, fence: Fence, commit: &EncodedCommit) -> Answer<Seq> {
    let Some(end) = owned_end(connection, fence).await? else {
        return Ok(Err(JournalError::Fenced));
    };
    let is_nothing = commit.at == commit.until && end.seq == commit.at;
    let is_there = end.last == Some((commit.at, commit.digest));
    Ok((is_nothing || is_there)
        .then_some(end.seq)
        .ok_or(JournalError::Conflict { at: end.seq }))
}

/// Where a journal ends, and its last commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct JournalEnd {
    pub(super) seq: Seq,
    pub(super) last: Option<(Seq, Digest)>,
}

const OWNED_END: &str = fenced!(
    "SELECT c.at, c.until, c.digest FROM fence
       LEFT JOIN LATERAL (SELECT at, until, digest FROM commits WHERE namespace = $1 ORDER BY at DESC LIMIT 1) c ON true"
);

/// The end of a journal, for its owner; `None` if that is somebody else.
pub(super) async fn owned_end(connection: &mut PgConnection, fence: Fence) -> Result<Option<JournalEnd>, Failed> {
    let row = within(fence.query(OWNED_END).fetch_optional(connection)).await?;
    row.map(|row| {
        let at: Option<i64> = row.try_get("at")?;
        let last = at.map(|at| Ok::<_, Failed>((Seq(at.cast_unsigned()), digest(&row, "digest")?)));
        Ok(JournalEnd {
            seq: Seq(row
                .try_get::<Option<i64>, _>("until")?
                .unwrap_or_default()
                .cast_unsigned()),
            last: last.transpose()?,
        })
    })
    .transpose()
}

/// A digest that was stored.
pub(super) fn digest(row: &PgRow, column: &str) -> Result<Digest, Failed> {
    let bytes: Vec<u8> = row.try_get(column)?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    text.parse()
        .map_err(|_| Failed::before(format!("the column `{column}` has no digest in it")))
}

const PAGE: &str = "
    SELECT at, until, epoch, crc, records, (SELECT min(at) FROM commits WHERE namespace = $1) AS first
      FROM (SELECT *, sum(octet_length(records)) OVER (ORDER BY at) - octet_length(records) AS before
              FROM commits WHERE namespace = $1 AND until > $2
               AND at >= coalesce((SELECT max(at) FROM commits WHERE namespace = $1 AND at <= $2), 0)
             ORDER BY at LIMIT $3) AS page
     WHERE before < $4 ORDER BY at";

/// The records from a position on: a page of whole commits.
pub(super) async fn read(connection: &mut PgConnection, namespace: i64, from: Seq) -> Answer<Page> {
    let rows = sqlx::query(PAGE)
        .bind(namespace)
        .bind(stored(from.0))
        .bind(PAGE_COMMITS)
        .bind(PAGE_BYTES)
        .fetch_all(connection);
    let mut page = Page::new(vec![], from);
    for row in long(rows).await? {
        let found = FoundCommit::of(&row)?;
        if found.at > page.next {
            let first = number(&row, "first").map(Seq)?;
            return Ok(Err(missing(&page, found.at, first)));
        }
        match found.records(page.next) {
            Ok(records) => page.records.extend(records),
            Err(error) => return Ok(Err(error)),
        }
        page.next = found.until;
    }
    Ok(Ok(page))
}

/// Records after those of a page are not there.
fn missing(page: &Page, found: Seq, first: Seq) -> JournalError {
    if page.records.is_empty() && found == first {
        return JournalError::Compacted { first };
    }
    JournalError::Corrupt {
        at: page.next,
        message: format!("the next commit begins at {found}"),
    }
}

/// A commit as it was found.
pub(super) struct FoundCommit {
    pub(super) at: Seq,
    pub(super) until: Seq,
    epoch: Epoch,
    crc: i64,
    lines: Vec<u8>,
}

impl FoundCommit {
    pub(super) fn of(row: &PgRow) -> Result<Self, Failed> {
        Ok(Self {
            at: number(row, "at").map(Seq)?,
            until: number(row, "until").map(Seq)?,
            epoch: number(row, "epoch").map(Epoch)?,
            crc: row.try_get("crc")?,
            lines: row.try_get("records")?,
        })
    }

    /// Its records from a position on.
    pub(super) fn records(&self, from: Seq) -> Result<Vec<Record>, JournalError> {
        Ok(self.positioned(from)?.into_iter().map(|(_, record)| record).collect())
    }

    /// Its records from a position on, with their positions.
    pub(super) fn positioned(&self, from: Seq) -> Result<Vec<(Seq, Record)>, JournalError> {
        if i64::from(checksum(self.at, self.until, self.epoch, &self.lines)) != self.crc {
            return Err(wrong_checksum(self.at));
        }
        positioned((self.at, self.until), &self.lines, from)
    }
}
