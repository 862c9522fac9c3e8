//! Redraws the screen while a job runs.

use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::Duration;

/// Something that is redrawn.
pub(super) trait Frame: Send + Sync + 'static {
    /// Draws changes. Returns false when there is nothing more to draw.
    fn frame(&self) -> bool;
}

/// A thread that draws until it is stopped. Drawing on a thread of its own never delays the job.
#[derive(Debug, Default)]
pub(super) struct Drawing(Arc<StopFlag>);

/// A signal that ends the drawing at once.
#[derive(Debug, Default)]
struct StopFlag {
    stopped: Mutex<bool>,
    sign: Condvar,
}

/// What changes within this time is drawn at once.
const EVERY: Duration = Duration::from_millis(80);

impl Drawing {
    /// Draws this, if there is anything to draw.
    pub(super) fn of<F: Frame>(frame: Option<Weak<F>>) -> Self {
        let stop = Arc::new(StopFlag::default());
        if let Some(frame) = frame {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || {
                let draw = || frame.upgrade().is_some_and(|frame| frame.frame());
                while !stop.within(EVERY) && draw() {}
            });
        }
        Self(stop)
    }

    pub(super) fn stop(&self) {
        *self.0.stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.0.sign.notify_all();
    }
}

impl Drop for Drawing {
    fn drop(&mut self) {
        self.stop();
    }
}

impl StopFlag {
    /// Waits so long, and says whether it is over.
    fn within(&self, time: Duration) -> bool {
        let stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.sign.wait_timeout_while(stopped, time, |stopped| !*stopped);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}
