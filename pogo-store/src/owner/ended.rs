//! Whether the owner of a journal that is elsewhere still owns it.

use std::sync::{Mutex, PoisonError};

use event_listener::Event;

/// Whether an ownership is over.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    is_over: Mutex<bool>,
    changed: Event,
}

impl Ended {
    pub(crate) fn set(&self) {
        *self.is_over.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify(usize::MAX);
    }

    pub(crate) fn is_over(&self) -> bool {
        *self.is_over.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) async fn wait(&self) {
        loop {
            // Before looking, or an end in between would wake nobody.
            let changed = self.changed.listen();
            if self.is_over() {
                return;
            }
            changed.await;
        }
    }
}
