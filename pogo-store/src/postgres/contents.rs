//! Content under its digest.

use sqlx::{PgConnection, Row};

use pogo_core::Digest;
use pogo_core::journal::JournalError;

use super::fence::{Fence, fenced};
use super::within::long;
use crate::compressed::compress;
use crate::remote::{Answer, Failed};

const PUT: &str = fenced!(
    "INSERT INTO content (namespace, digest, bytes) SELECT id, $5, $6 FROM fence
     ON CONFLICT (namespace, digest) DO UPDATE SET bytes = excluded.bytes"
);

/// Keeps content, unless it is there already. What is there and damaged is written again.
pub(super) async fn put_content(
    connection: &mut PgConnection,
    fence: Fence,
    digest: Digest,
    bytes: &[u8],
) -> Answer<()> {
    if read_content(connection, fence.namespace, digest).await?.is_ok() {
        // Nothing was written, so nothing else has shown that this is still the owner.
        return fence.check(connection).await;
    }
    let packed = compress(bytes).map_err(|error| Failed::before(error.to_string()))?;
    let statement = fence.query(PUT).bind(digest.as_bytes()).bind(packed);
    let put = long(statement.execute(connection)).await?;
    Ok((put.rows_affected() > 0).then_some(()).ok_or(JournalError::Fenced))
}

/// Content as it was put.
pub(super) async fn read_content(connection: &mut PgConnection, namespace: i64, digest: Digest) -> Answer<Vec<u8>> {
    let statement = sqlx::query("SELECT bytes FROM content WHERE namespace = $1 AND digest = $2")
        .bind(namespace)
        .bind(digest.as_bytes());
    let Some(row) = long(statement.fetch_optional(connection)).await? else {
        return Ok(Err(JournalError::NoContent { digest }));
    };
    let bytes = zstd::decode_all(row.try_get::<&[u8], _>(0)?);
    let whole = bytes.ok().filter(|bytes| Digest::of(bytes) == digest);
    Ok(whole.ok_or(JournalError::DamagedContent { digest }))
}

const REMOVE: &str = fenced!(
    "DELETE FROM content c USING fence
      WHERE c.namespace = fence.id AND c.digest <> ALL($5)
        AND NOT EXISTS (SELECT FROM snapshots s WHERE s.namespace = $1 AND c.digest = ANY(s.content))
        AND NOT EXISTS (SELECT FROM commits m WHERE m.namespace = $1 AND c.digest = ANY(m.content))"
);

/// Removes the content that no snapshot names and no commit that is still there, but for what was put or named just
/// now.
pub(super) async fn remove_unnamed(
    connection: &mut PgConnection,
    fence: Fence,
    recent: &[Vec<u8>],
) -> Result<(), Failed> {
    long(fence.query(REMOVE).bind(recent).execute(connection))
        .await
        .map(drop)
}
