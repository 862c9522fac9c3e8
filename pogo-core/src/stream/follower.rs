//! A copy of a namespace's state that follows its stream.

use super::{QueryAnswer, StreamId, StreamRecord, Update};
use crate::Timestamp;
use crate::journal::{RestoreError, Seq};
use crate::scheduler::{ApplyError, Query, QueryError, Scheduler};

/// Follows a namespace by its stream, and answers queries as its dispatcher does.
///
/// It holds a whole state, so it is for a server of pages, a standby or whoever else asks much; a program that asks a
/// question or two asks the dispatcher. It decides nothing, and starts nothing.
#[derive(Debug, Clone, Default)]
pub struct Follower {
    known: Option<(StreamId, Scheduler)>,
    /// Records are missing: only a snapshot helps.
    is_stale: bool,
}

/// An update that does not follow from what is known. The next stream is asked for from [`Follower::position`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FollowError {
    /// Updates before it are missing.
    #[error(
        "the update goes on after {after}, and the last one was {}; ask for the stream again from there",
        Last(*.at)
    )]
    Gap {
        /// Where the follower stands.
        at: Option<StreamId>,
        /// Where it would have to stand.
        after: StreamId,
    },
    /// The stream is of one job, and a follower needs that of the namespace.
    #[error("the stream is of one job, and following a namespace takes all records; ask for the stream without a job")]
    OneJob,
    /// The snapshot cannot be restored.
    #[error(transparent)]
    Restore(#[from] RestoreError),
    /// A record cannot follow those before it; the next snapshot replaces what is known.
    #[error("record {at} does not follow from those before it: {error}; ask for the stream again")]
    Apply {
        /// Its position.
        at: Seq,
        /// Why not.
        #[source]
        error: ApplyError,
    },
}

struct Last(Option<StreamId>);

impl std::fmt::Display for Last {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(id) => id.fmt(f),
            None => f.write_str("no snapshot"),
        }
    }
}

impl Follower {
    /// A follower that knows nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Where to go on; `None` if that is with a snapshot.
    pub fn position(&self) -> Option<StreamId> {
        self.known.as_ref().filter(|_| !self.is_stale).map(|(at, _)| *at)
    }

    /// The state as far as it is known; after a [`Resync`](Update::Resync) that of before, until the snapshot comes.
    pub fn scheduler(&self) -> Option<&Scheduler> {
        self.known.as_ref().map(|(_, scheduler)| scheduler)
    }

    /// Answers a query; [`QueryAnswer::as_of`] says how far it had followed.
    ///
    /// # Errors
    /// As [`Scheduler::view`], or no snapshot has come yet.
    pub fn view(&self, now: Timestamp, query: &Query) -> Result<QueryAnswer, QueryError> {
        let (as_of, scheduler) = self.known.as_ref().ok_or(QueryError::NoSnapshot)?;
        Ok(QueryAnswer::new(*as_of, scheduler.view(now, query)?))
    }

    /// Takes the next update of a stream.
    ///
    /// # Errors
    /// It does not follow from what is known, which stays as it was before the part that does not follow.
    /// [`position`](Self::position) says where to go on.
    pub fn apply(&mut self, update: &Update) -> Result<(), FollowError> {
        match update {
            Update::Snapshot { id, state } => {
                self.known = Some((*id, Scheduler::restore(state)?));
                self.is_stale = false;
            }
            Update::Job { .. } => return Err(FollowError::OneJob),
            Update::Records { after, id, records } => {
                self.expect(*after)?;
                self.append(*id, records)?;
            }
            Update::Resync { .. } => self.is_stale = true,
            Update::Heartbeat { id, .. } => self.expect(*id)?,
        }
        Ok(())
    }

    fn expect(&self, after: StreamId) -> Result<(), FollowError> {
        match self.position() {
            Some(at) if at == after => Ok(()),
            at => Err(FollowError::Gap { at, after }),
        }
    }

    fn append(&mut self, id: StreamId, records: &[StreamRecord]) -> Result<(), FollowError> {
        let Some((at, scheduler)) = &mut self.known else {
            return Ok(());
        };
        // Until all of them are applied, only a snapshot helps.
        self.is_stale = true;
        for StreamRecord { seq, record } in records {
            if *seq != at.seq() {
                return Err(FollowError::OneJob);
            }
            let applied = scheduler.apply(record);
            applied.map_err(|error| FollowError::Apply { at: *seq, error })?;
            *at = StreamId::new(at.incarnation(), Seq(seq.0 + 1));
        }
        if at.seq() != id.seq() {
            return Err(FollowError::OneJob);
        }
        *at = id;
        self.is_stale = false;
        Ok(())
    }
}
