//! How far a journal is durable, for whoever follows it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use event_listener::{Event, EventListener};
use futures::future::select;
use futures_timer::Delay;
use pogo_core::journal::Seq;

/// What the owner in this process, if there is one, has made durable.
#[derive(Debug, Default)]
pub(crate) struct Growth {
    durable: Mutex<Option<Seq>>,
    changed: Event,
    given_back: Event,
}

impl Growth {
    /// How often files are looked at that another process writes. Cheap enough for many followers, and works on file
    /// systems without notifications.
    const POLL: Duration = Duration::from_millis(200);

    /// Up to where records are durable, if the owner is in this process. What stands behind it is being written.
    pub(crate) fn durable(&self) -> Option<Seq> {
        *self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells everybody who follows; `None` if the owner is gone.
    pub(crate) fn set(&self, durable: Option<Seq>) {
        *self.durable.lock().unwrap_or_else(PoisonError::into_inner) = durable;
        self.changed.notify(usize::MAX);
        if durable.is_none() {
            self.given_back.notify(usize::MAX);
        }
    }

    /// Listens for what changes from now on.
    pub(crate) fn listen(&self) -> EventListener {
        self.changed.listen()
    }

    /// Listens for the end of the owner in this process.
    pub(crate) fn listen_for_end(&self) -> EventListener {
        self.given_back.listen()
    }

    /// Waits for the next change, as far as this process knows of it, and otherwise a moment.
    pub(crate) async fn wait(&self, listener: EventListener) {
        match self.durable() {
            Some(_) => listener.await,
            None => _ = select(listener, Delay::new(Self::POLL)).await,
        }
    }

    /// Waits for a change in this process, or a moment.
    pub(crate) async fn wait_a_moment(&self, listener: EventListener) {
        select(listener, Delay::new(Self::POLL)).await;
    }
}
