//! The gate of a launch: nothing runs before the word to go.

use pogo_core::dispatcher::Reporter;
use pogo_core::scheduler::NeverBegan;

use super::frames::HostFrame;
use crate::exec::{ExitReport, NotStarted, PermissionRequest};
use crate::host_lock::{busy_host, never_message};

/// What one launch waits for.
pub(super) struct LaunchGate {
    pub(super) permission: PermissionRequest,
    is_shut: bool,
    /// Whether the word to go was sent over a link before: then an earlier launch may have begun.
    follows_another: bool,
    refusal: Option<ExitReport>,
    /// Whether the host is ready without its lock.
    is_unlocked: bool,
}

impl LaunchGate {
    /// Of a line that launches the attempt, or only finds it.
    pub(super) fn new(launches: bool, follows_another: bool) -> Self {
        Self {
            permission: PermissionRequest::default(),
            is_shut: launches,
            follows_another,
            refusal: None,
            is_unlocked: false,
        }
    }

    /// Whether nothing runs by this launch.
    pub(super) fn is_shut(&self) -> bool {
        self.is_shut
    }

    /// Whether an earlier launch may have begun.
    pub(super) fn follows_another(&self) -> bool {
        self.follows_another
    }

    /// Whether this launch begins without the host's lock.
    pub(super) fn is_unlocked(&self) -> bool {
        self.is_unlocked
    }

    /// Takes note that the word to go is given.
    pub(super) fn open(&mut self) {
        self.is_shut = false;
    }

    /// Why the host lets this launch begin nothing.
    pub(super) fn take_refusal(&mut self) -> Option<ExitReport> {
        self.refusal.take()
    }

    /// Takes what is about the gate, and gives back what is not. Asks for permission once the host is ready.
    pub(super) fn take(&mut self, frame: HostFrame, report: &Reporter) -> Option<HostFrame> {
        match frame {
            HostFrame::Ready(ready) if self.is_shut => {
                self.is_unlocked = !ready.host_lock;
                self.permission.ask(report, ready.host_lock);
            }
            HostFrame::Ready(_) => {}
            HostFrame::Busy(words) => self.refusal = Some(NotStarted::Busy(busy_host(&words)).into()),
            HostFrame::Never(words) => {
                let message = never_message(&words);
                self.refusal = Some(match words.as_str() {
                    "late" => (NeverBegan::Expired, message).into(),
                    _ => ExitReport::refused(message),
                });
            }
            HostFrame::State(state) => {
                // It was launched before, by this launch or another.
                self.is_shut = false;
                return Some(HostFrame::State(state));
            }
            other => return Some(other),
        }
        None
    }
}
