//! What an owner knows of the attempts that write.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use pogo_core::output::{OutputFrame, OutputSource};
use pogo_core::scheduler::{AttemptId, JobId};

use super::rows;
use crate::postgres::fence::Fence;
use crate::postgres::partitions::make_output;
use crate::remote::{AttemptPieces, Failed, PieceChanges};

/// The bytes that are kept of an attempt, its rows included.
pub(super) const PER_ATTEMPT: usize = 1 << 20;
/// Parts for the next day are made so often.
const MAKE_PARTS: Duration = Duration::from_secs(3_600);

/// What an owner knows of the attempts that write.
#[derive(Debug, Default)]
pub(in crate::postgres) struct Outputs {
    attempts: BTreeMap<(JobId, AttemptId), AttemptPieces>,
    made: Option<Instant>,
}

/// Whether frames were written.
pub(super) enum AppendOutcome {
    /// Each frame was.
    All,
    /// Some were not: this attempt has ended.
    Sealed(AttemptId),
    /// None were: somebody else owns the namespace.
    NotOwner,
}

fn id(source: &OutputSource) -> (JobId, AttemptId) {
    (source.job, source.attempt)
}

impl Outputs {
    /// Writes frames, unless their attempt is sealed already.
    pub(super) async fn append(
        &mut self,
        connection: &mut sqlx::PgConnection,
        fence: Fence,
        frames: &[OutputFrame],
    ) -> Result<AppendOutcome, Failed> {
        let (most, namespace) = (PER_ATTEMPT, fence.namespace);
        // Hourly for the day after: a dispatcher that is stopped over midnight still has a part to
        // write to.
        if self.made.is_none_or(|made| made.elapsed() > MAKE_PARTS) {
            make_output(connection, namespace).await?;
            self.made = Some(Instant::now());
        }
        let named: BTreeSet<_> = frames.iter().map(|frame| id(&frame.source)).collect();
        let unknown: BTreeSet<_> = named.into_iter().filter(|id| !self.attempts.contains_key(id)).collect();
        if !unknown.is_empty() {
            let found = rows::find(connection, namespace, &unknown, most).await?;
            self.attempts.extend(found.open);
        }
        let (mut changes, mut appended) = (PieceChanges::default(), AppendOutcome::All);
        for frame in frames {
            match self.attempts.get_mut(&id(&frame.source)) {
                Some(attempt) => attempt.push(frame, most, &mut changes),
                None => appended = AppendOutcome::Sealed(frame.source.attempt),
            }
        }
        if changes.is_empty() {
            return Ok(appended);
        }
        let is_new = !changes.new.is_empty();
        if rows::write(connection, fence, changes).await? == 0 && is_new {
            // There already, or somebody else's to write.
            if fence.check(connection).await?.is_err() {
                return Ok(AppendOutcome::NotOwner);
            }
        }
        Ok(appended)
    }

    /// Makes parts of the table, unless they were made.
    pub(super) async fn make_parts_once(
        &self,
        connection: &mut sqlx::PgConnection,
        namespace: i64,
    ) -> Result<(), Failed> {
        match self.made {
            Some(_) => Ok(()),
            None => make_output(connection, namespace).await,
        }
    }

    /// What is there of an attempt is looked up again.
    pub(super) fn forget(&mut self, source: &OutputSource) {
        self.attempts.remove(&id(source));
    }
}
