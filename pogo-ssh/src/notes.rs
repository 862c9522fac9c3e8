//! Remarks on the configuration, each made once, whatever the number of hosts.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::algorithms::unknown_names;
use pogo_ssh_config::HostSettings;

#[derive(Debug, Default)]
pub(crate) struct ConfigNotes(Mutex<Remarks>);

#[derive(Debug, Default)]
struct Remarks {
    made: HashSet<String>,
    new: Vec<String>,
}

impl ConfigNotes {
    /// Adds the new remarks on a host's settings.
    pub(crate) fn note(&self, settings: &HostSettings) {
        let unknown = unknown_names(&settings.algorithms);
        if settings.notes.is_empty() && unknown.is_empty() {
            return;
        }
        let mut notes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for note in settings.notes.iter().chain(&unknown) {
            if notes.made.insert(note.clone()) {
                notes.new.push(note.clone());
            }
        }
    }

    /// Takes the remarks that were not shown yet.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).new)
    }
}
