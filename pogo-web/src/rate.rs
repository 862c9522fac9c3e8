//! How often somebody may ask.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pogo_api::wire::ProblemKind;
use tokio::time::Instant;

use crate::refusal::Refusal;

/// How often each name may ask: a bucket of requests that fills at a steady rate.
pub(crate) struct Rates {
    /// How long one request is worth; none are counted if that is nothing.
    each: Duration,
    burst: Duration,
    /// Until when what each name has asked for is worth.
    spent: Mutex<BTreeMap<Arc<str>, Instant>>,
}

/// Names whose buckets are full again are forgotten when there are more than this.
const MOST_NAMES: usize = 10_000;

impl Rates {
    /// So many in this time, which may come at once.
    pub(crate) fn new(requests: u32, time: Duration) -> Self {
        let each = time.checked_div(requests).unwrap_or_default();
        Self {
            each,
            burst: each * requests,
            spent: Mutex::default(),
        }
    }

    /// Counts a request of somebody.
    pub(crate) fn count(&self, name: &Arc<str>) -> Result<(), Refusal> {
        if self.each.is_zero() {
            return Ok(());
        }
        let now = Instant::now();
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        // Only then: going through all names at each request would be the load that this is to keep
        // away.
        if spent.len() > MOST_NAMES {
            spent.retain(|_, until| *until > now);
        }
        let until = spent.entry(Arc::clone(name)).or_insert(now);
        // A moment and no counter: nothing has to run that fills buckets, and a name costs one
        // entry.
        let next = (*until).max(now) + self.each;
        if next.duration_since(now) > self.burst {
            let said = format_args!(
                "`{}` asks more often than this server answers one name; wait a moment",
                name.escape_debug()
            );
            return Err(Refusal::new(ProblemKind::TooManyRequests, said));
        }
        *until = next;
        Ok(())
    }
}
