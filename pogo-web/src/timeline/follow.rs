//! Follows a namespace, once for all who look.

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use futures::StreamExt;
use futures::future::select;
use pogo_api::wire::ProblemKind;
use pogo_core::dispatcher::{Handle, SubscriptionOptions};
use pogo_core::journal::Seq;
use pogo_core::scheduler::{JobId, Query, QueryError};
use pogo_core::stream::{StreamId, StreamRequest};
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::{sleep, timeout};

use super::known::Known;
use super::timelines::{Timelines, TimelinesShared};
use crate::ServedNamespace;
use crate::refusal::Refusal;

/// How long a request waits for what has happened before it.
const CATCHING_UP: Duration = Duration::from_secs(20);
/// How long to wait before a stream that broke is asked for again.
const AGAIN: Duration = Duration::from_secs(1);

impl Timelines {
    /// Asks about a job once everything is known that had happened before. One that is not known any more is read from
    /// its own records, where they are kept.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        namespace: &ServedNamespace,
        job: JobId,
        question: impl Fn(&Known) -> Option<T> + Send + Sync + 'static,
    ) -> Result<T, Refusal> {
        let shared = self.caught_up(namespace).await?;
        let question = Arc::new(question);
        let of_known = Arc::clone(&question);
        // Ten thousand hosts take milliseconds, in which others are to be served.
        let found = spawn_blocking(move || {
            let known = shared.lock();
            of_known(&known).ok_or_else(|| gone(&known, job))
        });
        let gone = match found.await.map_err(defect)? {
            Ok(found) => return Ok(found),
            Err(gone) => gone,
        };
        let past = match &namespace.history {
            Some(history) if gone == (QueryError::RetiredJob { job }) => self.past.read(history, job).await?,
            _ => None,
        };
        let Some(past) = past else {
            return Err(gone.into());
        };
        let found = spawn_blocking(move || question(&past)).await.map_err(defect)?;
        found.ok_or_else(|| gone.into())
    }

    /// Asks about the namespace as it is now.
    pub(crate) async fn ask_now<T: Send + 'static>(
        &self,
        namespace: &ServedNamespace,
        question: impl FnOnce(&Known) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let shared = self.caught_up(namespace).await?;
        let answer = spawn_blocking(move || question(&shared.lock())).await;
        answer.map_err(defect)
    }

    /// What is known, once that is everything that had happened when it was asked.
    pub(super) async fn caught_up(&self, namespace: &ServedNamespace) -> Result<Arc<TimelinesShared>, Refusal> {
        let shared = Arc::clone(self.shared.get_or_init(|| follow(namespace.handle.clone())));
        // What was acknowledged before the request has to be in its answer: whoever orders and then
        // looks sees the order.
        let end = namespace.handle.status().await?.end.0;
        let mut position = shared.position.subscribe();
        let caught_up = async { position.wait_for(|position| *position >= end).await.is_ok() };
        if timeout(CATCHING_UP, caught_up).await != Ok(true) {
            let said = "the journal is still being read for the timeline; ask again in a few seconds";
            return Err(Refusal::new(ProblemKind::Busy, said));
        }
        Ok(shared)
    }
}

pub(super) fn defect(error: JoinError) -> Refusal {
    Refusal::new(ProblemKind::Internal, error)
}

fn gone(known: &Known, job: JobId) -> QueryError {
    let found = known.scheduler.view(known.scheduler.now(), &Query::Job { job });
    found.err().unwrap_or(QueryError::UnknownJob { job })
}

fn follow(handle: Handle) -> Arc<TimelinesShared> {
    let (alive, gone) = oneshot::channel();
    let shared = Arc::new(TimelinesShared {
        known: Mutex::default(),
        position: watch::Sender::new(0),
        _alive: alive,
    });
    // Weak, so that what follows does not keep alive what it works for.
    let following = follow_while(handle, Arc::downgrade(&shared));
    // The handle is given back at once when the router is dropped: a dispatcher waits for all of them.
    tokio::spawn(async move { drop(select(Box::pin(following), gone).await) });
    shared
}

async fn follow_while(handle: Handle, shared: Weak<TimelinesShared>) {
    let Ok(answer) = handle.view(Query::Namespace).await else {
        return;
    };
    // From the first record, where the journal still has it: a snapshot knows the last attempt of every host, and no
    // other.
    let first = StreamId::new(answer.as_of.incarnation(), Seq(0));
    if let Some(shared) = shared.upgrade() {
        *shared.lock() = Known::from(first);
    }
    // Never a resync for being slow: it would cost all attempts but the last, which a snapshot does
    // not have.
    let options = SubscriptionOptions::new().max_lag(u64::MAX);
    let mut resume = Some(first);
    loop {
        let mut updates = handle.subscribe(StreamRequest::new().resume(resume), options);
        while let Some(Ok(update)) = updates.next().await {
            let Some(shared) = shared.upgrade() else {
                return;
            };
            let mut known = shared.lock();
            let follows = known.take(&update);
            resume = known.position();
            let position = known.at.seq().0;
            drop(known);
            // After the lock is given back: whoever waits for the position takes the lock next.
            shared.position.send_replace(position);
            if !follows {
                break;
            }
        }
        if handle.status().await.is_err() {
            return;
        }
        sleep(AGAIN).await;
    }
}
