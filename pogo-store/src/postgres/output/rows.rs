//! What hosts wrote, in rows.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use pogo_core::output::{OutputDigester, OutputFrame, OutputPage, OutputSource, Stream};
use pogo_core::scheduler::{AttemptId, JobId};
use pogo_core::{Digest, Timestamp};

use crate::postgres::commits::digest;
use crate::postgres::fence::{Fence, fenced, number, stored};
use crate::postgres::within::{long, within};
use crate::remote::{AttemptPieces, Failed, FoundPiece, PieceChanges};

/// A page is done when it has so many bytes.
const PAGE_BYTES: i64 = 1 << 20;

fn stored_stream(stream: Stream) -> i16 {
    let index = Stream::ALL.iter().position(|known| *known == stream);
    index.and_then(|index| i16::try_from(index).ok()).unwrap_or(i16::MAX)
}

fn stream(row: &PgRow) -> Result<Stream, Failed> {
    let index: i16 = row.try_get("stream")?;
    let known = usize::try_from(index).ok().and_then(|index| Stream::ALL.get(index));
    known
        .copied()
        .ok_or_else(|| Failed::before(format!("{index} is no stream of output")))
}

/// Attempts as they are found.
#[derive(Debug, Default)]
pub(super) struct FoundAttempts {
    pub(super) open: BTreeMap<(JobId, AttemptId), AttemptPieces>,
    pub(super) sealed: BTreeSet<(JobId, AttemptId)>,
}

const FIND: &str = r#"
    SELECT o.job, o.attempt, o.stream, o."offset", octet_length(o.bytes) AS len
      FROM unnest($2::bigint[], $3::bigint[]) AS a (job, attempt)
      JOIN output o ON o.namespace = $1 AND o.job = a.job AND o.attempt = a.attempt
     ORDER BY o.job, o.attempt, o.at, o."offset""#;

const FIND_SEALED: &str = "
    SELECT s.job, s.attempt FROM unnest($2::bigint[], $3::bigint[]) AS a (job, attempt)
      JOIN sealed s ON s.namespace = $1 AND s.job = a.job AND s.attempt = a.attempt";

/// What there is of these attempts.
pub(super) async fn find(
    connection: &mut PgConnection,
    namespace: i64,
    attempts: &BTreeSet<(JobId, AttemptId)>,
    most: usize,
) -> Result<FoundAttempts, Failed> {
    let (jobs, numbers): (Vec<i64>, Vec<i64>) = attempts
        .iter()
        .map(|(job, attempt)| (stored(job.number()), stored(attempt.number())))
        .unzip();
    let mut found = FoundAttempts::default();
    let id = |row: &PgRow| -> Result<_, Failed> {
        Ok((JobId::new(number(row, "job")?), AttemptId::new(number(row, "attempt")?)))
    };
    let sealed = sqlx::query(FIND_SEALED).bind(namespace).bind(&jobs).bind(&numbers);
    for row in within(sealed.fetch_all(&mut *connection)).await? {
        found.sealed.insert(id(&row)?);
    }
    let pieces = sqlx::query(FIND).bind(namespace).bind(&jobs).bind(&numbers);
    let mut by_attempt: BTreeMap<_, Vec<FoundPiece>> = BTreeMap::new();
    for row in within(pieces.fetch_all(connection)).await? {
        by_attempt.entry(id(&row)?).or_default().push(FoundPiece {
            stream: stream(&row)?,
            offset: number(&row, "offset")?,
            len: usize::try_from(row.try_get::<i32, _>("len")?).unwrap_or_default(),
        });
    }
    for attempt in attempts.difference(&found.sealed) {
        let pieces = by_attempt.remove(attempt).unwrap_or_default();
        found.open.insert(*attempt, AttemptPieces::found(pieces, most));
    }
    Ok(found)
}

const WRITE: &str = fenced!(
    r#", gone AS (
        DELETE FROM output o
         USING fence,
               unnest($5::bigint[], $6::bigint[], $7::smallint[], $8::bigint[]) AS g (job, attempt, stream, begin)
         WHERE o.namespace = fence.id AND o.job = g.job AND o.attempt = g.attempt AND o.stream = g.stream
           AND o."offset" = g.begin)
    INSERT INTO output (namespace, day, job, attempt, stream, "offset", host, at, bytes)
    SELECT fence.id, (now() AT TIME ZONE 'UTC')::date, n.*
      FROM fence,
           unnest($9::bigint[], $10::bigint[], $11::smallint[], $12::bigint[], $13::text[], $14::bigint[],
                  $15::bytea[]) AS n
    ON CONFLICT DO NOTHING"#
);

/// Writes and removes rows, as the owner.
pub(super) async fn write(connection: &mut PgConnection, fence: Fence, changes: PieceChanges) -> Result<u64, Failed> {
    let (mut jobs, mut attempts, mut streams, mut offsets) = (vec![], vec![], vec![], vec![]);
    for (job, attempt, stream, offset) in changes.gone {
        jobs.push(stored(job.number()));
        attempts.push(stored(attempt.number()));
        streams.push(stored_stream(stream));
        offsets.push(stored(offset));
    }
    let statement = fence.query(WRITE).bind(jobs).bind(attempts).bind(streams).bind(offsets);
    let (mut jobs, mut attempts, mut streams, mut offsets) = (vec![], vec![], vec![], vec![]);
    let (mut hosts, mut times, mut bytes) = (vec![], vec![], vec![]);
    for ((job, attempt, stream, offset), piece) in changes.new {
        jobs.push(stored(job.number()));
        attempts.push(stored(attempt.number()));
        streams.push(stored_stream(stream));
        offsets.push(stored(offset));
        hosts.push(piece.source.host.to_string());
        times.push(stored(piece.at.as_millis()));
        bytes.push(piece.bytes);
    }
    let statement = statement
        .bind(jobs)
        .bind(attempts)
        .bind(streams)
        .bind(offsets)
        .bind(hosts)
        .bind(times)
        .bind(bytes);
    Ok(long(statement.execute(connection)).await?.rows_affected())
}

/// Writes all of these frames, which are of one attempt.
pub(in crate::postgres) async fn write_frames(
    connection: &mut PgConnection,
    fence: Fence,
    frames: &[OutputFrame],
) -> Result<(), Failed> {
    let (mut attempt, mut changes) = (AttemptPieces::default(), PieceChanges::default());
    for frame in frames {
        attempt.push(frame, usize::MAX, &mut changes);
    }
    write(connection, fence, changes).await.map(drop)
}

const PIECES: &str = r#"
    SELECT stream, "offset", bytes FROM output WHERE namespace = $1 AND job = $2 AND attempt = $3
     ORDER BY stream, "offset""#;

const SEAL: &str = fenced!(
    "INSERT INTO sealed (namespace, day, job, attempt, host, length, digest)
     SELECT id, (now() AT TIME ZONE 'UTC')::date, $5, $6, $7, $8, $9 FROM fence ON CONFLICT DO NOTHING"
);

const SEALED: &str =
    "SELECT digest FROM sealed WHERE namespace = $1 AND job = $2 AND attempt = $3 ORDER BY day LIMIT 1";

/// Takes no more of an attempt; the digest of what is kept of it. `None` if this is not the owner.
pub(in crate::postgres) async fn seal(
    connection: &mut PgConnection,
    fence: Fence,
    source: &OutputSource,
    length: u64,
) -> Result<Option<Digest>, Failed> {
    let (job, attempt) = (stored(source.job.number()), stored(source.attempt.number()));
    let before = sqlx::query(SEALED).bind(fence.namespace).bind(job).bind(attempt);
    if let Some(row) = within(before.fetch_optional(&mut *connection)).await? {
        return digest(&row, "digest").map(Some);
    }
    let digest = kept_digest(connection, fence.namespace, (job, attempt)).await?;
    let sealing = fence
        .query(SEAL)
        .bind(job)
        .bind(attempt)
        .bind(source.host.to_string())
        .bind(stored(length))
        .bind(digest.as_bytes());
    let sealed = within(sealing.execute(connection)).await?.rows_affected() > 0;
    Ok(sealed.then_some(digest))
}

/// The digest of what is kept of an attempt.
pub(super) async fn kept_digest(
    connection: &mut PgConnection,
    namespace: i64,
    (job, attempt): (i64, i64),
) -> Result<Digest, Failed> {
    let pieces = sqlx::query(PIECES).bind(namespace).bind(job).bind(attempt);
    let mut digester = OutputDigester::default();
    for row in long(pieces.fetch_all(connection)).await? {
        digester.add(stream(&row)?, number(&row, "offset")?, row.try_get("bytes")?);
    }
    Ok(digester.digest())
}

const READ: &str = r#"
    SELECT "offset", at, host, bytes FROM (
        SELECT *, sum(octet_length(bytes)) OVER (ORDER BY "offset") - octet_length(bytes) AS before FROM output
         WHERE namespace = $1 AND job = $2 AND attempt = $3 AND stream = $4
           AND "offset" < $6 AND "offset" + octet_length(bytes) > $5) AS page
     WHERE before < $7 ORDER BY "offset""#;

const LENGTH: &str = r#"
    SELECT coalesce(max("offset" + octet_length(bytes)), 0) AS length,
           EXISTS (SELECT FROM sealed WHERE namespace = $1 AND job = $2 AND attempt = $3) AS sealed
      FROM output WHERE namespace = $1 AND job = $2 AND attempt = $3 AND stream = $4"#;

/// What is kept of a stream within a range.
pub(super) async fn read(
    connection: &mut PgConnection,
    namespace: i64,
    ((job, attempt), of_stream): ((JobId, AttemptId), Stream),
    range: Range<u64>,
) -> Result<OutputPage, Failed> {
    let end = |offset: u64| i64::try_from(offset).unwrap_or(i64::MAX);
    let bind = |statement| {
        let query: sqlx::query::Query<'_, sqlx::Postgres, _> = sqlx::query(statement);
        query
            .bind(namespace)
            .bind(stored(job.number()))
            .bind(stored(attempt.number()))
            .bind(stored_stream(of_stream))
    };
    // Asked first: what is sealed then is complete.
    let about = within(bind(LENGTH).fetch_one(&mut *connection)).await?;
    let (length, sealed) = (number(&about, "length")?, about.try_get("sealed")?);
    let rows = bind(READ).bind(end(range.start)).bind(end(range.end)).bind(PAGE_BYTES);
    let mut frames: Vec<OutputFrame> = vec![];
    let mut read = 0;
    for row in long(rows.fetch_all(connection)).await? {
        let (offset, bytes): (u64, &[u8]) = (number(&row, "offset")?, row.try_get("bytes")?);
        read += i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        // What was written twice is read once.
        let from = range.start.max(frames.last().map_or(0, OutputFrame::end)).max(offset);
        let index = |at: u64| {
            usize::try_from(at.saturating_sub(offset))
                .unwrap_or(usize::MAX)
                .min(bytes.len())
        };
        let within = bytes
            .get(index(from)..index(range.end))
            .filter(|within| !within.is_empty());
        let Some(within) = within else { continue };
        let host: String = row.try_get("host")?;
        let host = host
            .parse()
            .map_err(|_| Failed::before("the column `host` has no name of a host in it"))?;
        let source = Arc::new(OutputSource::new(job, host, attempt));
        let at = Timestamp::from_millis(number(&row, "at")?);
        frames.push(OutputFrame::new(source, of_stream, from, at, within));
    }
    let next = match frames.last() {
        Some(last) if read >= PAGE_BYTES => last.end(),
        _ => range.end,
    };
    Ok(OutputPage::new(frames, next, length, sealed))
}
