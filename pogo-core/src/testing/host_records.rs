//! What the hosts of a test transport have written down of their attempts.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::dispatcher::Attempt;
use crate::fleet::HostName;
use crate::scheduler::{AttemptId, FailureKind, FenceAnswer, Outcome};

/// A record for each host. Numbers compare within one namespace and incarnation.
#[derive(Debug, Default)]
pub(super) struct HostRecords(Mutex<Records>);

type Records = BTreeMap<(HostName, Arc<str>, u64), HostRecord>;

#[derive(Debug, Default)]
struct HostRecord {
    /// The highest number that begins no more.
    fenced: Option<AttemptId>,
    /// How each attempt that began has ended; `None` while it runs.
    begun: BTreeMap<AttemptId, Option<Outcome>>,
}

impl HostRecords {
    /// The attempt begins, unless its host was fenced against it.
    pub(super) fn begin(&self, attempt: &Attempt) -> Result<(), Outcome> {
        let mut records = self.lock();
        let record = records.entry(key(attempt)).or_default();
        if record.fenced.is_some_and(|fenced| fenced >= attempt.id) {
            return Err(Outcome::failed(FailureKind::Refused, "its host was fenced against it"));
        }
        record.begun.insert(attempt.id, None);
        Ok(())
    }

    /// The attempt has ended, if it began.
    pub(super) fn end(&self, attempt: &Attempt, outcome: &Outcome) {
        let mut records = self.lock();
        if let Some(end) = records.entry(key(attempt)).or_default().begun.get_mut(&attempt.id) {
            *end = Some(outcome.clone());
        }
    }

    /// The state of the attempt, which begins no more.
    pub(super) fn fence(&self, attempt: &Attempt) -> FenceAnswer {
        let mut records = self.lock();
        let record = records.entry(key(attempt)).or_default();
        record.fenced = record.fenced.max(Some(attempt.id));
        match record.begun.get(&attempt.id) {
            None => FenceAnswer::NeverBegan,
            Some(None) => FenceAnswer::StillRunning,
            Some(Some(outcome)) => FenceAnswer::Ended(outcome.clone()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Records> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(attempt: &Attempt) -> (HostName, Arc<str>, u64) {
    (
        attempt.host.name.clone(),
        Arc::clone(&attempt.namespace),
        attempt.incarnation,
    )
}
