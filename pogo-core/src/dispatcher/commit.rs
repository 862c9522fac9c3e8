//! Makes events durable before anything acts on them.

use std::collections::VecDeque;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::{BoxFuture, Either, Fuse, FutureExt, select};

use super::JournalStatus;
use super::availability::Availability;
use super::batch::Batch;
use super::growth::GrowthSide;
use crate::Timestamp;
use crate::journal::{
    Commit, Epoch, JournalError, NamedContent, OwnedJournal, OwnerId, Seq, StoredContent, holds_content,
};
use crate::scheduler::{Incarnation, Record, Scheduler};

/// The end of the journal that this dispatcher owns. One append is in flight at a time, and a snapshot beside it.
pub(super) struct JournalTail {
    /// `None` while an append is in flight.
    journal: Option<Box<dyn OwnedJournal>>,
    append: Fuse<BoxFuture<'static, Appended>>,
    /// What is appended next, where a batch is too large for one commit.
    parts: VecDeque<Batch>,
    lost: Fuse<BoxFuture<'static, ()>>,
    storing: Fuse<BoxFuture<'static, Result<(), JournalError>>>,
    availability: Availability,
    was_away: bool,
    at: Seq,
    epoch: Epoch,
    previous_owner: Option<OwnerId>,
    max_commit: Option<usize>,
    began: Option<Timestamp>,
    last_append: Duration,
    growth: GrowthSide,
    snapshots: Snapshots,
}

/// The interval of snapshots, and the position of the last one.
pub(super) struct Snapshots {
    pub(super) every: Option<NonZeroU64>,
    pub(super) upto: Seq,
    /// Content that the journal has.
    pub(super) named: NamedContent,
}

/// A completed append.
struct Appended {
    journal: Box<dyn OwnedJournal>,
    batch: Batch,
    named: NamedContent,
    began: Timestamp,
    answer: Result<Seq, JournalError>,
}

impl JournalTail {
    /// How long a snapshot may take to be stored. One that never is would keep later ones away, and an idle dispatcher
    /// from ending.
    const STORED_WITHIN: Duration = Duration::from_secs(300);

    pub(super) fn new(
        journal: Box<dyn OwnedJournal>,
        availability: Availability,
        growth: GrowthSide,
        snapshots: Snapshots,
    ) -> Self {
        Self {
            append: Fuse::terminated(),
            parts: VecDeque::new(),
            // Taken before an append takes the journal: losing it has to be noticed while one is in
            // flight.
            lost: journal.lost().fuse(),
            storing: Fuse::terminated(),
            availability,
            was_away: false,
            at: journal.end(),
            epoch: journal.epoch(),
            previous_owner: journal.previous_owner(),
            max_commit: journal.max_commit(),
            began: None,
            last_append: Duration::ZERO,
            growth,
            snapshots,
            journal: Some(journal),
        }
    }

    /// The epoch of this ownership, and the previous owner.
    pub(super) fn owned_since(&self) -> (Epoch, Option<OwnerId>) {
        (self.epoch, self.previous_owner.clone())
    }

    /// Tells the journal that its restore is recorded, and the incarnation, until it has heard.
    pub(super) async fn confirm_restored(&mut self, incarnation: Incarnation) -> Result<(), JournalError> {
        let Some(journal) = self.journal.as_mut() else {
            return Ok(());
        };
        let mut tries = self.availability.begin();
        loop {
            match tries.answer(journal.confirm_restored(incarnation)).await {
                Err(error @ (JournalError::Unavailable { .. } | JournalError::Unknown { .. })) => {
                    tries.pause(error).await?;
                }
                answer => {
                    tries.end();
                    return answer;
                }
            }
        }
    }

    /// The most bytes of one record.
    pub(super) fn max_record(&self) -> Option<usize> {
        self.max_commit
    }

    /// The position after the last durable record.
    pub(super) fn end(&self) -> Seq {
        self.at
    }

    /// How long the last append took.
    pub(super) fn last_append(&self) -> Duration {
        self.last_append
    }

    /// Whether everything that was decided is durable.
    pub(super) fn is_idle(&self) -> bool {
        self.began.is_none()
    }

    /// Since when decisions have been waiting to become durable.
    pub(super) fn not_durable_since(&self) -> Option<Timestamp> {
        self.began
    }

    /// Whether the journal accepts commits.
    pub(super) fn status(&self) -> JournalStatus {
        self.availability.status()
    }

    pub(super) fn is_away(&self) -> bool {
        self.availability.is_away()
    }

    /// Ready once each time the journal becomes unreachable.
    pub(super) fn poll_away(&mut self) -> Poll<()> {
        let is_away = self.is_away();
        let was_away = std::mem::replace(&mut self.was_away, is_away);
        if is_away && !was_away {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    /// Ready once when another dispatcher owns the journal.
    pub(super) fn poll_lost(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.lost.poll_unpin(context)
    }

    /// Begins to append decisions. Nothing may act on them before [`poll_append`](Self::poll_append) returns them as
    /// durable.
    pub(super) fn begin(&mut self, batch: Batch) {
        self.began.get_or_insert(self.availability.clock.now());
        self.parts.push_back(batch);
        self.append_next();
    }

    fn append_next(&mut self) {
        // While an append is in flight this does nothing; it is called again at its end.
        if let Some(journal) = self.journal.take_if(|_| !self.parts.is_empty())
            && let Some(batch) = self.parts.pop_front()
        {
            // Goes with the append and comes back with it, since what it names counts as stored
            // only if the append succeeds.
            let named = std::mem::take(&mut self.snapshots.named);
            let append = append(journal, (self.at, batch), named, self.availability.clone());
            self.append = append.boxed().fuse();
        }
    }

    /// The records that have become durable, or why nothing may start any more; several times for a batch that is too
    /// large for one commit.
    pub(super) fn poll_append(&mut self, context: &mut Context<'_>) -> Poll<Result<Vec<Record>, JournalError>> {
        let Poll::Ready(appended) = self.append.poll_unpin(context) else {
            return Poll::Pending;
        };
        let batch = appended.batch;
        self.journal = Some(appended.journal);
        self.snapshots.named = appended.named;
        match appended.answer {
            Ok(end) => {
                self.at = end;
                self.last_append = self.availability.clock.now() - appended.began;
                self.growth.grow(&batch.records, end);
                if self.parts.is_empty() {
                    self.began = None;
                }
                self.append_next();
                Poll::Ready(Ok(batch.records))
            }
            Err(JournalError::TooLarge { max }) => match batch.split() {
                Some((first, rest)) => {
                    // In front of later parts, in order: records have to be appended as they were
                    // decided.
                    self.parts.push_front(rest);
                    self.parts.push_front(first);
                    self.append_next();
                    self.poll_append(context)
                }
                None => Poll::Ready(Err(JournalError::TooLarge { max })),
            },
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    /// Begins to store a snapshot once there are enough records since the last one. If that fails nothing is
    /// lost, as the records are stored; it is retried after as many further records.
    pub(super) fn store_snapshot(&mut self, scheduler: &Scheduler) {
        let due = |every: NonZeroU64| self.at.0.saturating_sub(self.snapshots.upto.0) >= every.get();
        let Some(journal) = self.journal.as_ref().filter(|_| self.is_idle() && !self.is_storing()) else {
            return;
        };
        if self.snapshots.every.is_some_and(due) {
            // Also where storing fails: a store that takes no snapshots is not asked for one at every commit.
            self.snapshots.upto = self.at;
            let mut state = scheduler.snapshot();
            self.snapshots.named.name_in(&mut state);
            let (storing, clock) = (journal.snapshot(self.at, state), Arc::clone(&self.availability.clock));
            let stored = async move {
                let late = clock.sleep_until(clock.now() + Self::STORED_WITHIN);
                match select(storing, late).await {
                    Either::Left((stored, _)) => stored,
                    Either::Right(_) => Ok(()),
                }
            };
            self.storing = stored.boxed().fuse();
        }
    }

    /// Whether a snapshot is being stored.
    pub(super) fn is_storing(&self) -> bool {
        use futures::future::FusedFuture;
        !self.storing.is_terminated()
    }

    /// Ready when a snapshot is stored, or could not be.
    pub(super) fn poll_snapshot(&mut self, context: &mut Context<'_>) -> Poll<Result<(), JournalError>> {
        self.storing.poll_unpin(context).map(|stored| match stored {
            // A snapshot of whoever is no longer the owner says that this dispatcher is over; any
            // other failure costs a longer replay.
            Err(fatal @ (JournalError::Fenced | JournalError::Conflict { .. })) => Err(fatal),
            _ => Ok(()),
        })
    }
}

/// Appends with retries, until the journal has the commit or the policy gives up: first the content that the records
/// name, then the records.
async fn append(
    mut journal: Box<dyn OwnedJournal>,
    (at, mut batch): (Seq, Batch),
    named: NamedContent,
    availability: Availability,
) -> Appended {
    let began = availability.clock.now();
    let (mut next, mut missing) = (named.clone(), Vec::new());
    let answer = match commit(at, &mut batch, &mut next, &mut missing) {
        Ok((commit, whole)) => {
            let answer = store(journal.as_mut(), &commit, &missing, &availability).await;
            batch.records = whole.unwrap_or(commit.records);
            answer
        }
        Err(error) => Err(error),
    };
    // Content counts as stored only with the commit: where that failed, the next one puts it again.
    let named = if answer.is_ok() { next } else { named };
    Appended {
        journal,
        batch,
        named,
        began,
        answer,
    }
}

/// The commit of a batch, and its records where those of the commit name their content.
fn commit(
    at: Seq,
    batch: &mut Batch,
    named: &mut NamedContent,
    missing: &mut Vec<StoredContent>,
) -> Result<(Commit, Option<Vec<Record>>), JournalError> {
    // Nearly every batch: then nothing is copied.
    if !batch.records.iter().any(holds_content) {
        return Ok((Commit::new(at, std::mem::take(&mut batch.records)), None));
    }
    let records = batch.records.iter().map(|record| named.name(record, missing));
    let commit = Commit::new(at, records.collect::<Result<_, _>>()?);
    Ok((commit, Some(std::mem::take(&mut batch.records))))
}

async fn store(
    journal: &mut dyn OwnedJournal,
    commit: &Commit,
    missing: &[StoredContent],
    availability: &Availability,
) -> Result<Seq, JournalError> {
    let (mut tries, mut at_once) = (availability.begin(), true);
    let mut missing = missing.iter().peekable();
    loop {
        let answer = match missing.peek() {
            // Content first: a commit that names what is not there could never be read.
            Some(content) => {
                let put = journal.put_content(content.digest, &content.bytes);
                tries.answer(put).await.map(|()| None)
            }
            None => tries.answer(journal.append(commit)).await.map(Some),
        };
        let error = match answer {
            Ok(None) => {
                missing.next();
                continue;
            }
            Ok(Some(end)) => {
                tries.end();
                return Ok(end);
            }
            Err(error @ (JournalError::Unavailable { .. } | JournalError::Unknown { .. })) => error,
            Err(error) => return Err(error),
        };
        // Usually the connection broke after the commit, and works again.
        if at_once && matches!(error, JournalError::Unknown { .. }) {
            at_once = false;
            continue;
        }
        tries.pause(error).await?;
        at_once = true;
    }
}
