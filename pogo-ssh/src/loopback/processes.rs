//! The processes of a fleet.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::{Pid, Signal, kill_process_group};

/// The running process groups of a fleet. All of them are killed when the fleet is dropped.
#[derive(Debug, Default)]
pub(super) struct Processes(Mutex<Running>);

#[derive(Debug, Default)]
struct Running {
    closed: bool,
    groups: BTreeSet<i32>,
}

impl Processes {
    /// Adds a group that was just started.
    pub(super) fn add(&self, group: u32) {
        let Ok(group) = i32::try_from(group) else {
            return;
        };
        let mut running = self.lock();
        // A command that was being started while the fleet was dropped would outlive it.
        if running.closed {
            kill(group);
        } else {
            running.groups.insert(group);
        }
    }

    /// Removes a group whose leader has ended. Its background processes are left alone: the number may
    /// soon be reused.
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
        // It may have ended already.
        let _ = kill_process_group(group, Signal::KILL);
    }
}
