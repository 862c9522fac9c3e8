//! Concurrency gauges.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// A current value and its peak.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    now: AtomicUsize,
    peak: AtomicUsize,
}

impl Gauge {
    /// Increments; returns the current value.
    pub(super) fn up(&self) -> usize {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.peak.fetch_max(now, Ordering::SeqCst);
        now
    }

    /// Decrements; returns the current value.
    pub(super) fn down(&self) -> usize {
        self.now.fetch_sub(1, Ordering::SeqCst) - 1
    }

    pub(super) fn now(&self) -> usize {
        self.now.load(Ordering::SeqCst)
    }

    pub(super) fn peak(&self) -> usize {
        self.peak.load(Ordering::SeqCst)
    }
}

/// One handshake, counted from its first beginning to its first end.
#[derive(Debug)]
pub(super) struct Handshake {
    gauge: Arc<Gauge>,
    state: Mutex<HandshakeState>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HandshakeState {
    /// The client has sent nothing yet.
    NotBegun,
    /// It is counted.
    UnderWay,
    /// It has ended, or the client left before it began.
    Ended,
}

impl Handshake {
    /// A handshake that has not begun.
    pub(super) fn new(gauge: &Arc<Gauge>) -> Arc<Self> {
        Arc::new(Self {
            gauge: Arc::clone(gauge),
            state: Mutex::new(HandshakeState::NotBegun),
        })
    }

    /// Begins to count it, unless it has ended already.
    pub(super) fn begin(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if *state == HandshakeState::NotBegun {
            *state = HandshakeState::UnderWay;
            self.gauge.up();
        }
    }

    /// Stops counting it.
    pub(super) fn end(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if *state == HandshakeState::UnderWay {
            self.gauge.down();
        }
        *state = HandshakeState::Ended;
    }
}

impl Drop for Handshake {
    fn drop(&mut self) {
        self.end();
    }
}
