//! The processes that a fleet has started.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, kill_process_group};

/// The process groups that run for a fleet. All of them are killed when the fleet ends.
#[derive(Debug, Default)]
pub(super) struct Processes(Mutex<Running>);

#[derive(Debug, Default)]
struct Running {
    closed: bool,
    groups: BTreeSet<i32>,
}

impl Processes {
    /// Takes note of a group that has just been started.
    pub(super) fn add(&self, group: u32) {
        let Ok(group) = i32::try_from(group) else {
            return;
        };
        let mut running = self.lock();
        if running.closed {
            kill(group);
        } else {
            running.groups.insert(group);
        }
    }

    /// A group whose leader has ended. What is left of it in the background is no more our concern: its number may
    /// soon be another's.
    pub(super) fn remove(&self, group: u32) {
        if let Ok(group) = i32::try_from(group) {
            self.lock().groups.remove(&group);
        }
    }

    /// Kills all groups, and every one that is added later.
    pub(super) fn kill_all(&self) {
        let mut running = self.lock();
        running.closed = true;
        for group in std::mem::take(&mut running.groups) {
            kill(group);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Running> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn kill(group: i32) {
    if let Some(group) = Pid::from_raw(group) {
        // It may have ended by itself.
        let _ = kill_process_group(group, Signal::KILL);
    }
}
