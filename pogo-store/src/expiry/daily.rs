//! What the owner removes by itself.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pogo_core::Timestamp;

use crate::error::StoreError;
use crate::jobs::unfinished_jobs;
use crate::output::Pruned;
use crate::shared::Shared;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A thread that removes what has expired, at once and then each day, until this is dropped. Nobody waits for it:
/// neither whoever acquires the namespace nor, for more than the removal of one job, whoever gives it back.
#[derive(Debug)]
pub(crate) struct DailyExpiry {
    _until: Sender<()>,
}

impl DailyExpiry {
    pub(crate) fn start(shared: &Arc<Shared>) -> Self {
        let (until, ended) = channel();
        // Weak, so that a day's wait keeps no store open that everybody else has dropped.
        let shared = Arc::downgrade(shared);
        let thread = thread::Builder::new().name("pogo-store-expiry".to_owned());
        // Where no thread can be started, the next owner tries again.
        let _ = thread.spawn(move || expire_daily(&shared, &ended));
        Self { _until: until }
    }
}

fn expire_daily(shared: &Weak<Shared>, ended: &Receiver<()>) {
    loop {
        let Some(shared) = shared.upgrade() else { return };
        // What cannot be removed today may be tomorrow.
        let _ = expire(&shared, ended);
        drop(shared);
        if ended.recv_timeout(DAY) != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}

/// Removes what has expired, job by job, as long as this process is the owner.
fn expire(shared: &Shared, ended: &Receiver<()>) -> Result<(), StoreError> {
    let Some(keep) = shared.retention() else { return Ok(()) };
    let expired = shared.outputs.expired(now(), keep, &unfinished_jobs(shared)?)?;
    for it in expired {
        // For each job anew: whoever gives the namespace back waits for one removal and not for
        // all.
        let Some(_tenured) = shared.tenure.hold() else {
            return Ok(());
        };
        if ended.try_recv() == Err(std::sync::mpsc::TryRecvError::Disconnected) {
            return Ok(());
        }
        shared.outputs.remove_expired(it, &mut Pruned::default())?;
    }
    Ok(())
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
